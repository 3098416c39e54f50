// The panel of a moment: what the op says, and its arrays as tables whose numbers can be asked where they come from.

const panel = document.getElementById("panel");
let tables = {};        // by key, "in0", "out0", "arriving0", "given0": { name, shape, cells }
let works = null;       // (key, cell) => what is told of a cell, elements
let pinned = null;      // the [key, cell] whose work stays when the pointer goes
let valuesOpen = false;

function drawPanel() {
  const moment = moments[at];
  tables = {};
  works = null;
  pinned = null;
  const draw = { start: drawStart, forward: drawForward, backward: drawBackward, end: drawEnd }[moment.way];
  panel.replaceChildren(...draw(moment).flat().filter(Boolean));
  stack();
}

// Puts what goes in and what comes out below each other where they do not fit side by side.
function stack() {
  const flow = panel.querySelector(".flow");
  flow?.classList.remove("stacked");
  flow?.classList.toggle("stacked", flow.scrollWidth > flow.clientWidth + 1);
}

function heading(moment, text) {
  const arrows = { forward: "→", backward: "←" };
  return make("h2", { id: "panel-heading" },
    arrows[moment.way] ? make("span", { class: "arrow", "aria-hidden": "true" }, arrows[moment.way]) : null, text);
}

// ---- tables ----------------------------------------------------------------------------------------------------------

// An array as a table. `options`: key, asks (cells that can be asked), hidden (a cell that is to be guessed).
function table(number, name, note, options = {}) {
  if (number === null) {
    return make("figure", { class: "array" }, make("figcaption", {}, make("b", {}, name), ` ${note}`),
      make("p", {}, say("The tape did not keep this value.")));
  }
  const array = story.arrays[number], { shape, rows, columns } = array;
  const width = shape.length ? shape[shape.length - 1] : 1;
  const height = shape.slice(0, -1).reduce((a, b) => a * b, 1);
  const cells = {};
  const body = make("tbody");
  for (let r = 0; r < rows; r++) {
    const row = make("tr");
    if (shape.length > 1) row.append(make("th", { scope: "row" }, index(r, shape.slice(0, -1)).slice(1, -1)));
    for (let c = 0; c < columns; c++) {
      const place = r * columns + c, cell = r * width + c;
      cells[cell] = drawCell(array, place, cell, name, options);
      row.append(cells[cell]);
    }
    if (columns < width) row.append(make("td", { class: "more", "aria-hidden": "true" }, "…"));
    body.append(row);
  }
  if (rows < height) {
    body.append(make("tr", { "aria-hidden": "true" }, make("td", { class: "more" }, "⋮")));
  }
  const head = shape.length && columns ? make("thead", {}, make("tr", {},
    shape.length > 1 ? make("td") : null,
    [...Array(columns).keys()].map((c) => make("th", { scope: "col" }, String(c))),
    columns < width ? make("td") : null)) : null;
  if (options.key) tables[options.key] = { name, shape, cells, array };
  return make("figure", { class: "array" },
    make("div", { class: "scroll" }, make("table", { class: options.asks ? "asks" : false },
      make("caption", {}, make("b", {}, name), make("span", {}, ` ${note}`)), head, body)),
    array.facts ? summary(array, height, width) : null);
}

function drawCell(array, place, cell, name, options) {
  const heat = array.heat[place];
  const hidden = options.hidden === cell;
  const text = hidden ? "?" : array.text[place];
  const attributes = {
    class: hidden ? "hidden" : heat === null ? "bad" : heat < 0 ? "negative" : "positive",
    style: hidden || heat === null ? false : `--heat: ${Math.abs(heat)}%`,
  };
  if (!options.asks) return make("td", attributes, text);
  const first = options.key && place === 0;
  const button = make("button", { type: "button", tabindex: first ? 0 : -1,
    "aria-label": `${name}${index(cell, array.shape)} = ${text}` }, text);
  button.dataset.key = options.key;
  button.dataset.cell = cell;
  return make("td", attributes, button);
}

