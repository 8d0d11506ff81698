// A recorded rollout as the page uses it: its arrays, and where every geom is at any time.

/** Give a rollout's description its arrays, as views on the one buffer of all rollouts. */
export function unpackRollout(description, buffer) {
  const kinds = { int16: Int16Array, uint8: Uint8Array, float32: Float32Array };
  const arrays = {};
  for (const [name, { kind, offset, length }] of Object.entries(description.arrays)) {
    arrays[name] = new kinds[kind](buffer, offset, length);
  }
  const count = arrays.middle.length / 3;
  const reward = arrays["series/reward"];
  let sum = 0;
  return {
    ...description,
    arrays,
    count,
    duration: count * description.dt,
    speed: arrays["series/speed"],
    pitch: arrays["series/pitch"],
    returns: reward && Float64Array.from(reward, (value) => (sum += value)),
    contacts: description.contacts.map((contact, k) => ({
      ...contact,
      geom: description.geoms.findIndex(({ name }) => name === contact.geom),
      touching: arrays.contacts.subarray(k * count * description.substeps, (k + 1) * count * description.substeps),
    })),
    moving: description.geoms.map(({ body }) => body !== "world"),
  };
}

/** The frame that is reached at a time; frame k is at (k + 1) dt. */
export function frameAt({ dt, count }, time) {
  return Math.min(count - 1, Math.max(0, Math.floor(time / dt + 1e-6) - 1));
}

/** Whether a contact holds in the sub-step that ends at a time. */
export function touches({ dt, substeps }, { touching }, time) {
  const step = Math.ceil((time / dt) * substeps - 1e-6) - 1;
  return touching[Math.min(touching.length - 1, Math.max(0, step))] === 1;
}

/** Put the pose at a time into `position` (3 a geom) and `orientation` (x, y, z, w a geom).
 *
 * At a frame it is what was recorded; between two, centres follow a smooth curve through the frames around them and
 * rotations the shorter way, so that slow motion does not jerk.
 */
export function poseAt(rollout, time, { position, orientation }) {
  const { arrays, count, dt, step } = rollout;
  const { middle, offset } = arrays;
  const size = rollout.geoms.length * 3;
  const exact = Math.min(count - 1, Math.max(0, time / dt - 1));
  const k = Math.floor(exact + 1e-6);
  const part = Math.max(0, exact - k);
  const at = [k - 1, k, k + 1, k + 2].map((frame) => Math.min(count - 1, Math.max(0, frame)));
  // Catmull and Rom's weights.
  const weights = [
    part * (part * (2 - part) - 1), part * part * (3 * part - 5) + 2,
    part * (part * (4 - 3 * part) + 1), part * part * (part - 1),
  ].map((weight) => weight / 2);
  for (let j = 0; j < size; j += 1) {
    position[j] = 0;
    at.forEach((frame, n) => {
      position[j] += weights[n] * (middle[frame * 3 + (j % 3)] + offset[frame * size + j] * step);
    });
  }
  for (let g = 0; g < rollout.geoms.length; g += 1) {
    const [from, to] = [at[1], at[2]].map((frame) => arrays.orientation.subarray((frame * size) / 3 * 4 + g * 4));
    let dot = 0;
    for (let j = 0; j < 4; j += 1) dot += from[j] * to[j];
    const sign = dot < 0 ? -1 : 1;
    const [w, x, y, z] = [0, 1, 2, 3].map((j) => (1 - part) * from[j] + part * sign * to[j]);
    const length = Math.hypot(w, x, y, z);
    [x, y, z, w].forEach((value, j) => { orientation[g * 4 + j] = value / length; });
  }
}

/** Room for one pose. */
export function emptyPose({ geoms }) {
  return { position: new Float32Array(geoms.length * 3), orientation: new Float32Array(geoms.length * 4) };
}
