// From where the camera looks: turned by dragging, brought nearer by the wheel, and put back by name.

const ANGLES = { // degrees: how far around, and how far up
  angle: [-62, 14],
  side: [-90, 5],
  above: [-90, 89],
};
const KEYS = { ArrowLeft: [-6, 0], ArrowRight: [6, 0], ArrowUp: [0, 6], ArrowDown: [0, -6] };
const ZOOM = { "+": 1 / 1.15, "=": 1 / 1.15, "-": 1.15 };

export function look(first, changed) {
  const state = { azimuth: 0, elevation: 0, zoom: 1, view: "" };

  function put(name) {
    [state.azimuth, state.elevation] = ANGLES[name];
    state.zoom = 1;
    state.view = name;
  }

  function turn(around, up) {
    state.azimuth = (state.azimuth + around) % 360;
    state.elevation = Math.min(89, Math.max(1, state.elevation + up)); // never from below the ground
    state.view = "";
    changed();
  }

  function zoom(factor) {
    state.zoom = Math.min(6, Math.max(0.25, state.zoom * factor));
    changed();
  }

  /** Listen on a canvas. The wheel is the page's own unless the canvas has the focus, or Ctrl is held. */
  function listen(canvas, signal) {
    let held = null;
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) return;
      held = { id: event.pointerId, x: event.clientX, y: event.clientY };
      canvas.setPointerCapture(event.pointerId);
    }, { signal });
    canvas.addEventListener("pointermove", (event) => {
      if (held?.id !== event.pointerId) return;
      turn((held.x - event.clientX) * 0.4, (event.clientY - held.y) * 0.4);
      held = { id: event.pointerId, x: event.clientX, y: event.clientY };
    }, { signal });
    for (const kind of ["pointerup", "pointercancel"]) {
      canvas.addEventListener(kind, () => { held = null; }, { signal });
    }
    canvas.addEventListener("wheel", (event) => {
      if (document.activeElement !== canvas && !event.ctrlKey && !event.metaKey) return;
      event.preventDefault();
      zoom(Math.exp(Math.min(60, Math.max(-60, event.deltaY)) * 0.003));
    }, { signal, passive: false });
  }

  /** Answer a key pressed on a canvas; false where it means nothing here. */
  function key(event) {
    if (event.shiftKey && KEYS[event.key]) turn(...KEYS[event.key]);
    else if (ZOOM[event.key]) zoom(ZOOM[event.key]);
    else return false;
    return true;
  }

  put(first);
  return { state, put, listen, key };
}
