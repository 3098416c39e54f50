// Arrays as tables: every number on a background that says how large it is and of which sign.

let tables = {};        // those that can be pointed into, by key: { name, shape, cells }

// An array as a table.
//   number: which array; null where the tape did not keep it.
//   options: key; asks, whether its numbers can be asked where they come from; hidden, the cell that is to be guessed.
function table(number, name, note, options = {}) {
  const title = [make("b", {}, name), make("span", {}, ` ${note}`)];
  if (number === null) {
    return make("figure", { class: "array" }, make("figcaption", {}, title),
      make("p", { class: "summary" }, say("The tape did not keep this value.")));
  }
  const array = story.arrays[number], { shape, rows, columns } = array, { height, width } = extents(shape);
  const cells = {}, body = make("tbody"), ranks = shape.length > 1;
  for (let r = 0; r < rows; r++) {
    const row = make("tr", {}, ranks ? make("th", { scope: "row" }, index(r, shape.slice(0, -1)).slice(1, -1)) : null);
    for (let c = 0; c < columns; c++) {
      const place = r * columns + c, cell = r * width + c;
      cells[cell] = drawCell(array, place, cell, name, options);
      row.append(cells[cell]);
    }
    if (columns < width) row.append(make("td", { class: "more", "aria-hidden": "true" }, "…"));
    body.append(row);
  }
  if (rows < height) body.append(make("tr", { "aria-hidden": "true" }, make("td", { class: "more" }, "⋮")));
  const head = shape.length && columns ? make("thead", {}, make("tr", {}, ranks ? make("td") : null,
    [...Array(columns).keys()].map((c) => make("th", { scope: "col" }, String(c))),
    columns < width ? make("td") : null)) : null;
  if (options.key) tables[options.key] = { name, shape, cells };
  return make("figure", { class: "array" },
    make("div", { class: "scroll" }, make("table", {}, make("caption", {}, title), head, body)),
    array.facts ? summary(array, height, width) : null);
}

// The rows and columns of the whole array: all axes but the last lie in its rows.
function extents(shape) {
  return { height: shape.slice(0, -1).reduce((a, b) => a * b, 1), width: shape.length ? shape[shape.length - 1] : 1 };
}

function drawCell(array, place, cell, name, options) {
  const heat = array.heat[place], hidden = options.hidden === cell;
  const text = hidden ? "?" : array.text[place];
  const attributes = {
    class: hidden ? "hidden" : heat === null ? "bad" : heat < 0 ? "negative" : "positive",
    style: hidden || heat === null ? false : `--heat: ${Math.abs(heat)}%`,
  };
  if (!options.asks) return make("td", attributes, text);
  return make("td", attributes, make("button", {
    type: "button", tabindex: place === 0 ? 0 : -1, "data-key": options.key, "data-cell": cell,
    "aria-label": `${name}${index(cell, array.shape)} = ${text}` }, text));
}

// What stands for the entries that are not shown.
function summary({ facts, shape, rows, columns }, height, width) {
  const parts = [];
  if (rows < height) parts.push(say("The first {shown} of {all} rows.", { shown: rows, all: height }));
  if (columns < width) {
    const values = { shown: columns, all: width };
    parts.push(shape.length === 1 ? say("The first {shown} of {all} entries.", values)
      : say("The first {shown} of {all} columns.", values));
  }
  if (facts.mean !== undefined) {
    const entries = facts.largest.map(([place, value]) => `${place} ${value}`).join(", ");
    parts.push(say("Of all: mean {mean}, norm {norm}, min {min}, max {max};", facts));
    parts.push(say("largest {entries}.", { entries }));
  }
  if (facts.bad) parts.push(say("Not finite: {count}.", { count: facts.bad }));
  return make("p", { class: "summary" }, parts.join(" "));
}

function valueTable(number, options) {
  const node = story.nodes[number];
  const kind = { variable: say("variable"), input: say("input"), constant: say("constant"), result: say("result") };
  const note = node.shape === null ? kind[node.kind] : `${kind[node.kind]} ${shapeOf(node.shape)}`;
  return table(node.value, node.name, note, options);
}

// A table of words and numbers: texts per column head, then a row header and texts per row.
function plainTable(style, caption, heads, rows, foot) {
  const head = make("tr", {}, heads.map((text) => make("th", { scope: "col" }, text)));
  const body = rows.map(([first, ...texts]) => make("tr", {}, make("th", { scope: "row" }, first),
    texts.map((text) => make("td", {}, text))));
  return make("div", { class: "scroll" }, make("table", { class: style }, make("caption", {}, caption),
    make("thead", {}, head), make("tbody", {}, body), foot ? make("tfoot", {}, foot) : null));
}
