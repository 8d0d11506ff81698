// A titled canvas that takes the width of its column and stays sharp on every screen.

import { element } from "./dom.js";

/** Make the figure of one panel. `view` knows its height for a width and how to draw itself. */
export function surface(view) {
  const canvas = element("canvas", { role: "img" });
  const readout = element("span", { class: "softopt-readout" });
  const caption = element("figcaption", {}, element("span", {}, view.title), readout);
  const figure = element("figure", { class: "softopt-panel" }, caption, ...legend(view.legend), canvas);
  figure.style.flex = `${view.basis} 1 ${view.basis}px`;
  figure.style.maxWidth = view.widest ? `${view.widest}px` : "100%";
  const context = canvas.getContext("2d");
  let width = 0;
  let height = 0;

  return {
    figure,
    canvas,

    /** Fit the canvas to its column. A figure that is hidden for a moment, as in a change of theme, keeps its size. */
    fit() {
      width = Math.floor(figure.clientWidth) || width;
      if (width === 0) return;
      height = Math.ceil(view.height(width));
      const scale = devicePixelRatio || 1;
      canvas.width = Math.round(width * scale);
      canvas.height = Math.round(height * scale);
      canvas.style.height = `${height}px`;
      context.setTransform(scale, 0, 0, scale, 0, 0);
    },

    /** Draw a frame, and say it in words. */
    draw(state) {
      if (width === 0) return;
      context.clearRect(0, 0, width, height);
      context.lineJoin = "round";
      view.draw(context, width, height, state);
      readout.textContent = view.readout ? view.readout(state) : "";
      canvas.setAttribute("aria-label", view.label(state));
    },
  };
}

/** Names of the curves beside their colours, wrapped where the column is narrow. */
function legend(names = []) {
  if (names.length === 0) return [];
  const items = names.map((name, k) => {
    const item = element("span", {}, name);
    item.style.setProperty("--softopt-swatch", `var(--softopt-series-${(k % 4) + 1})`);
    return item;
  });
  return [element("div", { class: "softopt-legend", "aria-hidden": "true" }, ...items)];
}
