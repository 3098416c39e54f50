// The panel of a moment: what the op says of itself, what goes in, and what comes out.

const panel = document.getElementById("panel");
let works = null;       // (key, cell) => the elements that tell where a number comes from
let valuesOpen = false;

function drawPanel() {
  const moment = moments[at];
  tables = {};
  works = null;
  pinned = null;
  const draw = { start: drawStart, forward: drawForward, backward: drawBackward, end: drawEnd }[moment.way];
  panel.replaceChildren(...[heading(moment), draw(moment)].flat(Infinity).filter(Boolean));
  stack();
}

function heading(moment) {
  const sign = { forward: "→", backward: "←" }[moment.way];
  return make("h2", { id: "panel-heading" },
    sign ? make("span", { class: "arrow", "aria-hidden": "true" }, sign) : null, title(moment));
}

// Puts what goes in and what comes out below each other where they do not fit side by side.
function stack() {
  const flow = panel.querySelector(".flow");
  flow?.classList.remove("stacked");
  flow?.classList.toggle("stacked", flow.scrollWidth > flow.clientWidth + 1);
}

function arrays(...tables) {
  return make("div", { class: "arrays" }, tables);
}

function stage(back, from, to, hint) {
  const arrow = make("div", { class: "arrow", "aria-hidden": "true" }, back ? "←" : "→");
  return make("div", { class: "stage" }, make("div", { class: back ? "flow back" : "flow" }, from, arrow, to),
    make("div", { id: "work", class: "work", "data-hint": hint }, make("p", { class: "hint" }, hint)));
}

const MOST_LEAVES = 24;

function drawStart() {
  const made = new Set(story.steps.flatMap((step) => step.outputs));
  const leaves = [...story.nodes.keys()].filter((node) => !made.has(node));
  const target = story.nodes[story.target], count = leaves.length - MOST_LEAVES;
  return [
    make("p", {}, say("Each step forward computes one op; then the gradient walks back through the same ops.")),
    story.summed ? make("p", {}, say("{name} is no scalar: the gradient is that of the sum of its entries.", target))
      : null,
    arrays(leaves.slice(0, MOST_LEAVES).map((node) => valueTable(node))),
    count > 0 ? make("p", { class: "summary" },
      say("Not shown here: {count} more; each is shown at the op that reads it.", { count })) : null];
}

function drawForward(moment) {
  const step = story.steps[moment.step], hidden = hiddenCell();
  works = (key, cell) => forwardWork(moment, step, Number(key.slice(3)), cell);
  const hint = moment.work ? say("Point at a number of the result, or tap it, to see where it comes from.")
    : say("This array is summarised: its products would be too many to write out.");
  return [about(step), guessForm(),
    stage(false, arrays(step.inputs.map((node, k) => valueTable(node, { key: `in${k}` }))),
      arrays(step.outputs.map((node, k) => valueTable(node, {
        key: `out${k}`, asks: Boolean(moment.work), hidden: hidden?.[0] === k ? hidden[1] : undefined }))), hint)];
}

function drawBackward(moment) {
  const step = story.steps[moment.step], hidden = hiddenCell();
  works = (key, cell) => backwardWork(moment, step, Number(key.slice(5)), cell);
  const slope = slopeName(story.nodes[story.target]);
  const arriving = step.outputs.map((node, k) => table(moment.arriving[k], slopeName(story.nodes[node]),
    shapeOf(story.arrays[moment.arriving[k]].shape), { key: `arriving${k}` }));
  const given = moment.pulls.map((pull, k) => drawPull(pull, k, hidden?.[0] === k ? hidden[1] : undefined));
  const values = make("details", { open: valuesOpen },
    make("summary", {}, say("Values from the forward pass")),
    arrays([...step.inputs, ...step.outputs].map((node) => valueTable(node))));
  values.addEventListener("toggle", () => { valuesOpen = values.open; });
  return [about(step),
    moment.number === 1 ? make("p", {}, say("The walk back begins with {slope} = 1.", { slope })) : null,
    guessForm(),
    stage(true, make("div", {}, make("h3", {}, say("Arrives, g")), arrays(arriving)),
      make("div", {}, make("h3", {}, say("Goes on to the inputs")), arrays(given)),
      say("Point at a number that goes on, or tap it, to see the products that it is the sum of.")),
    values, checkTable([...new Set(moment.pulls.map((pull) => pull.node))])];
}

// What one input is given; where the input has several users, which part of its gradient that is.
function drawPull(pull, k, hidden) {
  const node = story.nodes[pull.node], [part, parts] = pull.part, name = slopeName(node);
  const shown = [table(pull.given, name, shapeOf(node.shape), { key: `given${k}`, asks: true, hidden })];
  if (parts > 1) {
    shown.push(make("p", { class: "summary" },
      say("Part {part} of {parts}: {name} is used more than once, and its parts are added up.",
        { part, parts, name: node.name })));
    if (part === parts) shown.push(table(node.slope, name, say("all parts added up"), { hidden }));
  }
  return make("div", { class: "given" }, shown);
}

function drawEnd() {
  const target = story.nodes[story.target].name;
  return story.sources.map((number) => {
    const node = story.nodes[number];
    const slope = node.slope === null
      ? make("p", { class: "summary" }, say("No gradient: {target} does not depend on it.", { target }))
      : table(node.slope, slopeName(node), shapeOf(node.shape));
    return make("section", {}, make("h3", {}, node.name), arrays(valueTable(number), slope), checkTable([number]));
  });
}

// What the op says of itself: the call, its formulas, the line of the program.
function about(step) {
  const row = (name, ...content) => make("div", {}, make("dt", {}, name), make("dd", {}, content));
  const letters = step.letters.map(([letter, name]) => `${letter}: ${name}`).join(", ");
  const rules = step.rules.map(([node, rule]) =>
    make("div", { class: "formula" }, `${slopeName(story.nodes[node])} = ${formula(rule)}`));
  const [good, count] = step.checked;
  const check = `${good === count ? "✓" : "✗"} ${
    say("{good} of {count} entries agree with central differences", { good, count })}`;
  return [make("p", { class: "call" }, make("code", {}, step.call)),
    make("dl", {},
      row(say("Formula"), make("span", { class: "formula" }, formula(step.formula)),
        letters ? make("span", { class: "letters" }, ` ${say("with {letters}", { letters })}`) : null),
      row(say("Gradient"), rules.length ? rules : say("none flows back through this op")),
      step.place ? row(say("Program"), make("code", {}, `${step.place.file}:${step.place.line}`), " ",
        make("code", { class: "line" }, step.place.code)) : null,
      count ? row(say("Check"), check) : null)];
}

function checkTable(numbers) {
  const rows = numbers.map((number) => story.nodes[number]).flatMap((node) =>
    node.checks.map(([place, gradient, measured, agrees]) =>
      [`${slopeName(node)}${place}`, gradient, measured, agrees ? `✓ ${say("yes")}` : `✗ ${say("no")}`]));
  return rows.length ? make("details", {}, make("summary", {}, say("Checked by central differences")),
    plainTable("checks", say("float64, both sides of the entry"),
      [say("entry"), say("gradient"), say("measured"), say("agrees")], rows)) : null;
}
