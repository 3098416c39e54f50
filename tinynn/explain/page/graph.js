// The graph: what has been computed, where the gradient flows, how large it is drawn.

const viewport = document.getElementById("viewport");
const graph = document.getElementById("graph");
const natural = { width: Number(graph.getAttribute("width")), height: Number(graph.getAttribute("height")) };
const ops = [...graph.querySelectorAll(".op")];
const leaves = [...graph.querySelectorAll(".leaf")];
const edges = [...graph.querySelectorAll(".edge")];
let scale = 1;

// The nodes whose gradient has begun to arrive when the page stands where it does.
function arrivedNodes() {
  const passed = moments.slice(0, at + 1).filter((moment) => moment.way === "backward");
  const nodes = new Set(passed.flatMap((moment) => moment.pulls.map((pull) => pull.node)));
  if (passed.length || moments[at].way === "end") nodes.add(story.target);
  return nodes;
}

function drawGraph() {
  const moment = moments[at], back = moment.way === "backward", finished = back || moment.way === "end";
  const reached = finished ? Infinity : moment.way === "start" ? -1 : moment.step;
  const arrived = arrivedNodes();
  const pulled = new Set(moments.slice(0, at + 1).filter((m) => m.way === "backward")
    .flatMap((m) => m.pulls.map((pull) => `${m.step}:${pull.input}`)));
  for (const op of ops) {
    const step = Number(op.dataset.step);
    op.classList.toggle("now", step === moment.step);
    op.classList.toggle("todo", step > reached);
    op.classList.toggle("has-slope", story.steps[step].outputs.some((node) => arrived.has(node)));
  }
  for (const leaf of leaves) leaf.classList.toggle("has-slope", arrived.has(Number(leaf.dataset.node)));
  for (const edge of edges) {
    const step = Number(edge.dataset.step), here = edge.dataset.step !== "" && step === moment.step;
    const flowed = pulled.has(`${edge.dataset.step}:${edge.dataset.input}`);
    edge.classList.toggle("forward", here && moment.way === "forward");
    edge.classList.toggle("back", here && back && flowed);
    edge.classList.toggle("flowed", flowed && !here);
    edge.classList.toggle("todo", step > reached);
  }
  follow();
}

// Brings the op of the moment into the middle of the viewport, at once where motion is not wanted or would take long.
function follow(atOnce = matchMedia("(prefers-reduced-motion: reduce)").matches) {
  const box = graph.querySelector(".op.now rect")?.getBBox(), view = graph.viewBox.baseVal;
  const left = box ? (box.x + box.width / 2 - view.x) * scale - viewport.clientWidth / 2 : 0;
  const top = box ? (box.y + box.height / 2 - view.y) * scale - viewport.clientHeight / 2 : viewport.scrollTop;
  const far = Math.abs(left - viewport.scrollLeft) > 3 * viewport.clientWidth;
  viewport.scrollTo({ left, top, behavior: atOnce || far ? "instant" : "smooth" });
}

function zoom(factor) {
  scale = Math.max(0.05, Math.min(2.5, factor));
  graph.style.width = `${natural.width * scale}px`;
  graph.style.height = `${natural.height * scale}px`;
}

function fitting() {
  return Math.max(0.3, Math.min(viewport.clientWidth / natural.width, 0.7 * innerHeight / natural.height));
}

function listenToGraph() {
  zoom(Math.min(1.1, Math.max(0.8, fitting())));
  const press = (id, factor) => document.getElementById(id).addEventListener("click", () => {
    zoom(factor());
    follow(true);
  });
  press("smaller", () => scale / 1.25);
  press("larger", () => scale * 1.25);
  press("fit", () => Math.min(1.1, fitting()));
  for (const op of ops) {
    op.addEventListener("click", () => {
      const way = ["backward", "end"].includes(moments[at].way) ? "backward" : "forward";
      const step = Number(op.dataset.step);
      const found = moments.findIndex((moment) => moment.way === way && moment.step === step);
      go(found >= 0 ? found : moments.findIndex((moment) => moment.step === step));
    });
  }
}
