// What happened over time, under a view: when each foot was on the ground, how the body was pitched, and a cursor.

import { roundTicks, ticksBelow } from "./dom.js";
import { titled } from "./figures.js";
import { frameAt } from "./pose.js";

const WINDOW = 10; // seconds on show at once; a longer rollout turns its pages
const ROW = 16;
const CURVE = 64;
const AXIS = 32;
const DEGREES = 180 / Math.PI;

/** The view of one rollout's timeline, for `surface`; null where it has nothing to show. `named` says whose it is. */
export function timeline(rollout, colourIndex, named) {
  const { contacts, pitch, duration, dt, substeps } = rollout;
  if (contacts.length === 0 && !pitch) return null;
  const shown = Math.min(WINDOW, duration);
  const rasterHeight = contacts.length * ROW + (contacts.length > 0 ? 8 : 0);
  const [low, high] = pitch ? limitsOf(pitch) : [0, 1];
  let left = 0;
  let right = 1;

  /** First second of the page that holds a time. */
  const pageOf = (time) => Math.min(Math.floor((time - 1e-6) / shown), Math.ceil(duration / shown - 1e-6) - 1) * shown;
  let start = 0;
  const toX = (time) => left + ((time - start) / shown) * (right - left);

  function drawContacts(context, colour, theme) {
    const step = dt / substeps;
    contacts.forEach(({ name, touching }, k) => {
      const top = k * ROW + 2;
      context.fillStyle = theme.faint;
      context.textAlign = "right";
      context.textBaseline = "middle";
      context.fillText(name, left - 8, top + (ROW - 4) / 2);
      context.fillStyle = theme.ground[0];
      context.fillRect(left, top, right - left, ROW - 4);
      context.fillStyle = colour;
      const last = Math.min(touching.length, Math.round((start + shown) / step));
      for (let from = Math.round(start / step); from < last; from += 1) {
        if (!touching[from]) continue;
        let to = from;
        while (to < last && touching[to]) to += 1;
        context.fillRect(toX(from * step), top, toX(to * step) - toX(from * step), ROW - 4);
        from = to;
      }
    });
  }

  function drawPitch(context, colour, theme) {
    const toY = (value) => rasterHeight + 6 + ((high - value) / (high - low)) * (CURVE - 12);
    context.textAlign = "right";
    context.textBaseline = "middle";
    for (const { value, text } of roundTicks(low, high, 3)) {
      const y = Math.round(toY(value)) + 0.5;
      context.strokeStyle = theme.rule;
      context.lineWidth = 1;
      context.beginPath();
      context.moveTo(left, y);
      context.lineTo(right, y);
      context.stroke();
      context.fillStyle = theme.faint;
      context.fillText(`${text}°`, left - 8, y);
    }
    context.save();
    context.beginPath();
    context.rect(left, rasterHeight, right - left, CURVE);
    context.clip();
    context.strokeStyle = colour;
    context.lineWidth = 1.8;
    context.beginPath();
    pitch.forEach((value, k) => context.lineTo(toX((k + 1) * dt), toY(value * DEGREES)));
    context.stroke();
    context.restore();
  }

  function drawAxis(context, height, theme) {
    const bottom = height - AXIS;
    context.fillStyle = theme.faint;
    context.strokeStyle = theme.rule;
    context.lineWidth = 1;
    const ticks = roundTicks(start, start + shown, 5).map(({ value, text }) => [value, text]);
    ticksBelow(context, ticks, toX, bottom);
    context.fillText("time (s)", (left + right) / 2, bottom + 18);
  }

  const parts = [contacts.length > 0 && "Feet on the ground", pitch && "pitch, nose up (degrees)"].filter(Boolean);
  const text = parts.join("; ");
  const said = text[0].toUpperCase() + text.slice(1);
  return {
    title: named ? titled({ title: rollout.title, subtitle: said }, colourIndex) : said,
    basis: 300,
    height: () => rasterHeight + (pitch ? CURVE : 0) + AXIS,

    draw(context, width, height, { time, theme, colours }) {
      context.font = theme.font(11);
      left = 10 + Math.max(34, ...contacts.map(({ name }) => context.measureText(name).width));
      right = width - 8;
      start = pageOf(Math.min(time, duration));
      const colour = colours[colourIndex];
      if (pitch) drawPitch(context, colour, theme);
      drawContacts(context, colour, theme);
      drawAxis(context, height, theme);
      const x = toX(Math.min(time, duration));
      context.fillStyle = theme.ink;
      context.fillRect(x - 0.75, 0, 1.5, height - AXIS + 4);
    },

    /** The time under a place on the canvas. */
    pick: (x) => start + (Math.min(right, Math.max(left, x)) - left) / (right - left) * shown,

    label({ time }) {
      const texts = contacts.map(({ name, touching }) => {
        const on = touching.reduce((sum, value) => sum + value, 0) / touching.length;
        return `${name} on the ground ${Math.round(100 * on)} % of the time`;
      });
      const now = pitch && String(Math.round(pitch[frameAt(rollout, time)] * DEGREES)).replace("-", "−");
      if (pitch) texts.push(`pitch now ${now} degrees`);
      return `${rollout.title} over time, at ${time.toFixed(2)} s: ${texts.join(", ")}.`;
    },
  };
}

/** Ends of the vertical axis, degrees: the data's, and never less than 20 degrees apart. */
function limitsOf(pitch) {
  let [low, high] = [Infinity, -Infinity];
  for (const value of pitch) {
    if (!Number.isFinite(value)) continue;
    low = Math.min(low, value * DEGREES);
    high = Math.max(high, value * DEGREES);
  }
  if (!Number.isFinite(low)) return [-10, 10];
  const spare = Math.max(0, 20 - (high - low)) / 2;
  return [low - spare, high + spare];
}
