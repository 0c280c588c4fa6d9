// The wallboard: hears the news, and draws at most four times a second however many there are.
import { Connection } from "./connection.js";
import { drawFigures, drawHead, drawLost, drawRows, drawTroubles } from "./draw.js";
import { figures, Heard, wanted } from "./figures.js";
import { loadWords, say } from "./words.js";

const EACH = 250; // milliseconds between two drawings
const YOUNG = 60000; // milliseconds in which a page does not load itself again
const want = wanted(location.search);
const heard = new Heard();
let rows = []; // the last that were known: their names stay when the line is lost
let title = "";

const connection = new Connection(
  (change, sent) => heard.take(change, sent, performance.now()),
  () => told(),
);

function told() {
  if (connection.state === "live") lookForNewPage();
  else if (connection.state === "lost") heard.begin();
  draw();
}

// A page that hangs on a wall for a year must not be a year old; nor may it load itself again and again.
async function lookForNewPage() {
  if (performance.now() < YOUNG) return;
  try {
    const answer = await fetch("/wallboard/static/version.json", { cache: "no-store" });
    const { version } = await answer.json();
    if (version && version !== document.documentElement.dataset.version) location.reload();
  } catch {
    // The same at the next connection.
  }
}

function draw() {
  const live = connection.state === "live";
  const now = heard.now(performance.now());
  const shown = live && now !== null ? figures(heard, want, now) : null;
  if (shown?.rows) rows = shown.rows;
  if (shown?.title) title = shown.title;
  const old = live && shown !== null && shown.old;
  drawHead(title, live ? now : null, old ? "old" : connection.state, headWords(old));
  drawLost(lostWords(), connection.heard, Date.now(), nextWords(), connection.state === "over");
  drawFigures(shown);
  drawTroubles(shown?.troubles ?? []);
  drawRows(rows, shown !== null && shown.rows !== null, now);
}

function headWords(old) {
  if (old) return say("Figures may be old");
  return { live: say("Live"), wait: say("Connecting"), over: say("Signed out"), lost: say("No connection") }[connection.state];
}

function lostWords() {
  if (connection.state === "over") return say("Signed out");
  return connection.state === "lost" ? say("No connection") : "";
}

function nextWords() {
  if (connection.state === "over") return say("This screen's session is over. It needs a token again.");
  const why = connection.why ? ` (${connection.why})` : "";
  return say("The figures are not shown, since they would be old. It is tried again by itself.") + why;
}

document.getElementById("leave").addEventListener("click", async () => {
  try {
    await fetch("/wallboard/end", { method: "POST" });
  } finally {
    location.reload();
  }
});
document.getElementById("again").addEventListener("click", () => location.reload());
addEventListener("offline", () => connection.offline());
addEventListener("online", () => connection.online());

await loadWords();
setInterval(() => {
  connection.look();
  draw();
}, EACH);
connection.start();
