// Sends the token once, in the body of one request, and keeps it nowhere.
import { loadWords, say } from "./words.js";

const form = document.getElementById("enter");
const field = document.getElementById("token");
const answer = document.getElementById("answer");

function wrong(response) {
  if (response.status === 401) return say("This token is not known. Look at it again, or ask for a new one.");
  if (response.status === 429) {
    const seconds = response.headers.get("Retry-After") || "60";
    return say("Too many wrong tokens. Try again in {seconds} seconds.", { seconds });
  }
  return say("That did not work ({status}). Try again in a minute.", { status: response.status });
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const token = field.value.trim();
  field.value = "";
  if (!token) return;
  answer.textContent = "…";
  try {
    const response = await fetch("/wallboard/session", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ token }),
    });
    if (response.ok) location.reload();
    else answer.textContent = wrong(response);
  } catch {
    answer.textContent = say("The server does not answer. Try again in a minute.");
  }
  field.focus();
});

await loadWords();
document.title = say("Wallboard");
field.focus();
