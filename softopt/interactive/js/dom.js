// Elements, numbers and colours of the page: the small things that every other module uses.

/** Make an element with attributes and children; a child may be text. */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

/** Write a number for a reader: three digits, no exponent where it can be avoided, a true minus sign. */
export function readable(value) {
  if (Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "−∞";
  const size = Math.abs(value);
  let text;
  if (size === 0) text = "0";
  else if (size < 1e-4 || size >= 1e7) text = value.toExponential(2);
  else text = size < 1000 ? value.toPrecision(3) : value.toFixed(0);
  return text.replaceAll("-", "−");
}

/** A few round numbers between two ends. */
export function roundTicks(low, high, about = 4) {
  const rough = (high - low) / about;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((s) => s >= rough * 0.8);
  const ticks = [];
  for (let k = Math.ceil(low / step - 1e-9); k * step <= high + step * 1e-9; k += 1) ticks.push(k * step);
  return ticks.map((tick) => ({ value: tick, text: String(Number(tick.toPrecision(6))).replace("-", "−") }));
}

/** Draw marks and texts below a horizontal axis, from pairs [value, text], in the colours that the context has. */
export function ticksBelow(context, ticks, toX, bottom) {
  context.textAlign = "center";
  context.textBaseline = "top";
  for (const [value, text] of ticks) {
    const x = Math.round(toX(value)) + 0.5;
    context.beginPath();
    context.moveTo(x, bottom);
    context.lineTo(x, bottom + 4);
    context.stroke();
    context.fillText(text, x, bottom + 5);
  }
}

/** Colours and font of the page as it looks now; the style sheet follows the notebook's theme. */
export function readTheme(root) {
  const style = getComputedStyle(root);
  const read = (name) => style.getPropertyValue(`--softopt-${name}`).trim();
  return {
    ink: read("ink"),
    faint: read("faint"),
    rule: read("rule"),
    wall: read("wall"),
    paper: read("paper"),
    focus: read("focus"),
    series: [1, 2, 3, 4].map((k) => read(`series-${k}`)),
    font: (size, weight = 400) => `${weight} ${size}px ${style.fontFamily}`,
  };
}

/** Call `changed` when the notebook or the system switches between light and dark. */
export function watchTheme(changed, signal) {
  const observer = new MutationObserver(changed);
  const attributeFilter = ["data-jp-theme-light", "data-jp-theme-name", "class"];
  observer.observe(document.body, { attributes: true, attributeFilter });
  signal.addEventListener("abort", () => observer.disconnect());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", changed, { signal });
}
