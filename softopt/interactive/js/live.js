// The live figure: one panel for each logged quantity, redrawn in place whenever the kernel sends new numbers.
//
// Point at a panel, or walk to it with the tab key, and the line below says what the quantity is, with its formula.

import { element, readable, readTheme, watchTheme } from "./dom.js";
import { lines } from "./lines.js";
import { surface } from "./surface.js";

const HINT = "Point at a panel, or walk there with the tab key, to read what it shows.";

function render({ model, el }) {
  const controller = new AbortController();
  const { signal } = controller;
  const spec = model.get("spec");
  const sentence = element("p", { class: "softopt-sentence" });
  const spoken = element("p", { class: "softopt-spoken", role: "status" });
  const meaning = element("p", { class: "softopt-meaning" }, HINT);
  const row = element("div", { class: "softopt-row" });
  const root = element("section", { class: "softopt", "aria-label": spec.name });
  root.append(sentence, spoken, row, meaning);
  el.append(root);

  const panels = spec.panels.map((panel) => {
    const view = growing(panel, spec, () => model.get("curves")[panel.title]);
    const made = surface(view);
    const { figure } = made;
    figure.tabIndex = 0;
    figure.classList.add("softopt-explained");
    figure.setAttribute("data-lm-suppress-shortcuts", "true");
    const tell = () => { meaning.textContent = `${panel.title}: ${panel.formula}`; };
    figure.addEventListener("mouseenter", tell, { signal });
    figure.addEventListener("focus", tell, { signal });
    row.append(figure);
    return made;
  });

  let theme;

  function draw() {
    sentence.textContent = model.get("sentence");
    for (const panel of panels) panel.draw({ theme, frame: 0, position: [0], where: model.get("sentence") });
    root.dataset.frame = String(model.get("step"));
  }

  function said() {
    if (model.get("over")) spoken.textContent = model.get("sentence"); // once, at the end
    draw();
  }

  function fit() {
    theme = readTheme(root);
    for (const panel of panels) panel.fit();
    draw();
  }

  const observer = new ResizeObserver(fit);
  observer.observe(root);
  addEventListener("resize", fit, { signal });
  watchTheme(fit, signal);
  model.on("change:step", said);
  model.on("change:over", said);

  return () => {
    controller.abort();
    observer.disconnect();
    model.off("change:step", said);
    model.off("change:over", said);
  };
}

/** A panel whose curves grow: the axes are those of the numbers that there are, along x all that are to come. */
function growing(panel, { first, steps }, read) {
  const names = panel.curves;
  const unit = steps < 20_000 ? 1 : 1000; // long numbers would run into each other
  let view;

  function renew() {
    const { x, values } = read() ?? { x: [], values: names.map(() => []) };
    const filled = values.map((curve) => Float32Array.from(curve, (value) => value ?? NaN));
    const finite = filled.flatMap((curve) => [...curve]).filter(Number.isFinite);
    const [low, high] = finite.length ? [Math.min(...finite), Math.max(...finite)] : [0, 1];
    const spread = high - low > 1e-9 * Math.max(1, Math.abs(low)) ? 0 : 0.5 * Math.abs(low) || 0.5;
    // The first and the last step belong to the axis, numbers or not.
    const curves = Object.fromEntries(names.map((name, k) => [name, Float32Array.of(NaN, ...filled[k], NaN)]));
    view = lines({
      title: panel.title,
      curves,
      x: [first, ...x, steps].map((step) => step / unit),
      x_label: unit === 1 ? "environment step" : "environment steps (thousands)",
      limits: [low - spread, high + spread],
      logarithmic: false,
    }, { sliders: [] });
    return filled;
  }

  renew();
  return {
    title: panel.title,
    legend: names.length > 1 ? names : [],
    steady: true,
    basis: 230,
    height: view.height,
    draw(context, width, height, state) {
      renew();
      view.draw(context, width, height, state);
    },
    readout() {
      const last = renew().map((curve) => curve.filter(Number.isFinite).at(-1));
      return last[0] === undefined ? "" : readable(last[0]);
    },
    label: ({ where }) => `${panel.title}, ${panel.formula}. ${where}`,
  };
}

export default { render };
