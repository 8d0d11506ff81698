// Measures an explorer from inside its page: which pixels each move of the slider brings, and after how long.
//
// Listeners in the capture phase keep the time stamp that the browser gave the input; a loop on animation frames
// hashes the pixels of the first canvas and of the last, for the temperature explorer its value map and a curve.
// The first changed hash minus the time stamp is the latency. Reading pixels is slow: all canvases would cost
// as much as what is measured.

globalThis.softoptProbe = (root) => {
  const input = root.querySelector("input[type=range]"); // a world that is dragged has none
  const all = [...root.querySelectorAll("canvas")];
  const canvases = [all[0], all[all.length - 1]];
  const seen = []; // one entry each time that the pixels have changed
  let asked = null; // time stamp of the first input that has not brought new pixels yet
  let last = null;
  let waiting = [];

  const note = (event) => {
    if (asked === null) asked = event.timeStamp;
  };
  const kinds = ["pointermove", "keydown", "input"];
  for (const kind of kinds) document.addEventListener(kind, note, { capture: true });

  function pixels() {
    let hash = 2166136261;
    for (const canvas of canvases) {
      const { width, height } = canvas;
      if (width === 0 || height === 0) continue;
      const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
      const words = new Uint32Array(data.buffer);
      for (let k = 0; k < words.length; k += 1) hash = Math.imul(hash ^ words[k], 16777619);
    }
    return hash >>> 0;
  }

  function tick() {
    const hash = pixels();
    if (last !== null && hash !== last) {
      const latency = asked === null ? null : performance.now() - asked;
      seen.push({ index: Number(input?.value), hash, latency });
      asked = null;
      for (const resolve of waiting) resolve(true);
      waiting = [];
    }
    last = hash;
    if (!probe.stopped) requestAnimationFrame(tick);
  }

  const probe = {
    seen,
    pixels,
    index: () => Number(input?.value),

    /** Wait for pixels that were not there when the call before this one returned; false after two seconds. */
    next: (count) => seen.length > count
      ? Promise.resolve(true)
      : new Promise((resolve) => {
        waiting.push(resolve);
        setTimeout(() => resolve(false), 2000);
      }),

    /** Forget inputs that were not meant as moves. */
    clear() {
      asked = null;
    },

    stop() {
      probe.stopped = true;
      for (const kind of kinds) document.removeEventListener(kind, note, { capture: true });
    },
  };
  requestAnimationFrame(tick);
  return probe;
};
