// The left half of a world: goals, walls, recorded ways, and the agent, which the reader moves.

import { RIM, axes } from "./axes.js";
import { contour, nodes, spread } from "./contours.js";
import { roundTicks } from "./dom.js";
import { fixed } from "./world_sentence.js";

const HIGHEST = 464; // of the world, in pixels
const LEVELS = 12;

export function worldMap({ scene }) {
  const [left, right, low, high] = scene.limits;
  const [xTicks, yTicks] = [[left, right], [low, high]].map(([from, to]) =>
    roundTicks(from, to, 6).map(({ value, text }) => [value, text]));
  const still = document.createElement("canvas"); // what does not move with the agent
  let drawn = {};
  let place = { toX: Number, toY: Number, scale: 1 };

  const room = (width) => width - RIM.left - RIM.right;
  const rise = (width) => Math.min(HIGHEST, (room(width) * (high - low)) / (right - left));

  function drawGround(context, { toX, toY, scale }, theme) {
    const [width, height] = [(right - left) * scale, (high - low) * scale];
    if (scene.background === null) return;
    const columns = scene.shape[1];
    const values = scene.background;
    const ends = values.reduce(([a, b], value) => [Math.min(a, value), Math.max(b, value)], [Infinity, -Infinity]);
    const share = (value) => (value - ends[0]) / (ends[1] - ends[0] || 1);
    const tint = nodes(values, columns, (value) => [0, 0, 0, 26 + 64 * share(value)]);
    const ink = tint.getContext("2d");
    ink.globalCompositeOperation = "source-in"; // the theme's colour, with the tint as its opacity
    ink.fillStyle = theme.series[2];
    ink.fillRect(0, 0, tint.width, tint.height);
    context.globalAlpha = 0.75;
    spread(context, tint, toX(left), toY(high), width, height);
    context.globalAlpha = 0.9;
    context.strokeStyle = theme.paper;
    context.lineWidth = 1;
    const atX = (column) => toX(left + (column / (columns - 1)) * (right - left));
    const atY = (row) => toY(low + (row / (scene.shape[0] - 1)) * (high - low));
    for (let k = 1; k < LEVELS; k += 1) {
      contour(context, values, columns, ends[0] + (k / LEVELS) * (ends[1] - ends[0]), atX, atY);
    }
    context.globalAlpha = 1;
  }

  function drawPaths(context, { toX, toY }, paths, theme) {
    if (paths === null) return;
    const steps = paths.steps;
    context.strokeStyle = theme.series[0];
    context.fillStyle = theme.series[0];
    context.lineWidth = 1;
    for (let from = 0; from < paths.values.length; from += 2 * steps) {
      let end = from;
      context.globalAlpha = 0.5;
      context.beginPath();
      for (let k = from; k < from + 2 * steps && Number.isFinite(paths.values[k]); k += 2) {
        context.lineTo(toX(paths.values[k]), toY(paths.values[k + 1]));
        end = k;
      }
      context.stroke();
      context.globalAlpha = 0.8;
      context.beginPath();
      context.arc(toX(paths.values[end]), toY(paths.values[end + 1]), 2, 0, 2 * Math.PI);
      context.fill();
    }
    context.globalAlpha = 1;
  }

  function drawGoals(context, { toX, toY, scale }, theme) {
    context.font = theme.font(12, 600);
    context.textAlign = "center";
    context.textBaseline = "middle";
    scene.goals.forEach(([x, y], k) => {
      context.beginPath();
      context.arc(toX(x), toY(y), scene.radius * scale, 0, 2 * Math.PI);
      context.fillStyle = theme.series[2];
      context.globalAlpha = 0.25;
      context.fill();
      context.globalAlpha = 1;
      context.strokeStyle = theme.series[2];
      context.lineWidth = 1.5;
      context.stroke();
      if (scene.names.length === 0) return;
      context.strokeStyle = theme.paper;
      context.lineWidth = 3;
      context.globalAlpha = 0.8;
      context.strokeText(scene.names[k], toX(x), toY(y));
      context.globalAlpha = 1;
      context.fillStyle = theme.ink;
      context.fillText(scene.names[k], toX(x), toY(y));
    });
  }

  /** Everything but the agent, drawn once for each agent, size and theme. */
  function ground(width, height, { theme, agent }) {
    if (drawn.theme === theme && drawn.agent === agent) return still;
    const { toX, toY, scale } = place;
    const sharp = devicePixelRatio || 1;
    [still.width, still.height] = [Math.round(width * sharp), Math.round(height * sharp)];
    const context = still.getContext("2d");
    context.setTransform(sharp, 0, 0, sharp, 0, 0);
    context.lineJoin = "round";
    const box = { left: RIM.left, top: RIM.top, width: (right - left) * scale, height: (high - low) * scale };
    context.save();
    context.beginPath();
    context.rect(box.left, box.top, box.width, box.height);
    context.clip();
    drawGround(context, place, theme);
    drawPaths(context, place, agent.paths, theme);
    context.fillStyle = theme.wall;
    for (const [x0, x1, y0, y1] of scene.walls) {
      context.fillRect(toX(x0), toY(y1), (x1 - x0) * scale, (y1 - y0) * scale);
    }
    drawGoals(context, place, theme);
    context.restore();
    axes(context, box, { xTicks, yTicks, labels: scene.labels, toX, toY, theme });
    drawn = { theme, agent };
    return still;
  }

  function drawAgent(context, { toX, toY, scale }, { position, draws, theme }) {
    const [x, y] = [toX(position[0]), toY(position[1])];
    context.strokeStyle = theme.focus;
    context.fillStyle = theme.focus;
    context.lineWidth = 1;
    context.globalAlpha = 0.8;
    context.setLineDash([3, 3]);
    context.strokeRect(x - scene.move * scale, y - scene.move * scale, 2 * scene.move * scale, 2 * scene.move * scale);
    context.setLineDash([]);
    for (let k = 0; k < draws.length; k += 2) {
      const [endX, endY] = [x + scene.move * scale * draws[k], y - scene.move * scale * draws[k + 1]];
      context.globalAlpha = 0.3;
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(endX, endY);
      context.stroke();
      context.globalAlpha = 1;
      context.beginPath();
      context.arc(endX, endY, draws.length > 2 ? 1.75 : 3, 0, 2 * Math.PI);
      context.fill();
    }
    context.strokeStyle = theme.paper;
    context.lineWidth = 2.5;
    context.beginPath();
    context.arc(x, y, 8, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
  }

  return {
    title: "The world: drag the agent",
    basis: 380,
    widest: RIM.left + RIM.right + (HIGHEST * (right - left)) / (high - low),
    height: (width) => RIM.top + rise(width) + RIM.bottom,

    draw(context, width, height, state) {
      const scale = rise(width) / (high - low);
      const bottom = RIM.top + rise(width);
      place = { scale, toX: (x) => RIM.left + (x - left) * scale, toY: (y) => bottom - (y - low) * scale };
      context.drawImage(ground(width, height, state), 0, 0, width, height);
      drawAgent(context, place, state);
    },

    /** The place in the world under a pixel of the canvas. */
    at: (x, y) => [(x - place.toX(0)) / place.scale, (place.toY(0) - y) / place.scale],

    label: ({ position, agent }) =>
      `The world, with the ways of ${agent.name}. The agent is at (${position.map((v) => fixed(v, 1)).join(", ")}); `
      + "drag it, or move it with the arrow keys.",
  };
}
