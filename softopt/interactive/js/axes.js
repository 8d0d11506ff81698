// The rim of a picture with two axes: marks, numbers and names, below it and on its left.

import { ticksBelow } from "./dom.js";

export const RIM = { left: 46, top: 8, right: 10, bottom: 36 };

/** Draw the axes of a box `{ left, top, width, height }` from ticks `[value, text]` on both sides. */
export function axes(context, box, { xTicks, yTicks, labels, toX, toY, theme }) {
  const bottom = box.top + box.height;
  context.font = theme.font(11);
  context.fillStyle = theme.faint;
  context.strokeStyle = theme.faint;
  context.lineWidth = 1;
  context.textAlign = "right";
  context.textBaseline = "middle";
  for (const [value, text] of yTicks) context.fillText(text, box.left - 6, toY(value));
  ticksBelow(context, xTicks, toX, bottom);
  context.fillText(labels[0], box.left + box.width / 2, bottom + 19);
  context.save();
  context.translate(6, box.top + box.height / 2);
  context.rotate(-Math.PI / 2);
  context.textBaseline = "middle";
  context.fillText(labels[1], 0, 0);
  context.restore();
}
