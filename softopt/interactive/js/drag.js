// Move a point in a world by mouse, finger or arrow keys; it stops at the ends and slides along walls.

const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };
const STEPS = 56; // key presses from one side of the world to the other
const FINE = 5; // so many times smaller with the shift key

/** Listen on a canvas; `at` takes its pixels to the world, `read` and `move` know where the point is. */
export function draggable(canvas, { scene, start, at, read, move }, signal) {
  const [left, right, low, high] = scene.limits;
  const step = Math.max(right - left, high - low) / STEPS;
  let held = null;

  const free = ([x, y]) => !scene.walls.some(([x0, x1, y0, y1]) => x > x0 && x < x1 && y > y0 && y < y1);

  function go([x, y]) {
    const old = read();
    const wanted = [Math.min(right, Math.max(left, x)), Math.min(high, Math.max(low, y))];
    const place = [wanted, [wanted[0], old[1]], [old[0], wanted[1]]].find(free); // before a wall, along it
    if (place && (place[0] !== old[0] || place[1] !== old[1])) move(place);
  }

  canvas.tabIndex = 0;
  canvas.classList.add("softopt-draggable");
  canvas.setAttribute("data-lm-suppress-shortcuts", "true");
  canvas.setAttribute("aria-roledescription", "a world to drag an agent in");
  canvas.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    held = event.pointerId;
    canvas.setPointerCapture(held);
    canvas.classList.add("softopt-held");
    go(at(event.offsetX, event.offsetY));
  }, { signal });
  canvas.addEventListener("pointermove", (event) => {
    if (held === event.pointerId) go(at(event.offsetX, event.offsetY));
  }, { signal });
  for (const kind of ["pointerup", "pointercancel"]) {
    canvas.addEventListener(kind, (event) => {
      if (held !== event.pointerId) return;
      held = null;
      canvas.classList.remove("softopt-held");
    }, { signal });
  }
  canvas.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (event.key === "Home") move([...start]);
    else if (KEYS[event.key]) {
      const size = event.shiftKey ? step / FINE : step;
      const old = read();
      go(KEYS[event.key].map((sign, k) => old[k] + sign * size));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  }, { signal });
}
