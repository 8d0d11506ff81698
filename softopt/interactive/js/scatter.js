// Points in a rectangle over a map of colours: where draws are, and where the density is that they should follow.

import { readable, roundTicks, ticksBelow } from "./dom.js";
import { SCALE_HEIGHT, beyond, colourAt, drawScale, fraction } from "./colour_scale.js";

const RIM = { top: 4, right: 8, bottom: 36 };
const HIGHEST = 340; // of the rectangle, in pixels

export function scatter(panel) {
  const [rows, columns] = panel.shape;
  const [left, right, low, high] = panel.extent;
  const ends = beyond(panel.value, panel.limits);
  const yTicks = roundTicks(low, high);
  const xTicks = roundTicks(left, right).map(({ value, text }) => [value, text]);
  const radius = panel.count > 150 ? 2.5 : 4;

  const inside = (x, y) => x >= left && x <= right && y >= low && y <= high;

  /** The points of one frame, as pairs. */
  function pointsAt(frame) {
    const numbers = panel.points.subarray(frame * panel.count * 2, (frame + 1) * panel.count * 2);
    return Array.from({ length: panel.count }, (_, k) => [numbers[2 * k], numbers[2 * k + 1]]);
  }

  function drawMap(context, frame, toX, toY) {
    const from = panel.moving ? frame * rows * columns : 0;
    const [w, h] = [(right - left) / columns, (high - low) / rows];
    for (let k = 0; k < rows * columns; k += 1) {
      const value = panel.value[from + k];
      if (!Number.isFinite(value)) continue;
      const [row, column] = [Math.floor(k / columns), k % columns];
      // Whole pixels, so that no seam shows between two cells of one colour.
      const [x, y] = [Math.floor(toX(left + column * w)), Math.floor(toY(low + (row + 1) * h))];
      context.fillStyle = colourAt(panel.palette, fraction(value, panel.limits));
      context.fillRect(x, y, Math.ceil(toX(left + (column + 1) * w)) - x, Math.ceil(toY(low + row * h)) - y);
    }
  }

  function drawAxes(context, { edge, width, bottom, toX, toY, theme }) {
    context.font = theme.font(11);
    context.fillStyle = theme.faint;
    context.strokeStyle = theme.faint;
    context.lineWidth = 1;
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const { value, text } of yTicks) context.fillText(text, edge - 6, toY(value));
    ticksBelow(context, xTicks, toX, bottom);
    context.fillText(panel.x_label, edge + width / 2, bottom + 20);
    context.save();
    context.translate(6, (RIM.top + bottom) / 2);
    context.rotate(-Math.PI / 2);
    context.textBaseline = "middle";
    context.fillText(panel.y_label, 0, 0);
    context.restore();
  }

  const room = (width) => width - 46 - RIM.right;
  // As wide as it is high in its own units, unless that would be too high for a page.
  const rise = (width) => Math.min(HIGHEST, (room(width) * (high - low)) / (right - left));

  return {
    title: panel.title,
    basis: 300,
    height: (width) => RIM.top + rise(width) + RIM.bottom + SCALE_HEIGHT,

    draw(context, fullWidth, height, { frame, theme }) {
      const edge = 46;
      const up = rise(fullWidth);
      const width = Math.min(room(fullWidth), (up * (right - left)) / (high - low));
      const bottom = RIM.top + up;
      const toX = (x) => edge + ((x - left) / (right - left)) * width;
      const toY = (y) => bottom - ((y - low) / (high - low)) * up;
      drawMap(context, frame, toX, toY);
      drawAxes(context, { edge, width, bottom, toX, toY, theme });
      context.fillStyle = theme.focus;
      context.strokeStyle = theme.paper;
      context.lineWidth = 1.25;
      for (const [x, y] of pointsAt(frame)) {
        if (!inside(x, y)) continue;
        context.beginPath();
        context.arc(toX(x), toY(y), radius, 0, 2 * Math.PI);
        context.fill();
        context.stroke();
      }
      drawScale(context, { x: edge, y: bottom + RIM.bottom, width, panel, ends, theme });
    },

    label({ frame, where }) {
      const points = pointsAt(frame).filter(([x, y]) => inside(x, y));
      const span = (values) => `from ${readable(Math.min(...values))} to ${readable(Math.max(...values))}`;
      const said = points.length
        ? `; ${panel.x_label} ${span(points.map(([x]) => x))}, ${panel.y_label} ${span(points.map(([, y]) => y))}`
        : "";
      return `${panel.title}, ${where}; ${points.length} of ${panel.count} points in view${said}.`;
    },
  };
}
