// The ground: squares of one metre under the body, and its distance from the start written beside its way.

import { element } from "./dom.js";

const WIDE = 240; // metres, always an even number of squares around the camera's target

export function groundIn(THREE, scene, height, modest) {
  const anisotropy = modest ? 1 : 8;
  const tile = element("canvas", { width: 256, height: 256 });
  const squares = new THREE.CanvasTexture(tile);
  squares.wrapS = THREE.RepeatWrapping;
  squares.wrapT = THREE.RepeatWrapping;
  squares.repeat.set(WIDE / 2, WIDE / 2);
  squares.anisotropy = anisotropy;
  squares.colorSpace = THREE.SRGBColorSpace;
  const shaded = new THREE.MeshLambertMaterial({ map: squares });
  const plain = new THREE.MeshBasicMaterial({ map: squares }); // as bright all over, without shadows: drawn faster
  const sheet = new THREE.Mesh(new THREE.PlaneGeometry(WIDE, WIDE), shaded);
  sheet.receiveShadow = true;
  sheet.position.z = height;
  scene.add(sheet);

  const written = new Map(); // text -> mesh
  let theme = null;

  function write(text, size) {
    if (!written.has(text)) {
      const canvas = element("canvas", { width: 256, height: 64 });
      const context = canvas.getContext("2d");
      context.font = theme.font(46, 600);
      context.fillStyle = theme.faint;
      context.textAlign = "center";
      context.textBaseline = "middle";
      context.fillText(text, 128, 34);
      const map = new THREE.CanvasTexture(canvas);
      map.colorSpace = THREE.SRGBColorSpace;
      map.anisotropy = anisotropy;
      const paint = new THREE.MeshBasicMaterial({ map, transparent: true, depthWrite: false });
      const mesh = new THREE.Mesh(new THREE.PlaneGeometry(4, 1), paint);
      scene.add(mesh);
      written.set(text, mesh);
    }
    const mesh = written.get(text);
    mesh.scale.setScalar(size);
    mesh.visible = true;
    return mesh;
  }

  function erase() {
    for (const mesh of written.values()) {
      scene.remove(mesh);
      mesh.material.map.dispose();
      mesh.material.dispose();
      mesh.geometry.dispose();
    }
    written.clear();
  }

  return {
    /** Take on the theme's colours, and how bright the lights make a level sheet. */
    paint(given, brightness) {
      theme = given;
      plain.color.setScalar(brightness);
      erase();
      const context = tile.getContext("2d");
      context.fillStyle = theme.ground[0];
      context.fillRect(0, 0, 256, 256);
      context.fillStyle = theme.ground[1];
      context.fillRect(0, 0, 128, 128);
      context.fillRect(128, 128, 128, 128);
      squares.needsUpdate = true;
    },

    /** Lay the ground under the camera's target, and write distances `aside` of the way, seen from `distance`; it
     * takes `shadows` or is plain. */
    move([x, y], distance, aside, shadows) {
      sheet.material = shadows ? shaded : plain;
      sheet.position.x = Math.round(x / 2) * 2;
      sheet.position.y = Math.round(y / 2) * 2;
      for (const mesh of written.values()) mesh.visible = false;
      const step = [1, 2, 5, 10, 20, 50, 100].find((metres) => metres >= distance / 5) ?? 200;
      const first = Math.round(x / step);
      for (let k = first - 4; k <= first + 4; k += 1) {
        const mesh = write(`${k * step} m`.replace("-", "−"), distance * 0.042);
        mesh.position.set(k * step, aside, height + 0.003);
      }
    },

    dispose() {
      erase();
      squares.dispose();
      shaded.dispose();
      plain.dispose();
      sheet.geometry.dispose();
    },
  };
}
