// A table of numbers as colours, for example states over time.

import { readable, roundTicks } from "./dom.js";
import { SCALE_HEIGHT, beyond, colourAt, drawScale, fraction } from "./colour_scale.js";

const AXIS = 34;

const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

export function heatMap(panel) {
  const [rows, columns] = panel.shape;
  const ends = beyond(panel.value, panel.limits);
  const ticks = roundTicks(0, Math.max(1, columns - 1)).filter(({ value }) => Number.isInteger(value));
  const every = Math.ceil(rows / 14); // so many names fit beside the rows

  return {
    title: panel.title,
    basis: 300,
    height: (width) => clamp(rows * clamp(width / columns, 6, 24), 80, 320) + AXIS + SCALE_HEIGHT,

    draw(context, width, height, { frame, theme }) {
      context.font = theme.font(11);
      const left = 24 + Math.max(...panel.row_names.map((text) => context.measureText(text).width));
      const bottom = height - AXIS - SCALE_HEIGHT;
      const [w, h] = [(width - left) / columns, bottom / rows];
      for (let k = 0; k < rows * columns; k += 1) {
        const value = panel.value[frame * rows * columns + k];
        if (!Number.isFinite(value)) continue;
        const [row, column] = [Math.floor(k / columns), k % columns];
        // Whole pixels, so that no seam shows between two cells of one colour.
        const [x, y] = [Math.floor(left + column * w), Math.floor(row * h)];
        context.fillStyle = colourAt(panel.palette, fraction(value, panel.limits));
        context.fillRect(x, y, Math.ceil(left + (column + 1) * w) - x, Math.ceil((row + 1) * h) - y);
      }
      context.fillStyle = theme.faint;
      context.textBaseline = "middle";
      context.textAlign = "right";
      panel.row_names.forEach((text, row) => {
        if (row % every === 0) context.fillText(text, left - 6, (row + 0.5) * h);
      });
      context.textBaseline = "top";
      context.textAlign = "center";
      for (const { value, text } of ticks) {
        const half = context.measureText(text).width / 2;
        context.fillText(text, Math.min(left + (value + 0.5) * w, width - half), bottom + 5);
      }
      context.fillText(panel.x_label, (left + width) / 2, bottom + 19);
      context.save();
      context.translate(5, bottom / 2);
      context.rotate(-Math.PI / 2);
      context.textBaseline = "middle";
      context.fillText(panel.y_label, 0, 0);
      context.restore();
      drawScale(context, { x: left, y: bottom + AXIS, width: width - left, panel, ends, theme });
    },

    label: ({ frame, where }) => {
      const values = panel.value.subarray(frame * rows * columns, (frame + 1) * rows * columns);
      const peak = values.reduce((best, value, k) => (value > values[best] ? k : best), 0);
      const [row, column] = [Math.floor(peak / columns), peak % columns];
      const place = `${panel.y_label} ${panel.row_names[row]}, ${panel.x_label} ${column}`;
      return `${panel.title}, ${where}; largest, ${readable(values[peak])}, at ${place}.`;
    },
  };
}
