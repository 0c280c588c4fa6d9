// Keeps one connection to the news. Rule: what was not heard of lately is not live, whatever the browser believes.
import { News } from "./news.js";

export const SILENT = 20000; // milliseconds without a byte; the server's heart beats every 15 seconds at the latest
const FIRST = 500; // milliseconds until the connection is tried again; twice as long every time
const LONGEST = 10000;

// `hear` gets every change, `tell` gets {state, why} when it changes: "wait", "live", "lost", "over".
export class Connection {
  heard = null; // Date.now() of the last byte while live
  state = "wait";
  why = "";
  #marked = 0; // Date.now() of the last byte, or of the attempt to connect
  #ticked = 0; // performance.now() of the same byte: a clock that nobody sets
  #pause = FIRST;
  #abort = null;
  #timer = 0;
  #run = 0;

  constructor(hear, tell) {
    this.hear = hear;
    this.tell = tell;
  }

  async start() {
    const run = ++this.#run;
    clearTimeout(this.#timer);
    this.#abort?.abort();
    this.#abort = new AbortController();
    this.#mark();
    try {
      const answer = await fetch("/api/events", {
        headers: { Accept: "text/event-stream" },
        cache: "no-store",
        signal: this.#abort.signal,
      });
      if (answer.status === 401) return this.#end(run);
      if (!answer.ok || !answer.body) throw new Error(`HTTP ${answer.status}`);
      await this.#read(run, answer);
      this.#lose(run, "");
    } catch (error) {
      this.#lose(run, /^HTTP /.test(error.message) ? error.message : "");
    }
  }

  // Look whether the line is dead. Called often: timers of a browser may sleep, so both clocks are looked at.
  look() {
    if (this.state === "over" || !this.#abort) return;
    if (Date.now() - this.#marked > SILENT || performance.now() - this.#ticked > SILENT) {
      this.#abort.abort();
      this.#lose(this.#run, "");
    }
  }

  // The browser knows that there is no network, or that there is one again.
  offline() {
    if (this.state === "over") return;
    this.#abort?.abort();
    this.#lose(this.#run, "");
  }

  online() {
    if (this.state !== "over" && this.state !== "live") this.start();
  }

  #mark() {
    this.#marked = Date.now();
    this.#ticked = performance.now();
  }

  async #read(run, answer) {
    const news = new News();
    const reader = answer.body.getReader();
    const sent = Date.parse(answer.headers.get("Date") ?? "");
    for (;;) {
      const { done, value } = await reader.read();
      if (done || run !== this.#run) return;
      this.#mark();
      for (const text of news.take(value)) this.#change(JSON.parse(text), sent);
      if (this.state === "live") this.heard = this.#marked;
    }
  }

  #change(change, sent) {
    this.hear(change, sent);
    if (change.kind === "calls" && this.state !== "live") {
      this.#pause = FIRST;
      this.heard = Date.now();
      this.#to("live", "");
    }
  }

  #lose(run, why) {
    if (run !== this.#run) return;
    this.#run += 1;
    this.#abort = null;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.start(), this.#pause * (0.75 + Math.random() / 2));
    this.#pause = Math.min(this.#pause * 2, LONGEST);
    this.#to("lost", why);
  }

  #end(run) {
    if (run !== this.#run) return;
    this.#abort = null;
    this.#to("over", "");
  }

  #to(state, why) {
    if (state === this.state && why === this.why) return;
    this.state = state;
    this.why = why;
    this.tell();
  }
}
