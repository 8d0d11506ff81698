// Points in a rectangle over a map of colours: where draws are, and where the density is that they should follow.

import { element, readable, roundTicks, ticksBelow } from "./dom.js";
import { SCALE_HEIGHT, beyond, colourAt, drawScale, fraction, redGreenBlue } from "./colour_scale.js";
import { nodes } from "./contours.js";

const RIM = { top: 4, right: 8, bottom: 36 };
const HIGHEST = 340; // of the rectangle, in pixels
const NOTHING = [0, 0, 0, 0];

export function scatter(panel) {
  const [rows, columns] = panel.shape;
  const [left, right, low, high] = panel.extent;
  const ends = beyond(panel.value, panel.limits);
  const colours = panel.palette.map((colour) => [...redGreenBlue(colour), 255]);
  const yTicks = roundTicks(low, high);
  const xTicks = roundTicks(left, right).map(({ value, text }) => [value, text]);
  const radius = panel.count > 150 ? 2.5 : 4;
  const map = element("canvas");
  const dot = element("canvas");
  const side = 2 * radius + 3; // of the square in which a dot is drawn
  let dotted = ""; // theme and sharpness of the dot

  const inside = (x, y) => x >= left && x <= right && y >= low && y <= high;

  /** The points of one frame, as pairs. */
  function pointsAt(frame) {
    const numbers = panel.points.subarray(frame * panel.count * 2, (frame + 1) * panel.count * 2);
    return Array.from({ length: panel.count }, (_, k) => [numbers[2 * k], numbers[2 * k + 1]]);
  }

  /** One picture for all cells, and below one for all dots: thousands of shapes would be late for the hand. */
  function drawMap(context, frame, toX, toY) {
    const from = panel.moving ? frame * rows * columns : 0;
    const paint = (value) => (Number.isFinite(value) ? colourAt(colours, fraction(value, panel.limits)) : NOTHING);
    nodes(panel.value.subarray(from, from + rows * columns), columns, paint, map);
    context.imageSmoothingEnabled = false;
    context.drawImage(map, toX(left), toY(high), toX(right) - toX(left), toY(low) - toY(high));
  }

  function paintDot(theme) {
    const scale = devicePixelRatio || 1;
    if (dotted === `${theme.focus} ${theme.paper} ${scale}`) return;
    dotted = `${theme.focus} ${theme.paper} ${scale}`;
    [dot.width, dot.height] = [side * scale, side * scale];
    const context = dot.getContext("2d");
    context.scale(scale, scale);
    context.fillStyle = theme.focus;
    context.strokeStyle = theme.paper;
    context.lineWidth = 1.25;
    context.arc(side / 2, side / 2, radius, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
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
      paintDot(theme);
      for (const [x, y] of pointsAt(frame)) {
        if (inside(x, y)) context.drawImage(dot, toX(x) - side / 2, toY(y) - side / 2, side, side);
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
