// A view from the side on a plain canvas, for browsers without WebGL: shapes as they would throw their shadow.

import { emptyPose, poseAt, touches } from "./pose.js";

export function flatView(rollouts) {
  const poses = rollouts.map(emptyPose);

  return {
    draw(context, { time, theme, colours, target, half, width, height }) {
      const scale = Math.min(width / (2.4 * half[0]), height / (3.4 * half[2]));
      const span = width / scale / 2; // metres to each side
      const toX = (x) => width / 2 + (x - target[0]) * scale;
      const toY = (z) => height / 2 - (z - target[2]) * scale;
      context.fillStyle = theme.sky;
      context.fillRect(0, 0, width, height);
      drawGround(context, rollouts[0].ground, target, span, toX, toY, width, height, theme);
      rollouts.forEach((rollout, k) => {
        poseAt(rollout, time, poses[k]);
        const on = rollout.contacts.filter((contact) => touches(rollout, contact, time)).map(({ geom }) => geom);
        rollout.geoms.forEach((geom, g) => {
          const colour = on.includes(g) ? theme.touch : rollout.moving[g] ? colours[k] : theme.wall;
          drawGeom(context, geom, poses[k], g, toX, toY, scale, colour, theme);
        });
      });
    },
    dispose() {},
  };
}

function drawGround(context, ground, [x], span, toX, toY, width, height, theme) {
  if (ground === null) return;
  const top = toY(ground);
  context.fillStyle = theme.ground[0];
  context.fillRect(0, top, width, height - top);
  context.fillStyle = theme.ground[1];
  context.font = theme.font(12);
  context.textAlign = "center";
  for (let metre = Math.floor(x - span - 1); metre < x + span + 1; metre += 1) {
    if (metre % 2 === 0) context.fillRect(toX(metre), top, toX(metre + 1) - toX(metre), height - top);
  }
  context.fillStyle = theme.faint;
  for (let metre = Math.floor(x - span - 1); metre < x + span + 1; metre += 1) {
    context.fillText(`${metre} m`.replace("-", "−"), toX(metre), top + 18);
  }
}

function drawGeom(context, geom, { position, orientation }, g, toX, toY, scale, colour, theme) {
  const [x, , z] = position.subarray(3 * g, 3 * g + 3);
  const [i, j, k, w] = orientation.subarray(4 * g, 4 * g + 4);
  // Where the geom's three axes point, seen from the side: (x, z) of each.
  const axes = [
    [1 - 2 * (j * j + k * k), 2 * (i * k - j * w)],
    [2 * (i * j - k * w), 2 * (j * k + i * w)],
    [2 * (i * k + j * w), 1 - 2 * (i * i + j * j)],
  ];
  const [a, b, c] = geom.size;
  context.fillStyle = colour;
  context.strokeStyle = theme.sky;
  context.lineWidth = 1;
  if (geom.kind === "sphere" || geom.kind === "capsule") {
    const half = geom.kind === "sphere" ? 0 : b;
    const [dx, dz] = axes[2].map((part) => part * half);
    context.lineCap = "round";
    // A wider line below leaves an edge between the parts.
    for (const [style, wider] of [[theme.sky, 2], [colour, 0]]) {
      context.strokeStyle = style;
      context.lineWidth = 2 * a * scale + wider;
      context.beginPath();
      context.moveTo(toX(x - dx), toY(z - dz));
      context.lineTo(toX(x + dx) + 0.01, toY(z + dz));
      context.stroke();
    }
    return;
  }
  const [rx, ry, rz] = geom.kind === "cylinder" ? [a, a, b] : [a, b, c];
  const corners = [];
  for (const p of [-rx, rx]) for (const q of [-ry, ry]) for (const r of [-rz, rz]) {
    const [dx, dz] = [0, 1].map((n) => p * axes[0][n] + q * axes[1][n] + r * axes[2][n]);
    corners.push([toX(x + dx), toY(z + dz)]);
  }
  context.beginPath();
  hull(corners).forEach(([px, py], n) => (n === 0 ? context.moveTo(px, py) : context.lineTo(px, py)));
  context.closePath();
  context.fill();
  context.stroke();
}

/** The corners around the outside, by a monotone chain. */
function hull(points) {
  const sorted = [...points].sort((p, q) => p[0] - q[0] || p[1] - q[1]);
  const half = (order) => {
    const chain = [];
    for (const point of order) {
      while (chain.length > 1) {
        const [p, q] = chain.slice(-2);
        if ((q[0] - p[0]) * (point[1] - p[1]) - (q[1] - p[1]) * (point[0] - p[0]) > 0) break;
        chain.pop();
      }
      chain.push(point);
    }
    return chain.slice(0, -1);
  };
  return [...half(sorted), ...half(sorted.reverse())];
}
