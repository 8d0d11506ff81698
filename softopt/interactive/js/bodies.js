// Bodies in three.js: a mesh for each geom, in shades of the body's colour, moved to the pose of the clock.

import { redGreenBlue } from "./colour_scale.js";
import { emptyPose, poseAt, touches } from "./pose.js";

/** A geom's shape, `fine` times as many faces around it as a coarse one. MuJoCo's capsules and cylinders lie along z,
 * those of three.js along y. */
function shapeOf(THREE, { kind, size: [a, b, c] }, fine) {
  if (kind === "sphere") return new THREE.SphereGeometry(a, 6 * fine, 4 * fine);
  if (kind === "capsule") return new THREE.CapsuleGeometry(a, 2 * b, 2 * fine, 4 * fine).rotateX(Math.PI / 2);
  if (kind === "cylinder") return new THREE.CylinderGeometry(a, a, 2 * b, 7 * fine).rotateX(Math.PI / 2);
  if (kind === "ellipsoid") return new THREE.SphereGeometry(1, 6 * fine, 4 * fine).scale(a, b, c);
  return new THREE.BoxGeometry(2 * a, 2 * b, 2 * c);
}

const SHADES = [0.36, 0.56, 0.2]; // of limbs: one for all, or in turn where the limbs are a heap of loose parts
const HEAP = 12; // so many bodies are a heap

/** A colour #rrggbb on its way to white, mixed as a painter of screens would. */
function lighter(colour, share) {
  return `rgb(${redGreenBlue(colour).map((part) => Math.round(part + share * (255 - part))).join(",")})`;
}

/** Put a rollout's body into the scene; the larger `fine`, the rounder its shapes. */
export function bodyIn(THREE, scene, rollout, fine) {
  const paints = Object.fromEntries(
    ["trunk", "touching", "still"].map((part) => [part, new THREE.MeshLambertMaterial()]),
  );
  const trunk = rollout.geoms.find((_, g) => rollout.moving[g])?.body;
  const bodies = [...new Set(rollout.geoms.filter((_, g) => rollout.moving[g]).map(({ body }) => body))];
  const limbs = SHADES.slice(0, bodies.length > HEAP ? SHADES.length : 1).map(() => new THREE.MeshLambertMaterial());
  const paintOf = (g) => {
    if (!rollout.moving[g]) return paints.still;
    const { body } = rollout.geoms[g];
    return body === trunk ? paints.trunk : limbs[bodies.indexOf(body) % limbs.length];
  };
  const meshes = rollout.geoms.map((geom, g) => {
    const mesh = new THREE.Mesh(shapeOf(THREE, geom, fine), paintOf(g));
    mesh.castShadow = true;
    mesh.receiveShadow = true;
    scene.add(mesh);
    return mesh;
  });
  const pose = emptyPose(rollout);

  return {
    paint(colour, theme) {
      paints.trunk.color.set(colour);
      limbs.forEach((limb, k) => limb.color.set(lighter(colour, SHADES[k])));
      paints.touching.color.set(theme.touch);
      paints.still.color.set(theme.wall);
    },

    move(time) {
      poseAt(rollout, time, pose);
      meshes.forEach((mesh, g) => {
        mesh.position.fromArray(pose.position, 3 * g);
        mesh.quaternion.fromArray(pose.orientation, 4 * g);
      });
      for (const contact of rollout.contacts) {
        const on = touches(rollout, contact, time);
        meshes[contact.geom].material = on ? paints.touching : paintOf(contact.geom);
      }
    },

    dispose() {
      for (const mesh of meshes) mesh.geometry.dispose();
      for (const paint of [...Object.values(paints), ...limbs]) paint.dispose();
    },
  };
}
