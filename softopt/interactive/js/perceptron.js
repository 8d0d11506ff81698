// A multilayer perceptron with ReLU between its layers, for many inputs that share their first numbers.
//
// The page asks what hundreds of actions are worth in one state: what the state adds to the first layer is found once.
// Four actions go through the network together, two units at a time, so that every weight that is read serves four
// products; units that are silent for all four are left out. The eight sums have names of their own, since numbers in
// an array would be written to memory and read again at every product: that is five times as slow.

const LANES = 4; // actions that go through together

/** Make the network of layers `[{ weight: (inputs × outputs) row by row, bias }]`, input first. */
export function perceptron(layers) {
  const sizes = [layers[0].weight.length / layers[0].bias.length, ...layers.map(({ bias }) => bias.length)];
  const pairs = layers.map(({ weight, bias }) => inPairs(weight, bias.length));
  const biases = layers.map(({ bias }) => Float64Array.from([...bias, 0])); // one more, for the last pair
  const widest = Math.max(...sizes);
  const start = new Float64Array(sizes[1] + 1);
  const results = new Float64Array(LANES * (sizes.at(-1) + 1));
  let [now, next] = [0, 1].map(() => ({ units: new Int32Array(widest), values: new Float64Array(LANES * widest) }));

  /** What the shared numbers add to the first layer. */
  function share(seen) {
    const { weight } = layers[0];
    start.set(biases[0]);
    for (let i = 0; i < seen.length; i += 1) {
      for (let j = 0; j < sizes[1]; j += 1) start[j] += seen[i] * weight[i * sizes[1] + j];
    }
  }

  /** One layer for four rows, from the `count` units of `now` that are heard to `next`, or `results` at the end. */
  function pass(layer, bias, count, last) {
    const outputs = sizes[layer + 1];
    const weight = pairs[layer];
    const height = 2 * sizes[layer]; // of the weights of one pair
    const { units, values } = now;
    let active = 0;
    for (let j = 0; j < outputs; j += 2) {
      const from = (j / 2) * height;
      let a0 = bias[j];
      let a1 = a0;
      let a2 = a0;
      let a3 = a0;
      let b0 = bias[j + 1];
      let b1 = b0;
      let b2 = b0;
      let b3 = b0;
      for (let k = 0; k < count; k += 1) {
        const at = from + 2 * units[k];
        const u = weight[at];
        const v = weight[at + 1];
        const row = LANES * k;
        const h0 = values[row];
        const h1 = values[row + 1];
        const h2 = values[row + 2];
        const h3 = values[row + 3];
        a0 += u * h0;
        a1 += u * h1;
        a2 += u * h2;
        a3 += u * h3;
        b0 += v * h0;
        b1 += v * h1;
        b2 += v * h2;
        b3 += v * h3;
      }
      if (last) {
        const at = LANES * j;
        results[at] = a0;
        results[at + 1] = a1;
        results[at + 2] = a2;
        results[at + 3] = a3;
        results[at + 4] = b0;
        results[at + 5] = b1;
        results[at + 6] = b2;
        results[at + 7] = b3;
        continue;
      }
      active = keep(active, j, a0, a1, a2, a3);
      if (j + 1 < outputs) active = keep(active, j + 1, b0, b1, b2, b3);
    }
    [now, next] = [next, now];
    return active;
  }

  /** Keep a unit for the next layer unless it is silent in all four rows; return how many are kept. */
  function keep(active, unit, a, b, c, d) {
    if (a <= 0 && b <= 0 && c <= 0 && d <= 0) return active;
    const { units, values } = next;
    const row = LANES * active;
    units[active] = unit;
    values[row] = a > 0 ? a : 0;
    values[row + 1] = b > 0 ? b : 0;
    values[row + 2] = c > 0 ? c : 0;
    values[row + 3] = d > 0 ? d : 0;
    return active + 1;
  }

  return {
    sizes,

    /** Write the outputs of every row, `(rows × outputs)`, for inputs `[...seen, ...rest of the row]`. */
    run(seen, rest, rows, written) {
      const own = sizes[0] - seen.length;
      const outputs = sizes.at(-1);
      share(seen);
      for (let first = 0; first < rows; first += LANES) {
        for (let i = 0; i < own; i += 1) {
          now.units[i] = seen.length + i;
          for (let lane = 0; lane < LANES; lane += 1) {
            now.values[LANES * i + lane] = rest[Math.min(first + lane, rows - 1) * own + i]; // the last one again
          }
        }
        let count = own;
        for (let layer = 0; layer < layers.length; layer += 1) {
          count = pass(layer, layer === 0 ? start : biases[layer], count, layer === layers.length - 1);
        }
        for (let lane = 0; lane < LANES && first + lane < rows; lane += 1) {
          for (let j = 0; j < outputs; j += 1) written[(first + lane) * outputs + j] = results[LANES * j + lane];
        }
      }
      return written;
    },
  };
}

/** Weights (inputs × outputs) so that the two of each pair of outputs stand together, input after input. */
function inPairs(weight, outputs) {
  const inputs = weight.length / outputs;
  const paired = new Float64Array(inputs * 2 * Math.ceil(outputs / 2));
  for (let j = 0; j < outputs; j += 1) {
    const from = Math.floor(j / 2) * 2 * inputs + (j % 2);
    for (let i = 0; i < inputs; i += 1) paired[from + 2 * i] = weight[i * outputs + j];
  }
  return paired;
}
