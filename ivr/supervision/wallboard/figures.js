// What the board says, worked out of what was heard. Nothing here looks at a clock, the page or the network.
import { problem } from "./reasons.js";
import { say } from "./words.js";

const WITHIN = 20; // seconds in which a call should be answered, until the server says it
const TARGET = 0.8; // part of the calls that should be
const MUCH_TOO_LONG = 3; // times WITHIN
const MOST_TROUBLES = 4; // lines; what is left out is counted
const OLD_JOURNAL = 10; // seconds that the telephone exchange's journal may be behind

const key = (one) => `${one.node ?? ""}\n${one.call}`;

export class Heard {
  calls = new Map();
  destinations = null;
  services = null;
  health = null;
  notices = new Map();
  #base = null; // the server's time, in milliseconds, at #since of our own
  #since = 0;

  // A new connection: what was told of trouble is told again or is over.
  begin() {
    this.calls.clear();
    this.notices.clear();
    this.destinations = this.services = this.health = null;
    this.#base = null;
  }

  // Take a change; `sent` is when the server began to answer (or NaN), `tick` is now by performance.now().
  take(change, sent, tick) {
    if (change.kind === "calls") {
      this.calls = new Map(change.calls.calls.map((one) => [key(one), one]));
      const told = Math.max(Date.parse(change.calls.at) || 0, sent || 0);
      if (told > (this.now(tick) ?? 0)) [this.#base, this.#since] = [told, tick];
    } else if (change.kind === "call") this.calls.set(key(change.call), change.call);
    else if (change.kind === "ended") this.calls.delete(key(change.ended));
    else if (change.kind === "destinations") this.destinations = change.destinations;
    else if (change.kind === "today") this.services = change.today.services;
    else if (change.kind === "health") this.health = change.health;
    else if (change.kind === "notice") this.notices.set(change.notice.kind, change.notice);
  }

  // The server's time now, in milliseconds, as well as it is known.
  now(tick) {
    return this.#base === null ? null : this.#base + (tick - this.#since);
  }
}

// What the address asks for: ?service=a&service=b or a,b; ?target=80 in per cent.
export function wanted(search) {
  const asked = new URLSearchParams(search);
  const services = asked.getAll("service").flatMap((one) => one.split(",")).map((one) => one.trim()).filter(Boolean);
  const target = Number(asked.get("target"));
  return { services, target: target > 0 && target <= 100 ? target / 100 : TARGET };
}

// Give all that stands on the board at `now` (milliseconds of the server).
export function figures(heard, want, now) {
  const chosen = (name) => want.services.length === 0 || want.services.includes(name);
  const calls = [...heard.calls.values()];
  const services = heard.services?.filter((one) => chosen(one.service)) ?? null;
  const within = services?.length ? Math.min(...services.map((one) => one.within)) : WITHIN;
  const here = count(calls.filter((one) => chosen(one.service)));
  const longest = here.since === null ? null : Math.max(0, (now - here.since) / 1000);
  return {
    title: services?.map((one) => one.title).join(" · ") ?? "",
    waiting: here.waiting,
    talking: here.talking,
    longest,
    within,
    wait: mood(longest, within),
    level: level(services, want.target),
    lost: services === null ? null : services.reduce((sum, one) => sum + one.lost, 0),
    rows: rows(heard, calls, chosen, within, now),
    troubles: troubles(heard, want),
    old: isOld(heard),
  };
}

const isWaiting = (one) => one.waiting_since && one.stage !== "talking";
const mood = (seconds, within) =>
  seconds === null || seconds <= within ? "" : seconds > within * MUCH_TOO_LONG ? "bad" : "warn";

function count(calls) {
  const found = { waiting: 0, talking: 0, since: null };
  for (const one of calls) {
    if (one.stage === "talking") found.talking += 1;
    if (!isWaiting(one)) continue;
    found.waiting += 1;
    const since = Date.parse(one.waiting_since);
    if (found.since === null || since < found.since) found.since = since;
  }
  return found;
}

// Of several services the worst is shown, with its name: a mean would hide it.
function level(services, target) {
  const known = (services ?? []).filter((one) => one.service_level != null);
  if (!known.length) return null;
  const worst = known.reduce((a, b) => (b.service_level < a.service_level ? b : a));
  const title = services.length > 1 ? worst.title : "";
  return { value: worst.service_level, within: worst.within, title, low: worst.service_level < target, target };
}

function rows(heard, calls, chosen, within, now) {
  if (heard.destinations === null) return null;
  const at = new Map(heard.destinations.map((one) => [one.destination, []]));
  for (const one of calls) at.get(one.destination)?.push(one);
  return heard.destinations
    .filter((one) => one.services.length === 0 || one.services.some(chosen))
    .filter((one) => one.phones.length > 0 || at.get(one.destination).length > 0 || one.trouble) // others only speak
    .map((one) => {
      const here = count(at.get(one.destination));
      const longest = here.since === null ? null : Math.max(0, (now - here.since) / 1000);
      const wait = mood(longest, within);
      return { ...one, ...here, longest, wait, sign: sign(one, wait) };
    });
}

const sign = (one, wait) => (one.trouble ? "bad" : wait || (one.open ? "open" : "closed"));

function troubles(heard, want) {
  const found = heard.health ? ofHealth(heard.health) : ofNotices(heard.notices);
  if (heard.services) {
    const known = new Set(heard.services.map((one) => one.service));
    const strange = want.services.filter((one) => !known.has(one));
    if (strange.length) found.unshift(say("There is no service {names}.", { names: strange.join(", ") }));
  }
  const shown = [...new Set(found)];
  if (shown.length <= MOST_TROUBLES) return shown;
  const rest = say("and {n} more", { n: shown.length - MOST_TROUBLES + 1 });
  return [...shown.slice(0, MOST_TROUBLES - 1), rest];
}

// What an alarm says of a phone, the row of its destination says too.
function ofHealth(health) {
  if (health.ok) return [];
  const alarms = health.alarms.filter((one) => !one.startsWith("phone_unreachable ")).map((one) => one.replace(/^\w+ \([^)]*\): /, ""));
  return [...health.problems.map(problem), ...alarms];
}

function ofNotices(notices) {
  return [...notices.values()].filter((one) => one.trouble && one.kind !== "dropped").map((one) => one.text);
}

// The server answers, but what it says may be old: it does not hear from the telephone exchange.
function isOld(heard) {
  const told = (kind) => heard.notices.get(kind)?.trouble === true;
  const health = heard.health;
  const behind = health !== null && (health.pbx !== "up" || (health.journal_lag ?? 0) > OLD_JOURNAL);
  return behind || told("journal") || told("pbx");
}
