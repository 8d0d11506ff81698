// Where a body goes and how far it reaches: what a camera needs to know before it looks.

import { emptyPose, poseAt } from "./pose.js";

const CALM = 0.3; // seconds on each side over which the camera's course is smoothed

/** Course of one rollout: its middle at each frame, a smoothed one, and how far the body reaches around it. */
export function courseOf(rollout) {
  const { count, dt, moving, geoms } = rollout;
  const shown = moving.some(Boolean) ? moving : moving.map(() => true);
  const middle = new Float32Array(count * 3);
  const pose = emptyPose(rollout);
  const number = shown.filter(Boolean).length;
  const reach = [0.1, 0.1, 0.1]; // metres along x, y and z
  for (let frame = 0; frame < count; frame += 1) {
    poseAt(rollout, (frame + 1) * dt, pose);
    shown.forEach((is, g) => {
      for (let j = 0; is && j < 3; j += 1) middle[frame * 3 + j] += pose.position[g * 3 + j] / number;
    });
    shown.forEach((is, g) => {
      if (!is) return;
      const radius = geoms[g].kind === "capsule" ? geoms[g].size[0] : Math.max(...geoms[g].size);
      const half = geoms[g].kind === "capsule" ? geoms[g].size[1] : 0;
      const [i, j, k, w] = pose.orientation.subarray(4 * g, 4 * g + 4);
      const along = [2 * (i * k + j * w), 2 * (j * k - i * w), 1 - 2 * (i * i + j * j)]; // its z axis
      along.forEach((part, n) => {
        const away = Math.abs(pose.position[3 * g + n] - middle[3 * frame + n]);
        reach[n] = Math.max(reach[n], away + Math.abs(part) * half + radius);
      });
    });
  }
  const height = middle.reduce((sum, value, j) => (j % 3 === 2 ? sum + value / count : sum), 0);
  const half = Math.round(CALM / dt);
  const calm = new Float32Array(count * 3);
  for (let frame = 0; frame < count; frame += 1) {
    const near = Math.min(half, frame, count - 1 - frame); // even on both sides, so that it does not lag
    for (let j = 0; j < 2; j += 1) {
      for (let k = frame - near; k <= frame + near; k += 1) calm[frame * 3 + j] += middle[k * 3 + j] / (2 * near + 1);
    }
    calm[frame * 3 + 2] = height;
  }
  return { calm, middle, reach, count, dt, walls: cornersOf(rollout) };
}

/** Corners (x, y, z each) of the boxes that stand still. */
function cornersOf(rollout) {
  const pose = emptyPose(rollout);
  poseAt(rollout, rollout.dt, pose);
  return rollout.geoms.flatMap(({ kind, size }, g) => {
    if (rollout.moving[g] || kind !== "box") return [];
    const [i, j, k, w] = pose.orientation.subarray(4 * g, 4 * g + 4);
    const axes = [ // columns of the rotation
      [1 - 2 * (j * j + k * k), 2 * (i * j + k * w), 2 * (i * k - j * w)],
      [2 * (i * j - k * w), 1 - 2 * (i * i + k * k), 2 * (j * k + i * w)],
      [2 * (i * k + j * w), 2 * (j * k - i * w), 1 - 2 * (i * i + j * j)],
    ];
    return [0, 1, 2, 3, 4, 5, 6, 7].map((corner) => [0, 1, 2].map((n) => axes.reduce(
      (sum, axis, m) => sum + (corner & (1 << m) ? 1 : -1) * size[m] * axis[n],
      pose.position[3 * g + n],
    )));
  });
}

/** The smoothed middle at a time. */
function placeAt({ calm, count, dt }, time) {
  const exact = Math.min(count - 1, Math.max(0, time / dt - 1));
  const k = Math.min(count - 1, Math.floor(exact));
  const next = Math.min(count - 1, k + 1);
  return [0, 1, 2].map((j) => calm[k * 3 + j] + (exact - k) * (calm[next * 3 + j] - calm[k * 3 + j]));
}

/** Where a camera looks that goes with the bodies, half of the box that it has to see around that place, and how far
 * along an axis it has to see.
 */
export function follow(courses, time) {
  const places = courses.map((course) => placeAt(course, time));
  const target = [0, 1, 2].map((j) => places.reduce((sum, place) => sum + place[j], 0) / places.length);
  const half = [0, 1, 2].map((j) => Math.max(
    ...places.map((place, k) => Math.abs(place[j] - target[j]) + courses[k].reach[j]),
  ));
  const reached = (axis) => axis.reduce((sum, part, j) => sum + Math.abs(part) * half[j], 0);
  return { target, half, reached };
}

/** The same for a camera that stays and sees the whole way, and the `walls` around it if they are asked for. */
export function overlook(courses, walls) {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (const { calm, reach } of courses) {
    calm.forEach((value, index) => {
      const j = index % 3;
      low[j] = Math.min(low[j], value - reach[j]);
      high[j] = Math.max(high[j], value + reach[j]);
    });
  }
  const corners = walls ? courses.flatMap((course) => course.walls) : [];
  for (const corner of corners) {
    corner.forEach((value, j) => {
      low[j] = Math.min(low[j], value);
      high[j] = Math.max(high[j], value);
    });
  }
  const target = low.map((value, j) => (value + high[j]) / 2);
  const away = (axis, place) => Math.abs(axis.reduce((sum, part, j) => sum + part * (place[j] - target[j]), 0));
  const reached = (axis) => Math.max(
    ...corners.map((corner) => away(axis, corner)),
    ...courses.map(({ calm, reach, count }) => {
      let far = 0;
      for (let k = 0; k < count; k += 1) far = Math.max(far, away(axis, calm.subarray(3 * k, 3 * k + 3)));
      return far + axis.reduce((sum, part, j) => sum + Math.abs(part) * reach[j], 0);
    }),
  );
  return { target, half: low.map((value, j) => (high[j] - value) / 2), reached };
}
