// The clock that all views of a player share. It runs only while it plays.

/** `end` in seconds; `ticked` is called whenever the time or the state of play has changed. */
export function clock(end, ticked) {
  let request = null;
  let before = 0;
  const self = {
    time: 0,
    rate: 1,

    get playing() {
      return request !== null;
    },

    play() {
      if (self.playing) return;
      if (self.time >= end - 1e-9) self.time = 0; // at the end there is nothing to go on with
      before = performance.now();
      request = requestAnimationFrame(tick);
      ticked();
    },

    pause() {
      if (!self.playing) return;
      cancelAnimationFrame(request);
      request = null;
      ticked();
    },

    goTo(time) {
      self.time = Math.min(end, Math.max(0, time));
      ticked();
    },
  };

  function tick(now) {
    // A page that was asleep goes on where it stopped instead of leaping.
    self.time = Math.min(end, self.time + self.rate * Math.min(0.5, Math.max(0, now - before) / 1000));
    before = now;
    request = self.time < end ? requestAnimationFrame(tick) : null;
    ticked();
  }

  return self;
}
