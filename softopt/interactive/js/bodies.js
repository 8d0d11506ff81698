// Bodies in three.js: geoms in shades of their body's colour, moved to the pose of the clock.

import { redGreenBlue } from "./colour_scale.js";
import { emptyPose, poseAt, touches } from "./pose.js";

/** A geom's shape, `fine` times as many faces around it as a coarse one. MuJoCo's capsules and cylinders lie along z,
 * those of three.js along y. */
function shapeOf(THREE, { kind, size: [a, b, c] }, fine) {
  if (kind === "sphere") return new THREE.SphereGeometry(a, 10 * fine, 7 * fine);
  if (kind === "capsule") return new THREE.CapsuleGeometry(a, 2 * b, 2 * fine, 4 * fine + 2).rotateX(Math.PI / 2);
  if (kind === "cylinder") return new THREE.CylinderGeometry(a, a, 2 * b, 7 * fine).rotateX(Math.PI / 2);
  if (kind === "ellipsoid") return new THREE.SphereGeometry(1, 10 * fine, 7 * fine).scale(a, b, c);
  return new THREE.BoxGeometry(2 * a, 2 * b, 2 * c);
}

const SHADES = [0.36, 0.56, 0.2]; // of limbs: one for all, or in turn where the limbs are a heap of loose parts
const HEAP = 12; // so many bodies are a heap

/** A colour #rrggbb on its way to white, mixed as a painter of screens would. */
function lighter(colour, share) {
  return `rgb(${redGreenBlue(colour).map((part) => Math.round(part + share * (255 - part))).join(",")})`;
}

/** The model's own colour of what never moves, where it stands out: of a goal on the ground, not of a grey wall. */
function ownColour([red, green, blue]) {
  if (Math.max(red, green, blue) - Math.min(red, green, blue) < 0.3) return null;
  return `rgb(${[red, green, blue].map((part) => Math.round(255 * part)).join(",")})`;
}

/** How much lighter than its body's colour each geom is, 0 for the trunk; null for what never moves. */
function shadesOf({ geoms, moving }) {
  const bodies = [...new Set(geoms.filter((_, g) => moving[g]).map(({ body }) => body))];
  const shades = SHADES.slice(0, bodies.length > HEAP ? SHADES.length : 1);
  return geoms.map(({ body }, g) => {
    if (!moving[g]) return null;
    return body === bodies[0] ? 0 : shades[bodies.indexOf(body) % shades.length];
  });
}

/** Put the bodies of all rollouts into the scene; the larger `fine`, the rounder their shapes.
 *
 * Geoms of one shape, of whichever body, are drawn in one go: a dozen spiders are a handful of shapes.
 */
export function bodiesIn(THREE, scene, rollouts, fine) {
  const poses = rollouts.map(emptyPose);
  const shades = rollouts.map(shadesOf);
  const carrier = new THREE.Object3D();
  const colour = new THREE.Color();
  const alike = new Map(); // what a shape is -> the geoms that have it
  rollouts.forEach(({ geoms }, k) => geoms.forEach((geom, g) => {
    const shape = `${geom.kind} ${geom.size}`;
    if (!alike.has(shape)) alike.set(shape, []);
    alike.get(shape).push({ geom, k, g });
  }));
  const material = new THREE.MeshLambertMaterial();
  const heaps = [...alike.values()].map((members) => {
    const mesh = new THREE.InstancedMesh(shapeOf(THREE, members[0].geom, fine), material, members.length);
    mesh.castShadow = true;
    mesh.receiveShadow = true;
    mesh.frustumCulled = false; // its parts go their own ways
    scene.add(mesh);
    return { mesh, members };
  });
  let painted = null; // colours and theme

  function colourOf(k, g, touched) {
    const { colours, theme } = painted;
    if (touched.has(g)) return theme.touch;
    if (shades[k][g] === null) return ownColour(rollouts[k].geoms[g].rgba) ?? theme.wall;
    return lighter(colours[k], shades[k][g]);
  }

  return {
    paint(colours, theme) {
      painted = { colours, theme };
    },

    move(time) {
      rollouts.forEach((rollout, k) => poseAt(rollout, time, poses[k]));
      const touched = rollouts.map((rollout) => new Set(
        rollout.contacts.filter((contact) => touches(rollout, contact, time)).map(({ geom }) => geom),
      ));
      for (const { mesh, members } of heaps) {
        members.forEach(({ k, g }, at) => {
          carrier.position.fromArray(poses[k].position, 3 * g);
          carrier.quaternion.fromArray(poses[k].orientation, 4 * g);
          carrier.updateMatrix();
          mesh.setMatrixAt(at, carrier.matrix);
          mesh.setColorAt(at, colour.set(colourOf(k, g, touched[k])));
        });
        mesh.instanceMatrix.needsUpdate = true;
        mesh.instanceColor.needsUpdate = true;
      }
    },

    dispose() {
      for (const { mesh } of heaps) {
        mesh.geometry.dispose();
        mesh.dispose();
      }
      material.dispose();
    },
  };
}
