// The running numbers under a view: time, speed, return so far.

import { element, readable } from "./dom.js";
import { frameAt } from "./pose.js";

/** The numbers of one rollout; `named` writes its title before them, where several share a picture. */
export function figures(rollout, index, named) {
  const digits = rollout.dt < 0.01 ? 3 : 2;
  const entries = [["time", (frame) => `${((frame + 1) * rollout.dt).toFixed(digits)} s`]];
  if (rollout.speed) entries.push(["speed", (frame) => `${fixed(rollout.speed[frame], 2)} m/s`]);
  if (rollout.returns) entries.push(["return so far", (frame) => fixed(rollout.returns[frame], 1)]);
  const node = element("div", { class: "softopt-figures", "aria-hidden": "true" }); // the sentence says the same
  if (named) node.append(titled(rollout, index));
  const values = entries.map(([name]) => {
    const value = element("b", {});
    node.append(element("div", {}, name, value));
    return value;
  });

  return {
    node,
    show(time) {
      const frame = frameAt(rollout, time);
      entries.forEach(([, write], k) => { values[k].textContent = write(frame); });
    },
  };
}

/** The title of a rollout with the colour of its body before it. */
export function titled({ title, subtitle }, index) {
  const node = element("span", { class: "softopt-titled" }, title, element("small", {}, subtitle));
  node.style.setProperty("--softopt-swatch", `var(--softopt-series-${(index % 4) + 1})`);
  return node;
}

function fixed(value, digits) {
  return Number.isFinite(value) ? value.toFixed(digits).replace("-", "−") : readable(value);
}
