// A table of numbers as colours, for example states over time.

import { readable, roundTicks } from "./dom.js";
import { SCALE_HEIGHT, beyond, colourAt, drawScale, fraction } from "./colour_scale.js";

const AXIS = 34;

export function heatMap(panel) {
  const [rows, columns] = panel.shape;
  const ends = beyond(panel.value, panel.limits);
  const ticks = roundTicks(0, Math.max(1, columns - 1)).filter(({ value }) => Number.isInteger(value));
  const every = Math.ceil(rows / 14); // so many names fit beside the rows

  return {
    title: panel.title,
    basis: 300,
    height: (width) => Math.max(80, Math.min(320, rows * Math.max(6, Math.min(24, width / columns)))) + AXIS + SCALE_HEIGHT,

    draw(context, width, height, { frame, theme }) {
      context.font = theme.font(11);
      const left = 24 + Math.max(...panel.row_names.map((text) => context.measureText(text).width));
      const bottom = height - AXIS - SCALE_HEIGHT;
      const [w, h] = [(width - left) / columns, bottom / rows];
      for (let k = 0; k < rows * columns; k += 1) {
        const value = panel.value[frame * rows * columns + k];
        if (!Number.isFinite(value)) continue;
        const [x, y] = [left + (k % columns) * w, Math.floor(k / columns) * h];
        context.fillStyle = colourAt(panel.palette, fraction(value, panel.limits));
        context.fillRect(Math.floor(x), Math.floor(y), Math.ceil(x + w) - Math.floor(x), Math.ceil(y + h) - Math.floor(y));
      }
      context.fillStyle = theme.faint;
      context.textBaseline = "middle";
      context.textAlign = "right";
      panel.row_names.forEach((text, row) => {
        if (row % every === 0) context.fillText(text, left - 6, (row + 0.5) * h);
      });
      context.textBaseline = "top";
      context.textAlign = "center";
      for (const { value, text } of ticks) context.fillText(text, left + (value + 0.5) * w, bottom + 5);
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
      return `${panel.title}, ${where}; largest, ${readable(values[peak])}, at ${panel.y_label} ${panel.row_names[row]}, ${panel.x_label} ${column}.`;
    },
  };
}
