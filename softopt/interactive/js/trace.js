// The way that a body has come, as a ribbon just above the ground.

export function traceIn(THREE, scene, { middle, count, dt }, height, width) {
  const points = new Float32Array(count * 6);
  const corners = [];
  for (let k = 0; k < count; k += 1) {
    const [from, to] = [Math.max(0, k - 1), Math.min(count - 1, k + 1)];
    const [dx, dy] = [0, 1].map((j) => middle[3 * to + j] - middle[3 * from + j]);
    const length = Math.hypot(dx, dy) || 1;
    const [x, y] = [middle[3 * k], middle[3 * k + 1]];
    const [aside, along] = [(-dy / length) * width, (dx / length) * width];
    points.set([x + aside, y + along, height + 0.006, x - aside, y - along, height + 0.006], 6 * k);
    if (k > 0) corners.push(2 * k - 2, 2 * k - 1, 2 * k, 2 * k, 2 * k - 1, 2 * k + 1);
  }
  const geometry = new THREE.BufferGeometry();
  geometry.setAttribute("position", new THREE.BufferAttribute(points, 3));
  geometry.setIndex(corners);
  const paint = new THREE.MeshBasicMaterial({ side: THREE.DoubleSide });
  const mesh = new THREE.Mesh(geometry, paint);
  mesh.frustumCulled = false; // what is drawn of it changes
  scene.add(mesh);

  return {
    paint: (colour) => paint.color.set(colour),
    move: (time) => geometry.setDrawRange(0, 6 * Math.max(0, Math.round(time / dt) - 1)),
    dispose() {
      geometry.dispose();
      paint.dispose();
    },
  };
}
