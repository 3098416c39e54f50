// Guess first: one number of each step is hidden until the reader commits to a number of his own.

const answers = {};     // by moment: { text, verdict }; verdict is "right", "near", "wrong" or "shown"
let guessing = false;

// The [table, cell] that is hidden now, or null.
function hiddenCell() {
  return guessing && !answers[at] && moments[at].guess ? moments[at].guess : null;
}

// The number that was typed: -3, 0,25, 1e-3 or 1/3; NaN for anything else.
function typed(text) {
  const parts = text.replace(/[−–]/g, "-").replace(",", ".").split("/").map((part) => part.trim());
  if (parts.length > 2 || parts.includes("")) return NaN;
  return parts.map(Number).reduce((above, below) => above / below);
}

// How good a guess is, for a number among others of a largest magnitude.
function verdict(guess, value, largest) {
  const off = Math.abs(guess - value);
  if (off <= 0.01 * Math.abs(value) || (value === 0 && off <= 1e-4 * largest)) return "right";
  return off <= 0.15 * Math.abs(value) || (value === 0 && off <= 0.05 * largest) ? "near" : "wrong";
}

function asking() {
  const moment = moments[at], [k, cell] = moment.guess;
  if (moment.way === "forward") {
    const node = story.nodes[story.steps[moment.step].outputs[k]];
    return { key: `out${k}`, cell, array: story.arrays[node.value], name: node.name };
  }
  const pull = moment.pulls[k], node = story.nodes[pull.node];
  return { key: `given${k}`, cell, array: story.arrays[pull.given], name: slopeName(node) };
}

function answerOf({ cell, array }) {
  const { width } = extents(array.shape);
  return array.text[Math.floor(cell / width) * array.columns + cell % width];
}

// The form that asks, or what came of it; null where nothing is to be guessed.
function guessForm() {
  if (!guessing || !moments[at].guess) return null;
  const question = asking(), entry = `${question.name}${index(question.cell, question.array.shape)}`;
  if (answers[at]) return outcome(entry, answerOf(question), answers[at]);
  const field = make("input", { id: "guessed", type: "text", autocomplete: "off", "aria-describedby": "guess-help" });
  const help = make("span", { id: "guess-help", class: "hint", role: "status" },
    say("A number such as 0.25, -3 or 1/3; then Enter."));
  const give = make("button", { type: "button" }, say("Show it"));
  const form = make("form", { class: "guess" },
    make("label", { for: "guessed" }, say("What is {entry}?", { entry })), field,
    make("button", { type: "submit" }, say("Commit")), give, help);
  give.addEventListener("click", () => settle({ text: "", verdict: "shown" }));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const guess = typed(field.value), value = Number(answerOf(question));
    if (!Number.isFinite(guess)) {
      help.textContent = say("That is no number. Type one such as 0.25, -3 or 1/3.");
      field.focus();
      return;
    }
    const largest = Math.max(...question.array.text.map(Number).filter(Number.isFinite).map(Math.abs)) || 1;
    settle({ text: field.value.trim(), verdict: verdict(guess, value, largest) });
  });
  return form;
}

function outcome(entry, value, answer) {
  const values = { entry, value, guess: answer.text };
  const said = {
    right: `✓ ${say("Right: {entry} = {value}.", values)}`,
    near: `≈ ${say("Near: {entry} = {value}; your guess was {guess}.", values)}`,
    wrong: `✗ ${say("Not this time: {entry} = {value}; your guess was {guess}.", values)}`,
    shown: say("{entry} = {value}.", values),
  }[answer.verdict];
  return make("p", { class: `guess ${answer.verdict}`, tabindex: -1, id: "outcome" }, said);
}

function settle(answer) {
  const question = asking();
  answers[at] = answer;
  drawPanel();
  showScore();
  pinned = [question.key, question.cell];
  showWork(...pinned);
  document.getElementById("outcome").focus({ preventScroll: true });
}

function showScore() {
  const score = document.getElementById("score"), counts = { right: 0, near: 0, wrong: 0 };
  Object.values(answers).forEach((answer) => { if (answer.verdict in counts) counts[answer.verdict] += 1; });
  const asked = moments.filter((moment) => moment.guess).length;
  score.hidden = !guessing;
  score.textContent = say("Right {right}, near {near}, wrong {wrong}; questions: {count}", { ...counts, count: asked });
}

function listenToGuesses() {
  const button = document.getElementById("guess");
  button.addEventListener("click", () => {
    guessing = !guessing;
    button.setAttribute("aria-pressed", String(guessing));
    showScore();
    go(at === 0 && guessing ? 1 : at);
  });
}
