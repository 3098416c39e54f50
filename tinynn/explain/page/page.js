// Where the page stands, and how it moves: the slider, the keys, the buttons.

const moments = story.moments;
const slider = document.getElementById("slider");
const where = document.getElementById("where");
let at = 0;

function title(moment) {
  if (moment.way === "start") return say("Start: what goes in");
  if (moment.way === "end") return say("End: the gradients");
  const values = { number: moment.number, count: story[moment.way], op: story.steps[moment.step].op };
  return moment.way === "forward"
    ? say("Forward {number} of {count}: {op}", values)
    : say("Backward {number} of {count}: {op}", values);
}

function go(place, fromSlider = false) {
  at = Math.max(0, Math.min(moments.length - 1, place));
  const text = title(moments[at]);
  slider.value = at;
  slider.setAttribute("aria-valuetext", text);
  where.setAttribute("aria-live", fromSlider ? "off" : "polite");   // a slider says its own value
  where.textContent = text;
  document.body.dataset.way = moments[at].way;
  document.getElementById("previous").disabled = at === 0;
  document.getElementById("next").disabled = at === moments.length - 1;
  document.querySelectorAll("[data-moment]").forEach((item) => {
    const current = Number(item.dataset.moment) === at;
    if (current) item.firstElementChild.setAttribute("aria-current", "step");
    else item.firstElementChild.removeAttribute("aria-current");
  });
  drawGraph();
  drawPanel();
}

function speak(language) {
  lang = language;
  document.documentElement.lang = lang;
  for (const element of document.querySelectorAll("[data-en]")) element.textContent = element.dataset[lang];
  for (const element of document.querySelectorAll("[data-label-en]")) {
    element.setAttribute("aria-label", element.getAttribute(`data-label-${lang}`));
  }
  document.title = document.querySelector("h1").textContent;
  const other = document.getElementById("language");
  other.textContent = lang === "ko" ? "English" : "한국어";
  other.lang = lang === "ko" ? "en" : "ko";
  nameTheme();
  showScore();
  go(at);
}

// ---- light and dark ----------------------------------------------------------------------------

const system = matchMedia("(prefers-color-scheme: dark)");
let dark = system.matches;

function nameTheme() {
  document.getElementById("theme").textContent = dark ? say("Light colours") : say("Dark colours");
}

function paint(darkly) {
  dark = darkly;
  document.documentElement.style.colorScheme = dark ? "dark" : "light";
  nameTheme();
}

// ---- what the reader does ---------------------------------------------------------------------

function onKey(event) {
  if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
  if (event.target.closest("input, summary, #viewport")) return;
  const moves = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: moments.length - 1 };
  if (event.key in moves) {
    event.preventDefault();
    go(moves[event.key]);
  } else if (event.key === "Escape") unpin();
}

function listen() {
  slider.max = moments.length - 1;
  const count = (way) => moments.filter((moment) => moment.way === way).length + 0.5;
  const [forward, backward] = document.getElementById("phases").children;
  forward.style.flexGrow = count("forward");
  backward.style.flexGrow = count("backward");
  slider.addEventListener("input", () => go(Number(slider.value), true));
  document.getElementById("previous").addEventListener("click", () => go(at - 1));
  document.getElementById("next").addEventListener("click", () => go(at + 1));
  document.getElementById("language").addEventListener("click", () => speak(lang === "ko" ? "en" : "ko"));
  document.getElementById("theme").addEventListener("click", () => paint(!dark));
  system.addEventListener("change", () => paint(system.matches));
  document.addEventListener("keydown", onKey);
  addEventListener("resize", stack);
  for (const item of document.querySelectorAll("[data-moment]")) {
    const button = make("button", { type: "button" });
    button.append(...item.childNodes);
    button.addEventListener("click", () => {
      go(Number(item.dataset.moment));
      document.getElementById("panel").focus();
    });
    item.append(button);
  }
}

listen();
listenToGraph();
listenToCells();
listenToGuesses();
paint(dark);
speak(lang);
