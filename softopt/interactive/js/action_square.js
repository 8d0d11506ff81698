// The right half of a world: what every action is worth in one state, and what the policy would do there.

import { RIM, axes } from "./axes.js";
import { SCALE_HEIGHT, colourAt, drawScale, fraction, inkOn, redGreenBlue } from "./colour_scale.js";
import { contour, nodes, spread } from "./contours.js";
import { readable, roundTicks } from "./dom.js";
import { fixed } from "./world_sentence.js";

const LINES = 9; // about so many
const WIDEST = 420; // of the square, in pixels
const DOT = "#d55e00"; // in light and dark the same, as the map under it
const BOLD = [["#00000070", 5], ["#ffffff", 3]]; // white with a dark edge, seen on every colour
const LABELS = ["first action", "second action"];

export function actionSquareView({ side, palette }) {
  const colours = palette.map((colour) => [...redGreenBlue(colour), 255]);
  const picture = document.createElement("canvas");
  const ticks = [-1, -0.5, 0, 0.5, 1].map((value) => [value, String(value).replace("-", "−")]);

  const size = (width) => Math.min(WIDEST, width - RIM.left - RIM.right);

  /** The levels of the lines: round numbers, about as many of them wherever the agent stands. */
  function levels({ low, high }) {
    const flat = high - low <= 1e-6 * Math.max(1, Math.abs(high));
    return flat ? [] : roundTicks(low, high, LINES).map(({ value }) => value);
  }

  return {
    title: "What each action is worth here: Q",
    basis: 380,
    widest: WIDEST + RIM.left + RIM.right,
    height: (width) => RIM.top + size(width) + RIM.bottom + SCALE_HEIGHT,

    readout(state) {
      const [first, second] = levels(state);
      return second === undefined ? "" : `a line every ${Number((second - first).toPrecision(6))}`;
    },

    draw(context, fullWidth, height, { theme, q, low, high, draws, level }) {
      const edge = size(fullWidth);
      const [left, bottom] = [RIM.left, RIM.top + edge];
      const toX = (action) => left + ((action + 1) / 2) * edge;
      const toY = (action) => bottom - ((action + 1) / 2) * edge;
      const gridX = (column) => left + (column / (side - 1)) * edge;
      const gridY = (row) => bottom - (row / (side - 1)) * edge;
      const limits = high > low ? [low, high] : [low, low + 1];
      const last = colours.length - 1;
      nodes(q, side, (value) => colours[Math.round(fraction(value, limits) * last)], picture);
      spread(context, picture, left, RIM.top, edge, edge);

      context.lineWidth = 1;
      context.globalAlpha = 0.55;
      for (const value of levels({ low, high })) {
        context.strokeStyle = inkOn(colourAt(palette, fraction(value, limits)));
        contour(context, q, side, value, gridX, gridY);
      }
      context.globalAlpha = 1;
      if (level !== null) {
        for (const [colour, width] of BOLD) {
          context.strokeStyle = colour;
          context.lineWidth = width;
          contour(context, q, side, level, gridX, gridY);
        }
      }
      drawPoints(context, draws, toX, toY);

      const box = { left, top: RIM.top, width: edge, height: edge };
      axes(context, box, { xTicks: ticks, yTicks: ticks, labels: LABELS, toX, toY, theme });
      const panel = { palette, limits: [low, high] };
      const ends = { below: false, above: false }; // the colours go from the least to the most of this state
      drawScale(context, { x: left, y: bottom + RIM.bottom, width: edge, panel, ends, theme });
    },

    label({ q, low, high, position, agent }) {
      const best = q.indexOf(high);
      const [a, b] = [best % side, Math.floor(best / side)].map((k) => fixed(-1 + (2 * k) / (side - 1), 2));
      const where = position.map((value) => fixed(value, 1)).join(", ");
      return `Q of ${agent.name} over the square of actions at (${where}), from ${readable(low)} to ${readable(high)}; `
        + `the largest at the action (${a}, ${b}).`;
    },
  };
}

/** The draws, each with a rim that stands out from the colours. */
function drawPoints(context, draws, toX, toY) {
  const radius = draws.length > 2 ? 4 : 7;
  context.fillStyle = DOT;
  context.strokeStyle = "#ffffff";
  context.lineWidth = 1.25;
  for (let k = 0; k < draws.length; k += 2) {
    context.beginPath();
    context.arc(toX(draws[k]), toY(draws[k + 1]), radius, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  }
}
