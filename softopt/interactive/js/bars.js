// Horizontal bars in one group or several side by side, of this frame, and of the selected state if asked.

import { readable } from "./dom.js";

const ROW = 26;
const HEADER = 22;
const NUMBER = 52; // room for the number beside a bar
const GAP = 16;

export function bars(panel, { name }) {
  const groups = Object.keys(panel.groups);
  const count = panel.names.length;

  function numbers(group, { frame, selected, nStates }) {
    const row = panel.by_state ? frame * nStates + selected : frame;
    return panel.groups[group].subarray(row * count, (row + 1) * count);
  }

  function drawGroup(context, group, values, x, width, colour, theme) {
    const [low, high] = panel.limits[group];
    const room = width - NUMBER;
    const toX = (value) => x + ((Math.min(high, Math.max(low, value)) - low) / (high - low)) * room;
    context.textBaseline = "middle";
    context.textAlign = "left";
    context.font = theme.font(11);
    context.fillStyle = theme.faint;
    context.fillText(group, x, HEADER / 2);
    const zero = Math.round(toX(0));
    values.forEach((value, k) => {
      const middle = HEADER + ROW * (k + 0.5);
      const unknown = Number.isNaN(value); // not known at this frame
      const forbidden = !unknown && !Number.isFinite(value);
      if (!forbidden && !unknown) {
        const end = toX(value);
        context.fillStyle = colour;
        context.fillRect(Math.min(zero, end), middle - 7, Math.max(1, Math.abs(end - zero)), 14);
      }
      context.fillStyle = theme.ink;
      context.textAlign = "right";
      const tiny = value !== 0 && Math.abs(value) < 1e-3 * (high - low);
      context.fillText(forbidden ? "forbidden" : tiny ? "≈ 0" : readable(value), x + width, middle);
    });
    context.fillStyle = theme.faint;
    context.fillRect(zero - 0.5, HEADER, 1, ROW * count);
  }

  return {
    title: panel.title,
    basis: 150 + 50 * groups.length,
    widest: 200 + 160 * groups.length,
    height: () => HEADER + ROW * count + 4,

    draw(context, width, height, state) {
      const { theme } = state;
      context.font = theme.font(12);
      const labels = 10 + Math.max(...panel.names.map((text) => context.measureText(text).width));
      const each = (width - labels - GAP * (groups.length - 1)) / groups.length;
      context.fillStyle = theme.ink;
      context.textAlign = "left";
      context.textBaseline = "middle";
      panel.names.forEach((text, k) => context.fillText(text, 0, HEADER + ROW * (k + 0.5)));
      groups.forEach((group, k) => {
        const x = labels + k * (each + GAP);
        drawGroup(context, group, numbers(group, state), x, each, theme.series[k % theme.series.length], theme);
      });
    },

    readout: (state) => (panel.by_state ? state.cell : ""),

    label(state) {
      const said = groups.map((group) => {
        const values = [...numbers(group, state)].map((value, k) => `${panel.names[k]} ${readable(value)}`);
        return `${group}: ${values.join(", ")}`;
      });
      return `${name}: ${panel.title}${panel.by_state ? ` of ${state.cell}` : ""}, ${state.where}. ${said.join("; ")}.`;
    },
  };
}
