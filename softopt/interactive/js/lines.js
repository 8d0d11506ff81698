// Curves against a slider with a marker that follows it, or curves over x that change at every frame.

import { readable, roundTicks, ticksBelow } from "./dom.js";

const MARGIN = { top: 8, right: 10, bottom: 34 };

export function lines(panel, { sliders }) {
  const names = Object.keys(panel.curves);
  const follows = panel.x !== null; // curves of this frame alone
  const slider = follows ? null : sliders[panel.along];
  const xs = follows ? panel.x : slider.positions;
  const far = (k) => !follows && k > 0 && k < xs.length && xs[k] - xs[k - 1] > 1.5;
  const xTicks = follows
    ? roundTicks(xs[0], xs[xs.length - 1]).map(({ value, text }) => [value, text])
    : slider.ticks;
  const warp = panel.logarithmic ? Math.log10 : (value) => value;
  const [low, high] = panel.limits.map(warp);
  const pad = 0.04 * (high - low);
  const yTicks = panel.logarithmic
    ? decades(low, high)
    : roundTicks(low, high).map(({ value, text }) => ({ at: value, text }));

  /** The numbers of one curve, in the order of xs. */
  function along(name, { frame, position }) {
    const values = panel.curves[name];
    if (follows) return values.subarray(frame * xs.length, (frame + 1) * xs.length);
    if (sliders.length === 1) return values;
    const columns = sliders[1].labels.length;
    if (panel.along === 1) return values.subarray(position[0] * columns, (position[0] + 1) * columns);
    return xs.map((_, k) => values[k * columns + position[1]]);
  }

  function drawAxes(context, left, width, height, toX, toY, theme) {
    const bottom = height - MARGIN.bottom;
    context.font = theme.font(11);
    context.fillStyle = theme.faint;
    context.strokeStyle = theme.rule;
    context.lineWidth = 1;
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const { at, text } of yTicks) {
      const y = Math.round(toY(at)) + 0.5;
      context.beginPath();
      context.moveTo(left, y);
      context.lineTo(width - MARGIN.right, y);
      context.stroke();
      context.fillText(text, left - 6, y);
    }
    ticksBelow(context, xTicks, toX, bottom);
    context.fillText(panel.x_label || slider?.name || "", (left + width - MARGIN.right) / 2, bottom + 19);
  }

  // A long step leads to a limit, 0 or inf, that no logarithmic axis reaches: dotted.
  function drawCurve(context, values, toX, toY, colour) {
    context.strokeStyle = colour;
    context.fillStyle = colour;
    context.lineWidth = 2;
    for (let k = 0; k < xs.length; k += 1) {
      if (!Number.isFinite(warp(values[k]))) continue;
      const [x, y] = [toX(xs[k]), toY(warp(values[k]))];
      const joined = k > 0 && Number.isFinite(warp(values[k - 1]));
      if (joined) {
        context.setLineDash(far(k) ? [2, 3] : []);
        context.beginPath();
        context.moveTo(toX(xs[k - 1]), toY(warp(values[k - 1])));
        context.lineTo(x, y);
        context.stroke();
      }
      const atLimit = (k === 0 && far(1)) || (k === xs.length - 1 && far(k));
      const alone = !joined && !(k + 1 < xs.length && Number.isFinite(warp(values[k + 1])));
      if (atLimit || alone) {
        context.beginPath();
        context.arc(x, y, 2.5, 0, 2 * Math.PI);
        context.fill();
      }
    }
    context.setLineDash([]);
  }

  function drawMarker(context, state, toX, toY, height, colours) {
    const index = state.position[panel.along];
    const x = toX(xs[index]);
    context.strokeStyle = state.theme.faint;
    context.lineWidth = 1;
    context.beginPath();
    context.moveTo(x, MARGIN.top);
    context.lineTo(x, height - MARGIN.bottom);
    context.stroke();
    names.forEach((name, k) => {
      const value = warp(along(name, state)[index]);
      if (!Number.isFinite(value)) return;
      context.fillStyle = colours[k];
      context.strokeStyle = state.theme.paper;
      context.lineWidth = 1.5;
      context.beginPath();
      if (value > high + pad) pointer(context, x, MARGIN.top, 1);
      else if (value < low - pad) pointer(context, x, height - MARGIN.bottom, -1);
      else context.arc(x, toY(value), 5, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    });
  }

  return {
    title: panel.title,
    legend: names.length > 1 ? names : [],
    steady: !follows,
    basis: 230,
    height: (width) => Math.max(150, Math.min(230, width * 0.58)),

    draw(context, width, height, state) {
      const { theme } = state;
      context.font = theme.font(11);
      const left = 10 + Math.max(...yTicks.map(({ text }) => context.measureText(text).width));
      const [first, last] = [xs[0], xs[xs.length - 1]];
      const toX = (x) => left + 6 + ((x - first) / (last - first)) * (width - left - 6 - MARGIN.right - 6);
      const floor = height - MARGIN.bottom;
      const toY = (y) => floor - ((y - low + pad) / (high - low + 2 * pad)) * (floor - MARGIN.top);
      const colours = names.map((_, k) => theme.series[k % theme.series.length]);
      drawAxes(context, left, width, height, toX, toY, theme);
      context.save();
      context.beginPath();
      context.rect(left, 0, width - left, floor + 1);
      context.clip();
      names.forEach((name, k) => drawCurve(context, along(name, state), toX, toY, colours[k]));
      if (!follows) drawMarker(context, state, toX, toY, height, colours);
      context.restore();
    },

    readout(state) {
      if (follows || names.length > 1) return "";
      return readable(along(names[0], state)[state.position[panel.along]]);
    },

    label(state) {
      if (follows) return `${panel.title}, ${state.where}.`;
      const index = state.position[panel.along];
      const said = names.map((name) => `${name} ${readable(along(name, state)[index])}`).join(", ");
      return `${panel.title} against ${slider.name}; ${state.where}: ${said}.`;
    },
  };
}

// A marker at the edge, for a value that lies beyond it.
function pointer(context, x, edge, up) {
  context.moveTo(x, edge + up);
  context.lineTo(x - 6, edge + 10 * up);
  context.lineTo(x + 6, edge + 10 * up);
  context.closePath();
}

function decades(low, high) {
  const ticks = [];
  const step = Math.max(1, Math.ceil((high - low) / 5));
  const few = high - low < 1.5; // hardly a decade needs numbers in between
  const marks = few ? [1, 2, 5] : [1];
  for (let k = few ? Math.floor(low) : Math.ceil(low - 1e-9); k <= high + 1e-9; k += step) {
    for (const mark of marks) {
      const at = k + Math.log10(mark);
      const text = k < -3 || k > 4 ? `${mark}e${k}`.replace("-", "−") : String(Number(`${mark}e${k}`));
      if (at >= low - 1e-9 && at <= high + 1e-9) ticks.push({ at, text });
    }
  }
  return ticks;
}
