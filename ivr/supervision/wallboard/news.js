// Reads server-sent events out of a stream of bytes. EventSource would hide the server's heartbeat, and so a dead line.

const LONGEST = 8 * 1024 * 1024; // characters of one event

export class News {
  #rest = "";
  #data = [];
  #decoder = new TextDecoder();

  // Take a piece of the stream; give the data of all events that are whole. Throws if one is longer than an event may be.
  take(bytes) {
    const lines = (this.#rest + this.#decoder.decode(bytes, { stream: true })).split(/\r\n|\n|\r(?!$)/);
    this.#rest = lines.pop();
    const whole = [];
    for (const line of lines) this.#line(line, whole);
    if (this.#rest.length + this.#data.reduce((sum, one) => sum + one.length, 0) > LONGEST) throw new Error("too long");
    return whole;
  }

  #line(line, whole) {
    if (line === "") {
      if (this.#data.length) whole.push(this.#data.join("\n"));
      this.#data = [];
    } else if (line.startsWith("data:")) {
      this.#data.push(line.slice(line[5] === " " ? 6 : 5));
    }
  }
}