function summary(array, height, width) {
  const { facts, shape, rows, columns } = array;
  const parts = [];
  if (rows < height) parts.push(say("The first {shown} of {all} rows.", { shown: rows, all: height }));
  if (columns < width) {
    parts.push(shape.length === 1 ? say("The first {shown} of {all} entries.", { shown: columns, all: width })
      : say("The first {shown} of {all} columns.", { shown: columns, all: width }));
  }
  if (facts.mean !== undefined) {
    parts.push(say("Of all: mean {mean}, norm {norm}, min {min}, max {max};", facts));
    parts.push(say("largest {entries}.", { entries: facts.largest.map(([place, value]) => `${place} ${value}`).join(", ") }));
  }
  if (facts.bad) parts.push(say("Not finite: {count}.", { count: facts.bad }));
  return make("p", { class: "summary" }, parts.join(" "));
}

function noteOf(node) {
  const kinds = { variable: say("variable"), input: say("input"), constant: say("constant"), result: say("result") };
  return node.shape === null ? kinds[node.kind] : `${kinds[node.kind]} ${shapeOf(node.shape)}`;
}

function valueTable(number, options) {
  const node = story.nodes[number];
  return table(node.value, node.name, noteOf(node), options);
}

// ---- moments ---------------------------------------------------------------------------------------------------------

function drawStart(moment) {
  const made = new Set(story.steps.flatMap((step) => step.outputs));
  const leaves = story.nodes.map((_, i) => i).filter((i) => !made.has(i));
  return [heading(moment, title(moment)),
    make("p", {}, say("Each step forward computes one op; then the gradient walks back through the same ops.")),
    story.summed ? make("p", {}, say("{name} is no scalar: the gradient is that of the sum of its entries.", story.nodes[story.target])) : null,
    make("div", { class: "arrays" }, leaves.slice(0, 24).map((i) => valueTable(i, {}))),
    leaves.length > 24 ? make("p", { class: "summary" }, say("Not shown here: {count} more; each is shown at the op that reads it.", { count: leaves.length - 24 })) : null];
}

function drawForward(moment) {
  const step = story.steps[moment.step];
  const hidden = hiddenCell();
  works = (key, cell) => forwardWork(moment, step, Number(key.slice(3)), cell);
  return [heading(moment, title(moment)), about(step), guessForm(),
    make("div", { class: "stage" }, make("div", { class: "flow" },
      make("div", { class: "arrays" }, step.inputs.map((node, k) => valueTable(node, { key: `in${k}` }))),
      arrow("→"),
      make("div", { class: "arrays" }, step.outputs.map((node, k) => valueTable(node, {
        key: `out${k}`, asks: moment.work !== null, hidden: hidden && hidden[0] === k ? hidden[1] : undefined })))),
    workPlace(moment.work ? say("Point at a number of the result, or tap it, to see where it comes from.")
      : say("This array is summarised: its products would be too many to write out.")))];
}

function drawBackward(moment) {
  const step = story.steps[moment.step];
  const hidden = hiddenCell();
  works = (key, cell) => backwardWork(moment, step, Number(key.slice(5)), cell);
  const first = moment.number === 1;
  const details = make("details", { open: valuesOpen },
    make("summary", {}, say("Values from the forward pass")),
    make("div", { class: "arrays" }, [...step.inputs, ...step.outputs].map((node) => valueTable(node, {}))));
  details.addEventListener("toggle", () => { valuesOpen = details.open; });
  return [heading(moment, title(moment)), about(step),
    first ? make("p", {}, say("The walk back begins with {slope} = 1.", { slope: slopeName(story.nodes[story.target]) })) : null,
    guessForm(),
    make("div", { class: "stage" }, make("div", { class: "flow back" },
      make("div", {}, make("h3", {}, say("Arrives, g")), make("div", { class: "arrays" }, step.outputs.map((node, k) =>
        table(moment.arriving[k], slopeName(story.nodes[node]), shapeOf(story.arrays[moment.arriving[k]].shape), { key: `arriving${k}` })))),
      arrow("←"),
      make("div", {}, make("h3", {}, say("Goes on to the inputs")), make("div", { class: "arrays" },
        moment.pulls.map((pull, k) => given(pull, k, hidden))))),
    workPlace(say("Point at a number that goes on, or tap it, to see the products that it is the sum of."))),
    details, checked([...new Set(moment.pulls.map((pull) => pull.node))])];
}

