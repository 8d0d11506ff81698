// A world in which the reader drags the agent. Networks came once; what they say of a place is computed here.
//
// The place and the agent that is shown live in the widget's model and are never saved to the kernel: every view of
// one widget follows them, and no message is sent.

import { actionSquareView } from "./action_square.js";
import { element, readTheme, watchTheme } from "./dom.js";
import { draggable } from "./drag.js";
import { actionSquare, levelHolding, pageAgent } from "./page_agent.js";
import { surface } from "./surface.js";
import { unpack } from "./unpack.js";
import { worldMap } from "./world_map.js";
import { worldSentence } from "./world_sentence.js";

const QUIET = 600; // ms without a move before a screen reader is told the finding
const KEY = "Drag the agent, or press the arrow keys in the world; Home goes back. Orange: the agent, and where draws "
  + "of its policy aim. Dashed: the square of actions. Blue: ways that the agent went.";
const GREEN = " The greener, the better it is to stand there.";

let count = 0; // each view has radio buttons of its own

function render({ model, el }) {
  const controller = new AbortController();
  const { signal } = controller;
  const spec = unpack(model);
  const { side, scene } = spec;
  const shapes = model.get("spec").agents.map(({ paths }) => paths?.shape);
  const agents = spec.agents.map((agent, k) => pageAgent(
    { ...agent, paths: agent.paths && { values: agent.paths, steps: shapes[k][1] } },
    spec.noise,
  ));
  const actions = actionSquare(side);
  const q = new Float32Array(side * side);

  const choice = agentChoice(agents, (index) => model.set("selected", index), signal);
  const sentence = element("p", { class: "softopt-sentence" });
  const spoken = element("p", { class: "softopt-spoken", role: "status" });
  const row = element("div", { class: "softopt-row" });
  const note = element("p", { class: "softopt-meaning" }, KEY + (scene.background ? GREEN : ""));
  const root = element("section", { class: "softopt softopt-world", "aria-label": spec.name });
  root.append(...choice.nodes, sentence, spoken, row, note);
  const views = [worldMap(spec), actionSquareView(spec)];
  const surfaces = views.map(surface);
  row.append(...surfaces.map(({ figure }) => figure));
  el.append(root);
  draggable(surfaces[0].canvas, {
    scene,
    start: spec.start,
    at: views[0].at,
    read: () => model.get("position"),
    move: (place) => model.set("position", place),
  }, signal);

  let theme;
  let quiet;

  /** All that is known of the place where the agent stands. */
  function look() {
    const position = model.get("position");
    const agent = agents[model.get("selected")];
    const seen = spec.matrix.map(([a, b], k) => a * position[0] + b * position[1] + spec.offset[k]);
    agent.q(seen, actions, q);
    const draws = agent.draw(seen);
    const low = q.reduce((least, value) => Math.min(least, value), Infinity);
    const high = q.reduce((most, value) => Math.max(most, value), -Infinity);
    const level = agent.temperature ? levelHolding(q, side, agent.temperature, spec.share) : null;
    const values = level === null ? null : agent.q(seen, draws, new Float32Array(draws.length / 2));
    const inside = values && values.filter((value) => value >= level).length;
    return { position, agent, q, draws, low, high, level, inside };
  }

  function draw() {
    const state = { ...look(), theme };
    choice.show(model.get("selected"));
    sentence.textContent = worldSentence(state, spec);
    for (const each of surfaces) each.draw(state);
    root.dataset.place = state.position.join(" ");
    root.dataset.q = `${state.low} ${state.high}`;
  }

  function moved() {
    draw();
    clearTimeout(quiet);
    quiet = setTimeout(() => { spoken.textContent = sentence.textContent; }, QUIET);
  }

  function fit() {
    theme = readTheme(root); // only now is the element in the page, where it has a style
    for (const each of surfaces) each.fit();
    draw();
  }

  const observer = new ResizeObserver(fit);
  observer.observe(root);
  addEventListener("resize", fit, { signal });
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

/** Radio buttons, one an agent; none where there is but one. */
function agentChoice(agents, chosen, signal) {
  const group = `softopt-agents-${(count += 1)}`;
  const inputs = agents.map((_, index) => {
    const input = element("input", { type: "radio", name: group, "data-lm-suppress-shortcuts": "true" });
    input.addEventListener("change", () => chosen(index), { signal });
    return input;
  });
  const labels = inputs.map((input, k) => element("label", {}, input, agents[k].name));
  const fieldset = element("fieldset", { class: "softopt-agents" }, element("legend", {}, "Agent"), ...labels);
  return {
    nodes: agents.length > 1 ? [fieldset] : [],
    show(index) {
      inputs.forEach((input, k) => { input.checked = k === index; });
    },
  };
}

export default { render };
