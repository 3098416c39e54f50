// What all parts of the page use: the story, the words, elements.
"use strict";

const story = JSON.parse(document.getElementById("story").textContent);
let lang = document.documentElement.lang;

// A sentence in the chosen language; one that the table lacks is an error in both.
function say(template, values = {}) {
  const korean = story.korean[template];
  if (korean === undefined) throw new Error(`no Korean for: ${template}`);
  return (lang === "ko" ? korean : template).replace(/\{(\w+)\}/g, (_, name) => values[name]);
}

function formula(text) {
  return lang === "ko" ? story.formulas[text] ?? text : text;
}

// An element; attributes that are false or undefined are left away, children that are null too.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== false && value !== undefined) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined));
  return element;
}

// The place of an entry as Python writes it: [1, 0], or nothing for a scalar.
function index(cell, shape) {
  const places = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    places.unshift(cell % shape[axis]);
    cell = Math.floor(cell / shape[axis]);
  }
  return shape.length ? `[${places.join(", ")}]` : "";
}

function shapeOf(shape) {
  return `(${shape.join(", ")}${shape.length === 1 ? "," : ""})`;
}

// ∂loss/∂W; where the target is no scalar, its sum is meant.
function slopeName(node) {
  return `∂${story.summed ? "Σ" : ""}${story.nodes[story.target].name}/∂${node.name}`;
}
