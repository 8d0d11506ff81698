// The explorer: sliders above, one live sentence, and rows of panels that draw the frame the sliders point at.
//
// Position and selected state live in the widget's model and are never saved to the kernel: every view of one
// widget follows them, and no message is sent.

import { bars } from "./bars.js";
import { element, readTheme, watchTheme } from "./dom.js";
import { gridMap } from "./grid_map.js";
import { heatMap } from "./heat_map.js";
import { lines } from "./lines.js";
import { rangeSlider } from "./range_slider.js";
import { scatter } from "./scatter.js";
import { surface } from "./surface.js";
import { unpack } from "./unpack.js";

const PANELS = { GridMap: gridMap, HeatMap: heatMap, Scatter: scatter, Lines: lines, Bars: bars };
const KEYS = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
const QUIET = 600; // ms without a move before a screen reader is told the finding

function render({ model, el }) {
  const controller = new AbortController();
  const { signal } = controller;
  const spec = unpack(model);
  const grid = spec.rows.flat().find((panel) => panel.kind === "GridMap");
  const bySelection = spec.rows.flat().some((panel) => panel.by_state);

  const sliders = spec.sliders.map((slider, k) => rangeSlider(slider, (index) => {
    model.set("position", model.get("position").map((old, j) => (j === k ? index : old)));
  }, signal));
  const sentence = element("p", { class: "softopt-sentence" });
  const spoken = element("p", { class: "softopt-spoken", role: "status" });
  const message = element("div", { class: "softopt-message", hidden: "" });
  const root = element("section", { class: "softopt", "aria-label": spec.name });
  root.append(element("div", { class: "softopt-sliders" }, ...sliders.map(({ node }) => node)), sentence, spoken);

  const surfaces = [];
  const fading = []; // figures that have nothing to show where a frame is missing
  for (const row of spec.rows) {
    const node = element("div", { class: "softopt-row" });
    for (const panel of row) {
      const view = PANELS[panel.kind](panel, spec);
      const made = surface(view);
      surfaces.push(made);
      node.append(made.figure);
      if (!view.steady) fading.push(made.figure);
      if (view.pick && bySelection) listenForCells(made.canvas, view);
    }
    if (node.contains(fading[0]) && !message.isConnected && !message.parentNode) node.append(message);
    root.append(node);
  }
  el.append(root);

  function listenForCells(canvas, view) {
    canvas.tabIndex = 0;
    canvas.classList.add("softopt-selectable");
    canvas.setAttribute("data-lm-suppress-shortcuts", "true");
    canvas.addEventListener("click", (event) => {
      const state = view.pick(event.offsetX, event.offsetY);
      if (state !== undefined) model.set("selected", state);
    }, { signal });
    canvas.addEventListener("keydown", (event) => {
      const step = KEYS[event.key];
      if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
      event.preventDefault();
      event.stopPropagation();
      model.set("selected", view.step(model.get("selected"), ...step));
    }, { signal });
  }

  let theme;
  let quiet;

  function draw() {
    const position = model.get("position");
    const selected = model.get("selected");
    const frame = position.reduce((sum, index, k) => sum * spec.sliders[k].labels.length + index, 0);
    const where = spec.sliders.map(({ name, labels }, k) => `${name} ${labels[position[k]]}`).join(", ");
    const failure = spec.messages[frame];
    const [row, column] = grid?.cells[selected] ?? [0, 0];
    const state = {
      frame,
      position,
      selected,
      where,
      theme,
      selectable: bySelection,
      nStates: grid?.cells.length,
      cell: `row ${row + 1}, column ${column + 1}`,
    };
    position.forEach((index, k) => sliders[k].show(index));
    message.hidden = failure === "";
    message.textContent = failure;
    for (const figure of fading) figure.classList.toggle("softopt-absent", failure !== "");
    sentence.textContent = failure ? `Nothing to draw at ${where}.` : spec.sentences[frame];
    for (const each of surfaces) each.draw(state);
    root.dataset.frame = String(frame);
  }

  function moved() {
    draw();
    clearTimeout(quiet);
    quiet = setTimeout(() => {
      spoken.textContent = `${sentence.textContent} ${message.textContent}`.trim();
    }, QUIET);
  }

  function fit() {
    theme = readTheme(root); // only now is the element in the page, where it has a style
    for (const each of surfaces) each.fit();
    draw();
  }

  const observer = new ResizeObserver(fit);
  observer.observe(root);
  addEventListener("resize", fit, { signal }); // zooming changes the pixel ratio, not always the width
  watchTheme(fit, signal);
  model.on("change:position", moved);
  model.on("change:selected", moved);

  return () => {
    controller.abort();
    observer.disconnect();
    clearTimeout(quiet);
    model.off("change:position", moved);
    model.off("change:selected", moved);
  };
}

export default { render };
