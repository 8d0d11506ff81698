// What an agent would do and what it expects of it, from the weights of its networks: a critic, and a policy.

import { perceptron } from "./perceptron.js";

const LOG_STD = [-20, 2];

/** Make the agent that was described; `noise`, pairs row by row, is what it draws its actions from, always the same. */
export function pageAgent({ name, kind, critics, policy, temperature, paths }, noise) {
  const judges = critics.map(perceptron);
  const actor = perceptron(policy);
  const rows = noise.length / 2;
  const said = new Float32Array(2 * Math.max(rows, 2));
  const other = new Map(); // number of rows -> room for what the second critic says

  function room(count) {
    if (!other.has(count)) other.set(count, new Float32Array(count));
    return other.get(count);
  }

  return {
    name,
    temperature,
    paths,
    count: kind === "point" ? 1 : rows,

    /** Q of actions, pairs row by row, in one state; the smallest of the critics. */
    q(seen, actions, written) {
      const count = actions.length / 2;
      judges[0].run(seen, actions, count, written);
      for (const judge of judges.slice(1)) {
        const values = judge.run(seen, actions, count, room(count));
        for (let k = 0; k < count; k += 1) if (values[k] < written[k]) written[k] = values[k];
      }
      return written;
    },

    /** The policy's actions in one state, pairs row by row. */
    draw(seen) {
      if (kind === "noise") {
        actor.run(seen, noise, rows, said);
        return noise.map((value, k) => Math.tanh(value + said[k]));
      }
      actor.run(seen, [], 1, said);
      if (kind === "point") return said.subarray(0, 2).map(Math.tanh);
      const std = [2, 3].map((k) => Math.exp(Math.min(LOG_STD[1], Math.max(LOG_STD[0], said[k]))));
      return noise.map((value, k) => Math.tanh(said[k % 2] + std[k % 2] * value));
    },
  };
}

/** The square of actions [-1, 1]², `side` along each edge: pairs row by row, the lowest second action first. */
export function actionSquare(side) {
  const actions = new Float32Array(2 * side * side);
  for (let k = 0; k < side * side; k += 1) {
    actions[2 * k] = -1 + (2 * (k % side)) / (side - 1);
    actions[2 * k + 1] = -1 + (2 * Math.floor(k / side)) / (side - 1);
  }
  return actions;
}

/** The value above which exp(Q / T) holds a share of its mass over the square. */
export function levelHolding(q, side, temperature, share) {
  const inner = (k) => (k === 0 || k === side - 1 ? 0.5 : 1); // a node on the edge stands for half a cell
  const sorted = Float32Array.from(q).sort();
  const most = sorted.at(-1);
  const mass = Float64Array.from(q, (value, k) =>
    Math.exp((value - most) / temperature) * inner(k % side) * inner(Math.floor(k / side)));
  const above = (level) => {
    let sum = 0;
    for (let k = 0; k < q.length; k += 1) if (q[k] >= level) sum += mass[k];
    return sum;
  };
  const wanted = share * above(sorted[0]);
  let [low, high] = [0, q.length]; // the mass above sorted[low] is enough, above sorted[high] it is not
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (above(sorted[middle]) >= wanted) low = middle;
    else high = middle;
  }
  return sorted[low];
}
