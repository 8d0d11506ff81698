// A view in three dimensions of one rollout, or of several together.

import { bodiesIn } from "./bodies.js";
import { overlook } from "./course.js";
import { groundIn } from "./ground.js";
import { traceIn } from "./trace.js";

const FIELD = 30; // degrees from top to bottom
const RADIAN = Math.PI / 180;
const SUN = [-2.2, -2.4, 5]; // where it stands, seen from what it shines on
const STEEP = SUN[2] / Math.hypot(...SUN);

/** Make the view. It throws where there is no WebGL; `redraw` is called when a lost context came back. */
export function scene3d({ THREE, stage }, rollouts, courses, redraw) {
  stage.enter(redraw);
  const scene = new THREE.Scene();
  const camera = new THREE.PerspectiveCamera(FIELD, 1, 0.1, 1000);
  camera.up.set(0, 0, 1);
  scene.fog = new THREE.Fog("#ffffff", 1, 100);
  const sky = new THREE.HemisphereLight();
  sky.position.copy(camera.up);
  const sun = new THREE.DirectionalLight();
  sun.shadow.mapSize.setScalar(1024);
  sun.shadow.radius = 5;
  sun.shadow.normalBias = 0.02;
  scene.add(sky, sun, sun.target);
  const height = rollouts.find(({ ground }) => ground !== null)?.ground;
  const ground = height === undefined ? null : groundIn(THREE, scene, height, stage.modest);
  const fine = rollouts.length > 2 ? 1 : 2; // many are small
  const bodies = bodiesIn(THREE, scene, rollouts, stage.modest ? fine : 4);
  const width = Math.max(...overlook(courses).half) * 0.006;
  const traces = rollouts.length > 1 ? courses.map((course) => traceIn(THREE, scene, course, height ?? 0, width)) : [];
  let painted = null;

  function paint(theme, colours) {
    painted = theme;
    scene.fog.color.set(theme.sky);
    scene.background = scene.fog.color;
    sky.color.set("#ffffff");
    sky.groundColor.set(theme.dark ? "#39414a" : "#b9b4ac");
    sky.intensity = theme.dark ? 0.8 : 1.55;
    sun.intensity = theme.dark ? 1.9 : 1.7;
    ground?.paint(theme, (sky.intensity + STEEP * sun.intensity) / Math.PI);
    bodies.paint(colours, theme);
    traces.forEach((trace, k) => trace.paint(colours[k]));
  }

  /** Put the camera so far away that all fits that is `reached` along its axes; return the distance. */
  function aim({ azimuth, elevation, zoom }, target, reached) {
    const [around, up] = [azimuth * RADIAN, elevation * RADIAN];
    const back = [Math.cos(up) * Math.cos(around), Math.cos(up) * Math.sin(around), Math.sin(up)];
    const right = [-Math.sin(around), Math.cos(around), 0];
    const above = [-Math.sin(up) * Math.cos(around), -Math.sin(up) * Math.sin(around), Math.cos(up)];
    const [deep, wide, high] = [back, right, above].map(reached);
    const fits = Math.max(1.15 * wide / camera.aspect, 1.3 * high) / Math.tan((FIELD / 2) * RADIAN);
    const distance = zoom * (fits + 0.4 * deep);
    camera.position.set(...target.map((value, j) => value + distance * back[j]));
    camera.lookAt(...target);
    camera.near = distance / 50;
    camera.far = distance * 12 + 60;
    camera.updateProjectionMatrix();
    return distance;
  }

  function shine(target, span) {
    sun.target.position.set(...target);
    sun.position.set(...target.map((value, j) => value + span * SUN[j]));
    const side = 1.5 * span;
    Object.assign(sun.shadow.camera, { left: -side, right: side, top: side, bottom: -side, near: 0.1, far: 12 * span });
    sun.shadow.camera.updateProjectionMatrix();
  }

  return {
    draw(context, { time, theme, colours, look, target, half, reached, sharp }) {
      if (painted !== theme) paint(theme, colours);
      for (const each of [bodies, ...traces]) each.move(time);
      camera.aspect = context.canvas.width / context.canvas.height;
      const distance = aim(look, target, reached);
      scene.fog.near = distance * 1.6;
      scene.fog.far = distance * 7 + 6;
      const shadows = sharp || !stage.modest;
      ground?.move(target, distance, target[1] - Math.min(half[1] + 0.08 * distance, 0.2 * distance), shadows);
      shine(target, Math.max(...half));
      sun.castShadow = shadows;
      stage.draw(scene, camera, context, sharp);
    },

    dispose() {
      for (const each of [bodies, ...traces]) each.dispose();
      ground?.dispose();
      sun.shadow.dispose();
      stage.leave(redraw);
    },
  };
}
