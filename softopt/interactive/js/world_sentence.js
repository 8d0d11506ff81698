// What is said of a place in a world; `world_sentence.py` says the same, letter by letter.

import { readable } from "./dom.js";

const WINDS = ["east", "north", "west", "south"];

/** The range of Q and where the draws point, in a sentence. */
export function worldSentence({ position, low, high, draws, inside }, { share, still }) {
  const [x, y] = position.map((value) => fixed(value, 1));
  const parts = [`At (${x}, ${y}) Q runs from ${readable(low)} to ${readable(high)}`];
  const number = draws.length / 2;
  const counts = winds(draws, still);
  const moving = counts.reduce((sum, n) => sum + n, 0);
  const line = `the bold line, which holds ${Math.round(100 * share)} % of exp(Q / T)`;
  if (number === 1) {
    const where = moving ? `points ${WINDS[counts.indexOf(1)]}` : "hardly moves";
    parts.push(`the policy's one action ${where}, ${fixed(Math.hypot(draws[0], draws[1]), 2)} long`);
    if (inside !== null) parts.push(`it lies ${inside ? "inside" : "outside"} ${line}`);
  } else {
    const said = counts.map((n, k) => `${k === 0 ? howMany(n, "point") : n} ${WINDS[k]}`);
    if (moving < number) said.push(howMany(number - moving, "hardly move"));
    parts.push(`of ${number} draws ${said.join(", ")}`);
    if (inside !== null) parts.push(`${howMany(inside, "lie")} inside ${line}`);
  }
  return `${parts.join("; ")}.`;
}

const howMany = (count, verb) => `${count} ${verb}${count === 1 ? "s" : ""}`;

/** How many of the actions point east, north, west and south; the nearest of the four. */
function winds(draws, still) {
  const counts = [0, 0, 0, 0];
  for (let k = 0; k < draws.length; k += 2) {
    const [x, y] = [draws[k], draws[k + 1]];
    if (Math.hypot(x, y) < still) continue;
    if (Math.abs(x) >= Math.abs(y)) counts[x > 0 ? 0 : 2] += 1;
    else counts[y > 0 ? 1 : 3] += 1;
  }
  return counts;
}

/** A fixed number of decimals and a true minus, and no minus before zero. */
export function fixed(value, digits) {
  const text = value.toFixed(digits);
  return (Number(text) === 0 ? text.replace("-", "") : text).replace("-", "−");
}
