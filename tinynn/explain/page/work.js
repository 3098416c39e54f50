// Where a number comes from: its products written out, and the cells that they stand in lit up.

function workPlace(hint) {
  const box = make("div", { id: "work", class: "work" }, make("p", { class: "hint" }, hint));
  box.dataset.hint = hint;
  return box;
}

function entryName(key, cell) {
  const { name, shape } = tables[key];
  return `${name}${index(cell, shape)}`;
}

// Shows the work of a cell; with no key, the hint or the cell that is pinned.
function showWork(key, cell) {
  const box = document.getElementById("work");
  if (!box || !works) return;
  panel.querySelectorAll(".lit, .asked").forEach((lit) => lit.classList.remove("lit", "asked"));
  if (key === undefined) {
    if (pinned) showWork(...pinned);
    else box.replaceChildren(make("p", { class: "hint" }, box.dataset.hint));
    return;
  }
  tables[key].cells[cell].classList.add("asked");
  const hidden = tables[key].cells[cell].classList.contains("hidden");
  box.replaceChildren(...(hidden ? [make("p", { class: "hint" }, say("Guess it first."))] : works(key, cell)));
}

function light(key, cell) {
  tables[key].cells[cell]?.classList.add("lit");
}

function unpin() {
  pinned = null;
  showWork();
}

function valueOf(key, cell) {
  return tables[key].cells[cell].textContent;
}

// A table of products: [name, factor, factor, product] per row; a row of two is [how many more, their sum].
function productTable(caption, heads, rows, total) {
  const body = rows.map((row) => row.length === 2
    ? make("tr", {}, make("th", { scope: "row" }, say("and {count} more", { count: row[0] })), make("td"), make("td"), make("td", {}, row[1]))
    : make("tr", {}, make("th", { scope: "row" }, row[0]), make("td", {}, row[1]), make("td", { class: "times" }, row[2]), make("td", { class: "equals" }, row[3])));
  const sum = rows.length > 1 ? make("tfoot", {}, make("tr", {}, make("th", { scope: "row", colspan: 3 }, say("sum")), make("td", { class: "equals" }, total))) : null;
  return make("div", { class: "scroll" }, make("table", { class: "products" }, make("caption", {}, caption),
    make("thead", {}, make("tr", {}, heads.map((head) => make("th", { scope: "col" }, head)))), make("tbody", {}, body), sum));
}

function forwardWork(moment, step, output, cell) {
  const key = `out${output}`, name = entryName(key, cell), value = valueOf(key, cell);
  const caption = `${name} = ${value}`;
  const terms = moment.work.cells[`${output}:${cell}`] ?? [];
  terms.filter((term) => term.length > 2).forEach(([input, place]) => light(`in${input}`, place));
  moment.work.also?.[`${output}:${cell}`].forEach(([input, place]) => light(`in${input}`, place));
  if (moment.work.kind === "products") {
    return [productTable(caption, [say("entry"), say("value"), say("factor"), say("product")],
      terms.map((term) => term.length === 2 ? term : [entryName(`in${term[0]}`, term[1]), ...term.slice(2)]), value)];
  }
  const entries = terms.filter((term) => term.length > 2).map(([input, place, text]) => `${entryName(`in${input}`, place)} = ${text}`);
  const sentence = moment.work.kind === "entries"
    ? say("{formula}, with {entries}", { formula: formula(step.formula), entries: entries.join(", ") })
    : entries.length
      ? say("{formula}; it depends on {entries}", { formula: formula(step.formula), entries: entries.join(", ") })
      : say("{formula}; no small change of an input changes it", { formula: formula(step.formula) });
  return [make("p", {}, make("b", {}, caption)), make("p", { class: "formula" }, sentence)];
}

function backwardWork(moment, step, k, cell) {
  const pull = moment.pulls[k], key = `given${k}`, value = valueOf(key, cell);
  const caption = `${entryName(key, cell)} = ${value}`;
  const short = {
    large: say("This array is summarised: its products would be too many to write out."),
    rule: say("The rule of this op does not tell its products: it computes them outside the tape."),
  }[pull.terms];
  const terms = short ? [] : pull.terms[cell];
  if (short || !terms.length) {
    return [make("p", {}, make("b", {}, caption)),
      make("p", {}, short ?? say("Every local derivative is 0: a small change of this entry changes nothing that the op makes."))];
  }
  terms.filter((term) => term.length > 2).forEach(([output, place]) => light(`arriving${output}`, place));
  const own = `${story.nodes[pull.node].name}${index(cell, tables[key].shape)}`;
  const rows = terms.map((term) => {
    if (term.length === 2) return term;
    const through = story.nodes[step.outputs[term[0]]];
    return [`${through.name}${index(term[1], through.shape)}`, ...term.slice(2)];
  });
  return [productTable(caption, [say("through"), say("upstream"), say("local ∂/∂{entry}", { entry: own }), say("product")], rows, value)];
}

// ---- asking ----------------------------------------------------------------------------------------------------------

function asked(event) {
  const button = event.target.closest?.("button[data-cell]");
  return button && panel.contains(button) ? button : null;
}

panel.addEventListener("pointerover", (event) => {
  const button = asked(event);
  if (button) showWork(button.dataset.key, Number(button.dataset.cell));
});
panel.addEventListener("pointerout", (event) => { if (asked(event)) showWork(); });
panel.addEventListener("focusin", (event) => {
  const button = asked(event);
  if (button) showWork(button.dataset.key, Number(button.dataset.cell));
});
panel.addEventListener("focusout", (event) => { if (asked(event)) showWork(); });
panel.addEventListener("click", (event) => {
  const button = asked(event);
  if (!button) return;
  pinned = [button.dataset.key, Number(button.dataset.cell)];
  showWork(...pinned);
  document.getElementById("spoken").textContent = document.getElementById("work").textContent;
});
panel.addEventListener("keydown", (event) => {
  const button = asked(event), step = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] }[event.key];
  if (!button || !step) return;
  event.preventDefault();
  const cell = button.parentElement, row = cell.parentElement;
  const rowThere = step[0] ? row.parentElement.rows[row.sectionRowIndex + step[0]] : row;
  const there = rowThere?.cells[cell.cellIndex + step[1]]?.querySelector("button[data-cell]");
  if (!there) return;
  button.tabIndex = -1;
  there.tabIndex = 0;
  there.focus();
});
