// Where a number comes from: its products written out, and the cells that they stand in lit up.

let pinned = null;      // the [key, cell] whose work stays when the pointer goes

// Shows the work of a cell; with no key, that of the pinned cell, or the hint.
function showWork(key, cell) {
  const box = document.getElementById("work");
  if (!box) return;
  panel.querySelectorAll(".lit, .asked").forEach((lit) => lit.classList.remove("lit", "asked"));
  if (key === undefined && pinned) [key, cell] = pinned;
  if (key === undefined) {
    box.replaceChildren(make("p", { class: "hint" }, box.dataset.hint));
    return;
  }
  const asked = tables[key].cells[cell];
  asked.classList.add("asked");
  box.replaceChildren(...(asked.classList.contains("hidden")
    ? [make("p", { class: "hint" }, say("Guess it first."))] : works(key, cell)));
}

function unpin() {
  pinned = null;
  showWork();
}

function entryName(key, cell) {
  return `${tables[key].name}${index(cell, tables[key].shape)}`;
}

function light(key, cell) {
  tables[key].cells[cell]?.classList.add("lit");
}

function equation(key, cell) {
  return `${entryName(key, cell)} = ${tables[key].cells[cell].textContent}`;
}

// Splits what Python lists into the terms and the rest, [how many, their sum].
function split(terms) {
  return { listed: terms.filter((term) => term.length > 2), rest: terms.find((term) => term.length === 2) };
}

// Rows of [name, factor, factor, product], what is left over, and the sum.
function productTable(key, cell, heads, rows, rest) {
  const lines = rows.map(([name, a, b, product]) => [name, a, `× ${b}`, `= ${product}`]);
  if (rest) lines.push([say("and {count} more", { count: rest[0] }), "", "", `= ${rest[1]}`]);
  const total = make("tr", {}, make("th", { scope: "row", colspan: 3 }, say("sum")),
    make("td", {}, `= ${tables[key].cells[cell].textContent}`));
  return [plainTable("products", equation(key, cell), heads, lines, lines.length > 1 ? total : null)];
}

function forwardWork(moment, step, output, cell) {
  const key = `out${output}`, place = `${output}:${cell}`, { kind, cells, also } = moment.work;
  const { listed, rest } = split(cells[place] ?? []);
  listed.forEach(([input, from]) => light(`in${input}`, from));
  also?.[place].forEach(([input, from]) => light(`in${input}`, from));
  if (kind === "products") {
    const rows = listed.map(([input, from, ...texts]) => [entryName(`in${input}`, from), ...texts]);
    return productTable(key, cell, [say("entry"), say("value"), say("factor"), say("product")], rows, rest);
  }
  const values = { formula: formula(step.formula),
    entries: listed.map(([input, from, text]) => `${entryName(`in${input}`, from)} = ${text}`).join(", ") };
  const sentence = kind === "entries" ? say("{formula}, with {entries}", values)
    : listed.length ? say("{formula}; it depends on {entries}", values)
      : say("{formula}; no small change of an input changes it", values);
  return [make("p", {}, make("b", {}, equation(key, cell))), make("p", { class: "formula" }, sentence)];
}

function backwardWork(moment, step, k, cell) {
  const pull = moment.pulls[k], key = `given${k}`;
  const why = {
    large: say("This array is summarised: its products would be too many to write out."),
    rule: say("The rule of this op does not tell its products: it computes them outside the tape."),
  }[pull.terms] ?? (pull.terms[cell].length ? null
    : say("Every local derivative is 0: a small change of this entry changes nothing that the op makes."));
  if (why) return [make("p", {}, make("b", {}, equation(key, cell))), make("p", {}, why)];
  const { listed, rest } = split(pull.terms[cell]), node = story.nodes[pull.node];
  listed.forEach(([output, from]) => light(`arriving${output}`, from));
  const rows = listed.map(([output, from, ...texts]) => {
    const through = story.nodes[step.outputs[output]];
    return [`${through.name}${index(from, through.shape)}`, ...texts];
  });
  const local = say("local ∂/∂{entry}", { entry: `${node.name}${index(cell, node.shape)}` });
  return productTable(key, cell, [say("through"), say("upstream"), local, say("product")], rows, rest);
}

// ---- asking ------------------------------------------------------------------------------------

function askedBy(event) {
  const button = event.target.closest?.("button[data-cell]");
  return button ? [button.dataset.key, Number(button.dataset.cell)] : null;
}

function pin(event) {
  const asked = askedBy(event);
  if (!asked) return;
  pinned = asked;
  showWork(...asked);
  document.getElementById("spoken").textContent = document.getElementById("work").textContent;
}

// The arrow keys move from cell to cell of a table.
function move(event) {
  const step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (!askedBy(event) || !step) return;
  event.preventDefault();
  const cell = event.target.parentElement, row = cell.parentElement;
  const rowThere = row.parentElement.rows[row.sectionRowIndex + step[0]];
  const there = rowThere?.cells[cell.cellIndex + step[1]]?.querySelector("button[data-cell]");
  if (!there) return;
  event.target.tabIndex = -1;
  there.tabIndex = 0;
  there.focus();
}

function listenToCells() {
  for (const [coming, going] of [["pointerover", "pointerout"], ["focusin", "focusout"]]) {
    panel.addEventListener(coming, (event) => { if (askedBy(event)) showWork(...askedBy(event)); });
    panel.addEventListener(going, (event) => { if (askedBy(event)) showWork(); });
  }
  panel.addEventListener("click", pin);
  panel.addEventListener("keydown", move);
}
