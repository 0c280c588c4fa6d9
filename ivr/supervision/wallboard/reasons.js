// Says in the page's language why a destination is open or closed, and what is wrong. The server's words are English;
// what is not known here is shown as it is. Rule: who gave an order is nobody's business in front of a wall.
import { say, weekday } from "./words.js";

const WEEKDAYS = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];
const DAY = `(${WEEKDAYS.join("|")})`;
const DATE = "\\d{4}-\\d\\d-\\d\\d";
const day = (name) => weekday(WEEKDAYS.indexOf(name));
const hours = (text) => text.replaceAll("-", "–");
const more = (text, rest) => (rest ? `${text}; ${rest}` : text);

const REASONS = [
  [/^a safety line: nothing closes it$/, () => say("always, a safety line")],
  [/^open day and night$/, () => say("day and night")],
  [/^closed by .+?: (.+)$/, (m) => say("ordered: {reason}", { reason: m[1] })],
  [/^open by .+?: (.+)$/, (m) => say("ordered: {reason}", { reason: m[1] })],
  [/^redirected to .+? by .+?: (.+)$/, (m) => say("redirected: {reason}", { reason: m[1] })],
];

const HOURS = [
  [new RegExp(`^${DAY} is open (.+?) only(?:; (.+))?$`), (m) => more(hours(m[2]), m[3] && special(m[3]))],
  [new RegExp(`^${DAY} is open (.+)$`), (m) => hours(m[2])],
  [new RegExp(`^${DAY} has no open hours(?:; (.+))?$`), (m) => more(say("not on this weekday"), m[2] && special(m[2]))],
  [/^(.+), open ([\d:]+-[\d:]+)$/, (m) => more(hours(m[2]), special(m[1]))],
];

const SPECIAL = [
  [new RegExp(`^${DATE} is a public holiday \\((.+)\\)$`), (m) => say("public holiday: {name}", { name: m[1] })],
  [new RegExp(`^${DATE} is a day off(?: \\((.+)\\))?$`), (m) => m[1] || say("day off")],
  [new RegExp(`^${DATE} is a special day(?: \\((.+)\\))?$`), (m) => m[1] || say("special day")],
  [new RegExp(`^${DATE} is worked like a ${DAY}(?: \\((.+)\\))?$`), (m) => m[2] || say("as on {day}", { day: day(m[1]) })],
  [new RegExp(`^${DATE} is \\d+ minutes shorter: the day before a public holiday`), () => say("shorter before a public holiday")],
];

const TROUBLES = [
  [/^full: it has all (\d+) calls/, (m) => say("full: {n} calls", { n: m[1] })],
  [/^(\d+) callers in a row reached nobody$/, (m) => say("callers in a row who reached nobody: {n}", { n: m[1] })],
  [/^(\d+) of (\d+) phones unreachable: (.+)$/, (m) => say("{n} of {all} phones unreachable", { n: m[1], all: m[2] })],
  [/^all (\d+) phones unreachable$/, () => say("no phone can be reached")],
  [/^(\S+) unreachable$/, (m) => say("unreachable: {name}", { name: m[1] })],
];

const PROBLEMS = [
  [/^no engine (?:answers|leads)/, () => say("No engine leads calls; the fallback does")],
  [/^the PBX: (.*)$/, (m) => `${say("Telephone exchange")}: ${m[1]}`],
  [/^the engine (?:at )?(.*)$/, (m) => `${say("Engine")}: ${m[1]}`],
  [/^journal: (.*)$/, (m) => `${say("Journal")}: ${m[1]}`],
  [/^records: (.*)$/, (m) => `${say("Call records")}: ${m[1]}`],
  [/^rules: (.*)$/, (m) => `${say("Routing rules")}: ${m[1]}`],
  [/^today's figures: (.*)$/, (m) => `${say("Figures of today")}: ${m[1]}`],
];

function translated(text, known) {
  for (const [pattern, said] of known) {
    const found = pattern.exec(text);
    if (found) return said(found);
  }
  return null;
}

const special = (text) => translated(text, SPECIAL) ?? text;

// Why a destination is open or closed; words about its hours begin with the name of those hours, which is left out.
export function reason(why) {
  const said = translated(why, REASONS);
  if (said !== null) return said;
  const ofHours = why.replace(/^[\w.-]+: /, "");
  return translated(ofHours, HOURS) ?? special(ofHours);
}

export const trouble = (text) => text.split("; ").map((one) => translated(one, TROUBLES) ?? one).join("; ");

export const problem = (text) => translated(text, PROBLEMS) ?? text;
