// The page's language: its texts, its numbers, its times. Texts in the code are English; the server has the others.

export const language = document.documentElement.lang || "en";
let texts = {};

// Ask for the texts; without them the page stays English, and works.
export async function loadWords() {
  try {
    const answer = await fetch(`/wallboard/static/words-${language}.json`);
    if (answer.ok) texts = await answer.json();
  } catch {
    texts = {};
  }
  for (const one of document.querySelectorAll("[data-words]")) one.textContent = say(one.dataset.words);
}

// Give a text in this language, its {names} filled in.
export function say(text, values = {}) {
  return (texts[text] || text).replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

const counts = new Intl.NumberFormat(language, { useGrouping: true });
const shares = new Intl.NumberFormat(language, { style: "percent", maximumFractionDigits: 0 });
const clocks = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
const exact = new Intl.DateTimeFormat(language, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
const days = new Intl.DateTimeFormat(language, { weekday: "short" });
const dates = new Intl.DateTimeFormat(language, { day: "2-digit", month: "2-digit" });
const weekdays = new Intl.DateTimeFormat(language, { weekday: "long", timeZone: "UTC" });
const DAY = 86400000;

export const number = (value) => counts.format(value);
export const share = (value) => shares.format(Math.floor(value * 100) / 100); // 79.9 % is not 80 %
export const clock = (at) => clocks.format(at);
export const exactClock = (at) => exact.format(at);

// In a sentence only English begins the name of a weekday with a capital letter.
const inside = (name) => (language === "en" ? name : name.toLocaleLowerCase(language));

// Name a weekday, Monday being 0.
export const weekday = (n) => inside(weekdays.format(new Date(Date.UTC(2024, 0, 1 + n))));

// Write until when something lasts: the time, with the weekday or the date if it is not today.
export function until(at, now) {
  const midnight = (ms) => new Date(ms).setHours(0, 0, 0, 0);
  if (midnight(at) === midnight(now)) return clock(at);
  return at - now < 6 * DAY ? `${inside(days.format(at))} ${clock(at)}` : dates.format(at);
}

// Write how long something lasts: 0:07, 12:05, 1:02:03.
export function lasting(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (n) => String(n).padStart(2, "0");
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes}:${two(whole % 60)}`;
  return `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(whole % 60)}`;
}
