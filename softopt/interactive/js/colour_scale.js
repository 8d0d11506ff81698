// From a number to a colour, and the strip under a map that explains it.

import { readable } from "./dom.js";

const STRIP = { top: 10, height: 8, labels: 16 };
export const SCALE_HEIGHT = STRIP.top + STRIP.height + STRIP.labels;

/** Where a value lies between the limits, from 0 to 1. */
export function fraction(value, [low, high]) {
  return Math.min(1, Math.max(0, (value - low) / (high - low)));
}

/** Colour of a fraction. */
export function colourAt(palette, part) {
  return palette[Math.round(part * (palette.length - 1))];
}

/** Red, green and blue of a colour #rrggbb, 0 to 255. */
export function redGreenBlue(colour) {
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

/** Black or white, whichever stands out more: on viridis and cividis they change at about .45 of the range. */
export function inkOn(colour) {
  const light = redGreenBlue(colour).map((value) => {
    const part = value / 255;
    return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
  });
  // Relative luminance; at .179 black and white have the same contrast, 4.6 to 1.
  return 0.2126 * light[0] + 0.7152 * light[1] + 0.0722 * light[2] < 0.179 ? "#ffffff" : "#000000";
}

/** Say at which ends the data go beyond the limits; those colours stand for "and beyond". */
export function beyond(values, [low, high]) {
  const slack = 1e-6 * (high - low);
  let [below, above] = [false, false];
  for (const value of values) {
    if (!Number.isFinite(value)) continue;
    below ||= value < low - slack;
    above ||= value > high + slack;
  }
  return { below, above };
}

/** Draw the strip of colours with its two limits. */
export function drawScale(context, { x, y, width, panel, ends, theme }) {
  const top = y + STRIP.top;
  const gradient = context.createLinearGradient(x, 0, x + width, 0);
  for (let part = 0; part <= 1; part += 1 / 16) gradient.addColorStop(part, colourAt(panel.palette, part));
  context.fillStyle = gradient;
  context.fillRect(x, top, width, STRIP.height);
  context.fillStyle = theme.faint;
  context.font = theme.font(11);
  context.textBaseline = "top";
  const [low, high] = panel.limits.map(readable);
  context.textAlign = "left";
  context.fillText(ends.below ? `≤ ${low}` : low, x, top + STRIP.height + 4);
  context.textAlign = "right";
  context.fillText(ends.above ? `≥ ${high}` : high, x + width, top + STRIP.height + 4);
}
