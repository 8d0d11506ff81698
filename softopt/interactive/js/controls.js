// The row of controls of a player: play, pace, view, and whether the camera follows.

import { element } from "./dom.js";

const OURS = { "data-lm-suppress-shortcuts": "true" }; // keys pressed here are not the notebook's
const RATES = [0.1, 0.25, 0.5, 1, 2];
const VIEW_NAMES = { angle: "from an angle", side: "from the side", above: "from above" };

export function controls({ toggled, paced, viewed, followed }, { view, follow }, signal) {
  const play = element("button", { type: "button", class: "softopt-play", ...OURS }, "Play");
  const pace = choice("Pace", RATES.map((rate) => [String(rate), `${rate} ×`]), "1");
  const from = choice("View", Object.entries(VIEW_NAMES), view);
  from.select.append(element("option", { value: "", hidden: "" }, "turned by hand"));
  const box = element("input", { type: "checkbox", ...OURS });
  box.checked = follow;

  play.addEventListener("click", toggled, { signal });
  pace.select.addEventListener("change", () => paced(Number(pace.select.value)), { signal });
  from.select.addEventListener("change", () => viewed(from.select.value), { signal });
  box.addEventListener("change", () => followed(box.checked), { signal });
  const follows = element("label", { class: "softopt-choice" }, box, "Follow the body");

  return {
    node: element("div", { class: "softopt-controls" }, play, pace.node, from.node, follows),

    show(playing, viewName) {
      play.textContent = playing ? "Pause" : "Play";
      play.classList.toggle("softopt-playing", playing);
      from.select.value = viewName;
    },

    /** What turns the camera is of no use where the body is drawn flat. */
    flat() {
      from.node.remove();
    },
  };
}

function choice(name, options, chosen) {
  const select = element("select", OURS, ...options.map(([value, text]) => element("option", { value }, text)));
  select.value = chosen;
  return { select, node: element("label", { class: "softopt-choice" }, name, select) };
}
