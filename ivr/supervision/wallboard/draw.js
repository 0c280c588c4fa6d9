// Puts the figures on the page. Rule: data comes in by textContent only; what has not changed is not touched.
import { reason, trouble } from "./reasons.js";
import { clock, exactClock, lasting, number, say, share, until } from "./words.js";

const NONE = "–";
const SIGNS = { open: "●", closed: "■", warn: "◆", bad: "▲" };
const at = (id) => document.getElementById(id);

function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function mark(element, name, value) {
  if (element.dataset[name] !== value) element.dataset[name] = value;
}

function hide(element, hidden) {
  if (element.hidden !== hidden) element.hidden = hidden;
}

function figure(id, value, note = "", mood = "") {
  const box = at(id);
  const sign = mood === "" ? "" : `${SIGNS[mood]} `;
  write(box.querySelector(".value"), value);
  write(box.querySelector(".note"), note === "" ? "" : sign + note);
  mark(box, "mood", mood);
}

// Show the figures; `shown` is what figures() gave, or null if nothing is known for sure.
export function drawFigures(shown) {
  const value = (one) => (one === null || one === undefined ? NONE : number(one));
  const mood = shown?.wait ?? "";
  const late = { warn: say("longer than {n} s", { n: shown?.within }), bad: say("much too long") }[mood] ?? "";
  figure("waiting", value(shown?.waiting), "", mood);
  figure("longest", shown && shown.longest !== null ? lasting(shown.longest) : NONE, late, mood);
  figure("talking", value(shown?.talking));
  drawLevel(shown?.level ?? null);
  figure("missed", value(shown?.lost));
}

function drawLevel(level) {
  if (level === null) return figure("level", NONE);
  const told = [say("in {n} s", { n: level.within })];
  if (level.low) told.push(say("under {share}", { share: share(level.target) }));
  if (level.title) told.push(say("lowest: {title}", { title: level.title }));
  return figure("level", share(level.value), told.join(" · "), level.low ? "warn" : "");
}

export function drawHead(title, time, state, text) {
  write(at("title"), title || say("Wallboard"));
  write(at("clock"), time === null ? "" : clock(time));
  const place = at("state");
  write(place.querySelector(".sign"), state === "live" ? "●" : "▲");
  write(place.querySelector(".text"), text);
  mark(document.body, "state", state);
  const heading = state === "live" ? "" : `${text} – `;
  if (document.title !== `${heading}${title || say("Wallboard")}`) document.title = `${heading}${title || say("Wallboard")}`;
}

// Show in big letters that nothing is heard; `last` is when something was, in milliseconds of this screen, or null.
export function drawLost(words, last, now, next, over) {
  const box = at("lost");
  hide(box, words === "");
  hide(at("again"), !over);
  if (words === "") return;
  write(box.querySelector(".big"), words);
  const told = last === null ? "" : say("Last news at {time}, {ago} ago", { time: exactClock(last), ago: lasting((now - last) / 1000) });
  write(box.querySelector(".when"), told);
  write(box.querySelector(".next"), next);
}

export function drawTroubles(troubles) {
  const list = at("troubles");
  while (list.children.length > troubles.length) list.lastElementChild.remove();
  while (list.children.length < troubles.length) list.append(document.createElement("li"));
  troubles.forEach((text, n) => write(list.children[n], `▲ ${text}`));
  hide(list, troubles.length === 0);
}

const COLUMNS = ["name", "now", "until", "waiting", "talking", "lost"];
const LABELS = { waiting: "Waiting", talking: "Talking", lost: "Lost today" };

function newRow(destination) {
  const row = document.createElement("tr");
  row.setAttribute("role", "row");
  row.dataset.destination = destination;
  for (const column of COLUMNS) {
    const cell = document.createElement(column === "name" ? "th" : "td");
    cell.setAttribute("role", column === "name" ? "rowheader" : "cell");
    if (column === "name") cell.scope = "row";
    cell.className = LABELS[column] ? `number ${column}` : column;
    if (LABELS[column]) cell.dataset.label = say(LABELS[column]);
    if (column === "name" || column === "now") cell.append(part("sign"), part("text"));
    row.append(cell);
  }
  row.querySelector(".name .sign").remove();
  return row;
}

function part(name) {
  const found = document.createElement("span");
  found.className = name;
  if (name === "sign") found.setAttribute("aria-hidden", "true");
  return found;
}

function fill(row, one, live, now) {
  const cell = (name) => row.querySelector(`.${name}`);
  write(cell("name .text"), one.title || one.destination);
  write(cell("now .sign"), live ? SIGNS[one.sign] : "?");
  write(cell("now .text"), live ? told(one) : say("not known now"));
  write(cell("until"), live && one.until && now !== null ? until(Date.parse(one.until), now) : "");
  count(cell("waiting"), live ? one.waiting : null);
  count(cell("talking"), live ? one.talking : null);
  count(cell("lost"), live ? one.lost_today : null);
  mark(row, "mood", live ? one.sign : "unknown");
}

function count(cell, n) {
  write(cell, n === null ? NONE : number(n));
  mark(cell, "none", String(!n));
}

function told(one) {
  const state = one.open ? say("Open") : say("Closed");
  const wait = one.wait && say("waiting {time}", { time: lasting(one.longest) });
  const parts = one.trouble ? [trouble(one.trouble), wait, state] : [wait, state, reason(one.why)];
  return parts.filter(Boolean).join(" · ");
}

// Show one row for each destination, in the order of the server: whoever looks knows where a row stands.
export function drawRows(rows, live, now) {
  const body = document.querySelector("#rows tbody");
  const held = new Map([...body.children].map((row) => [row.dataset.destination, row]));
  rows.forEach((one, n) => {
    const row = held.get(one.destination) ?? newRow(one.destination);
    held.delete(one.destination);
    if (body.children[n] !== row) body.insertBefore(row, body.children[n] ?? null);
    fill(row, one, live, now);
  });
  for (const row of held.values()) row.remove();
  const count = String(Math.max(rows.length, 1));
  if (document.body.style.getPropertyValue("--rows") !== count) document.body.style.setProperty("--rows", count);
}
