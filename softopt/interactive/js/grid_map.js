// A map of the cells of a gridworld: colours, walls, letters, policy arrows, and one cell selected.

import { readable } from "./dom.js";
import { SCALE_HEIGHT, beyond, colourAt, drawScale, fraction, inkOn } from "./colour_scale.js";

const LARGEST_CELL = 68;
const FLOOR = [".", " ", "F"]; // characters of a drawing that are not worth a letter; F is a frozen lake's floor

export function gridMap(panel, { name }) {
  const [rows, columns] = [panel.drawing.length, panel.drawing[0].length];
  const stateAt = new Map(panel.cells.map(([row, column], state) => [`${row},${column}`, state]));
  const [nStates, nActions] = [panel.cells.length, panel.moves.length];
  const ends = beyond(panel.value, panel.limits);
  const inks = new Map(panel.palette.map((colour) => [colour, inkOn(colour)]));
  const cellSize = (width) => Math.min(width / columns, LARGEST_CELL);
  let size = 0;

  const valueOf = (frame, state) => panel.value[frame * nStates + state];
  const policyOf = (frame, state) => {
    const from = (frame * nStates + state) * nActions;
    return panel.policy.subarray(from, from + nActions);
  };

  function drawCell(context, frame, state, row, column, theme) {
    const [x, y] = [Math.round(column * size), Math.round(row * size)];
    const [w, h] = [Math.round((column + 1) * size) - x - 1, Math.round((row + 1) * size) - y - 1];
    const mark = panel.drawing[row][column];
    if (state === undefined) {
      if (mark !== "#") return;
      context.fillStyle = theme.wall;
      context.fillRect(x, y, w, h);
      return;
    }
    const value = valueOf(frame, state);
    const ended = panel.terminal?.[state];
    const colour = colourAt(panel.palette, fraction(value, panel.limits));
    const coloured = !ended && Number.isFinite(value);
    const ink = coloured ? inks.get(colour) : mark === "G" ? theme.ink : theme.faint;
    if (coloured) {
      context.fillStyle = colour;
      context.fillRect(x, y, w, h);
    } else {
      context.strokeStyle = theme.rule;
      context.lineWidth = 1;
      context.strokeRect(x + 0.5, y + 0.5, w - 1, h - 1);
    }
    if (!FLOOR.includes(mark)) drawMark(context, mark, x, y, w, ended || !panel.policy, ink, theme);
    if (coloured && panel.policy) {
      drawArrows(context, policyOf(frame, state), x + w / 2, y + h / 2, ink);
    }
  }

  function drawMark(context, mark, x, y, w, alone, ink, theme) {
    context.fillStyle = ink;
    context.textBaseline = alone ? "middle" : "top";
    context.textAlign = alone ? "center" : "left";
    context.font = theme.font(alone ? Math.min(18, size * 0.5) : Math.min(12, size * 0.26), 600);
    if (alone) context.fillText(mark, x + w / 2, y + w / 2 + 1);
    else context.fillText(mark, x + Math.max(4, size * 0.1), y + Math.max(4, size * 0.1));
  }

  // Length is probability: a tie shows as arrows of equal length, the uniform policy as a cross.
  function drawArrows(context, policy, x, y, ink) {
    context.strokeStyle = ink;
    context.fillStyle = ink;
    context.lineWidth = Math.max(1.25, size * 0.05);
    policy.forEach((probability, action) => {
      const [down, right] = panel.moves[action];
      const length = probability * size * 0.43;
      if (length < 1.5) return;
      context.beginPath();
      if (down === 0 && right === 0) {
        context.arc(x, y, length / 2, 0, 2 * Math.PI);
        context.fill();
        return;
      }
      // A short arrow is a dart from the middle; only a long one has room for a stem and a head.
      const head = Math.min(size * 0.17, length * 0.62);
      const stem = length > size * 0.09 ? length - head : 0;
      const half = stem ? head * 0.6 : size * 0.05;
      const [baseX, baseY] = [x + right * stem, y + down * stem];
      context.moveTo(x + right * length, y + down * length);
      context.lineTo(baseX - down * half, baseY + right * half);
      context.lineTo(baseX + down * half, baseY - right * half);
      context.fill();
      if (!stem) return;
      context.beginPath();
      context.moveTo(x, y);
      context.lineTo(baseX, baseY);
      context.stroke();
    });
  }

  function drawSelection(context, selected, theme) {
    if (selected < 0 || !stateAt.has(`${panel.cells[selected]}`)) return;
    const [row, column] = panel.cells[selected];
    const [x, y] = [Math.round(column * size), Math.round(row * size)];
    const side = Math.round(size) - 1;
    context.lineWidth = 5;
    context.strokeStyle = theme.paper;
    context.strokeRect(x + 1.5, y + 1.5, side - 3, side - 3);
    context.lineWidth = 2.5;
    context.strokeStyle = theme.focus;
    context.strokeRect(x + 1.5, y + 1.5, side - 3, side - 3);
  }

  return {
    title: panel.title,
    basis: Math.max(200, Math.min(420, columns * 30)),
    height: (width) => rows * cellSize(width) + SCALE_HEIGHT,

    draw(context, width, height, { frame, selected, selectable, theme }) {
      size = cellSize(width);
      for (let row = 0; row < rows; row += 1) {
        for (let column = 0; column < columns; column += 1) {
          drawCell(context, frame, stateAt.get(`${row},${column}`), row, column, theme);
        }
      }
      if (selectable) drawSelection(context, selected, theme);
      drawScale(context, { x: 0, y: rows * size, width: columns * size - 1, panel, ends, theme });
    },

    label({ frame, selected, selectable, where }) {
      if (!selectable || selected < 0) return `${name}: ${panel.title}, ${where}.`;
      const [row, column] = panel.cells[selected];
      const choice = panel.policy
        ? [...policyOf(frame, selected)].map((p, a) => `${panel.actions[a]} ${p.toFixed(2)}`).join(", ")
        : "";
      const value = readable(valueOf(frame, selected));
      const cell = `cell in row ${row + 1}, column ${column + 1}`;
      return `${panel.title}, ${where}; ${cell}: ${value}${choice && `; ${choice}`}.`;
    },

    /** State under a point of the canvas, or undefined. */
    pick: (x, y) => stateAt.get(`${Math.floor(y / size)},${Math.floor(x / size)}`),

    /** The next state in a direction, across walls; the same state where there is none. */
    step(selected, down, right) {
      let [row, column] = panel.cells[selected];
      do {
        row += down;
        column += right;
        const state = stateAt.get(`${row},${column}`);
        if (state !== undefined) return state;
      } while (row >= 0 && row < rows && column >= 0 && column < columns);
      return selected;
    },
  };
}
