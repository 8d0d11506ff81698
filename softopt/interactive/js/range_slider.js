// A native range input that carries an index, with the value it stands for beside it.

import { element } from "./dom.js";

let count = 0; // each view has inputs of its own, and each label needs its input's id

export function rangeSlider(slider, moved, signal) {
  const id = `softopt-slider-${(count += 1)}`;
  const last = slider.labels.length - 1;
  const input = element("input", {
    id,
    type: "range",
    min: 0,
    max: last,
    step: 1,
    "aria-label": slider.name,
    // Without this the notebook takes the arrow keys for itself.
    "data-lm-suppress-shortcuts": "true",
  });
  const output = element("output", { for: id });
  output.style.minWidth = `${Math.max(...slider.labels.map((text) => text.length)) + 1}ch`; // its longest text
  const label = element("label", { for: id }, slider.name);
  const node = element("div", { class: "softopt-slider" }, label, input, output);
  input.addEventListener("input", () => moved(Number(input.value)), { signal });

  return {
    node,
    show(index) {
      input.value = String(index);
      input.setAttribute("aria-valuetext", `${slider.name} ${slider.labels[index]}`);
      output.textContent = slider.labels[index];
    },
  };
}