function given(pull, k, hidden) {
  const node = story.nodes[pull.node], [part, parts] = pull.part;
  const asked = hidden && hidden[0] === k ? hidden[1] : undefined;
  const shown = [table(pull.given, slopeName(node), shapeOf(node.shape), { key: `given${k}`, asks: true, hidden: asked })];
  if (parts > 1) {
    shown.push(make("p", { class: "summary" }, say("Part {part} of {parts}: {name} is used more than once, and its parts are added up.", { part, parts, name: node.name })));
    if (part === parts) shown.push(table(node.slope, slopeName(node), say("all parts added up"), { hidden: asked }));
  }
  return make("div", { class: "given" }, shown);
}

function drawEnd(moment) {
  return [heading(moment, title(moment)), story.sources.map((number) => {
    const node = story.nodes[number];
    return make("section", { class: "source" }, make("h3", {}, node.name),
      make("div", { class: "arrays" }, valueTable(number, {}),
        node.slope === null
          ? make("p", {}, say("No gradient: {target} does not depend on it.", { target: story.nodes[story.target].name }))
          : table(node.slope, slopeName(node), shapeOf(node.shape))),
      checked([number]));
  })];
}

function arrow(text) {
  return make("div", { class: "arrow", "aria-hidden": "true" }, text);
}

// What the op says of itself: the call, its formulas, the line of the program.
function about(step) {
  const letters = step.letters.map(([letter, name]) => `${letter}: ${name}`).join(", ");
  const rules = step.rules.map(([node, rule]) => make("div", { class: "formula" }, `${slopeName(story.nodes[node])} = ${formula(rule)}`));
  const [good, count] = step.checked;
  const row = (name, ...content) => make("div", {}, make("dt", {}, name), make("dd", {}, content));
  return make("div", { class: "about" },
    make("p", { class: "call" }, make("code", {}, step.call)),
    make("dl", {},
      row(say("Formula"), make("span", { class: "formula" }, formula(step.formula)),
        letters ? make("span", { class: "letters" }, ` ${say("with {letters}", { letters })}`) : null),
      row(say("Gradient"), rules.length ? rules : [say("none flows back through this op")]),
      step.place ? row(say("Program"), make("code", {}, `${step.place.file}:${step.place.line}`), " ",
        step.place.code ? make("code", { class: "line" }, step.place.code) : null) : null,
      count ? row(say("Check"), `${good === count ? "✓" : "✗"} ${say("{good} of {count} entries agree with central differences", { good, count })}`) : null));
}

function checked(numbers) {
  const nodes = numbers.map((number) => story.nodes[number]).filter((node) => node.checks.length);
  if (!nodes.length) return null;
  return make("details", {}, make("summary", {}, say("Checked by central differences")),
    make("div", { class: "scroll" }, make("table", { class: "checks" },
      make("caption", {}, say("float64, both sides of the entry")),
      make("thead", {}, make("tr", {}, [say("entry"), say("gradient"), say("measured"), say("agrees")].map((text) => make("th", { scope: "col" }, text)))),
      make("tbody", {}, nodes.flatMap((node) => node.checks.map(([place, gradient, measured, agrees]) => make("tr", {},
        make("th", { scope: "row" }, `${slopeName(node)}${place}`), make("td", {}, gradient), make("td", {}, measured),
        make("td", {}, agrees ? `✓ ${say("yes")}` : `✗ ${say("no")}`))))))));
}
