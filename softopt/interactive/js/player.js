// The player: recorded rollouts side by side, in one scene, or one of them at a time, on one clock, each with its
// numbers and its timeline.
//
// As in the explorer, the frame lives in the widget's model and is never saved to the kernel: every view of one
// player follows it, and no message is sent.

import { clock } from "./clock.js";
import { controls } from "./controls.js";
import { courseOf } from "./course.js";
import { element, watchTheme } from "./dom.js";
import { look } from "./look.js";
import { frameAt, unpackRollout } from "./pose.js";
import { rangeSlider } from "./range_slider.js";
import { readStageTheme } from "./stage_theme.js";
import { bring } from "./shelf.js";
import { stall } from "./stall.js";

const QUIET = 600; // ms without a move before a screen reader is told the numbers
const REST = 150; // ms without a move before a slow computer draws sharply
const KEYS_OF_TIME = "Space plays and pauses, ← and → go one frame.";
const KEYS_OF_VIEW = "Drag a picture to turn it, or use Shift with the arrow keys; + and − bring it nearer and take it "
  + "away, and so does the wheel once you have clicked the picture.";
const FLAT = "so the bodies are drawn flat, from the side.";

/** Show what the kernel has sent, and begin again whenever it sends other rollouts. */
function render({ model, el }) {
  let leave = mount({ model, el });
  const again = () => {
    leave();
    el.replaceChildren();
    leave = mount({ model, el });
  };
  model.on("change:frames", again);
  return () => {
    model.off("change:frames", again);
    leave();
  };
}

function mount({ model, el }) {
  const controller = new AbortController();
  const { signal } = controller;
  const spec = model.get("spec");
  const bytes = model.get("frames");
  const buffer = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.byteLength);
  const rollouts = spec.rollouts.map((description) => unpackRollout(description, buffer));
  const courses = rollouts.map(courseOf);
  const ticks = { dt: spec.step, count: spec.labels.length };
  const timeOf = (frame) => (frame + 1) * spec.step;
  const frameNow = () => frameAt(ticks, watch.time);

  const watch = clock(timeOf(ticks.count - 1), ticked);
  const eye = look(spec.view, requestDraw);
  let follows = spec.follow;
  let theme = null;
  let colours = [];
  let quiet;
  let rest;
  let slow = false; // whether the stage draws slowly
  let request = null;
  let own = ""; // the position that this view was the last to put into the model
  let [, chosen] = model.get("position"); // which rollout is on show, where they are shown one at a time

  const choice = spec.choose && rangeSlider(spec.choose, choose, signal);
  const slider = rangeSlider({ name: "time", labels: spec.labels }, goTo, signal);
  const bar = controls({
    toggled: toggle,
    paced(rate) { watch.rate = rate; },
    viewed(name) { eye.put(name); requestDraw(); },
    followed(on) { follows = on; requestDraw(); },
  }, spec, signal);
  const sentence = element("p", { class: "softopt-sentence" });
  const spoken = element("p", { class: "softopt-spoken", role: "status" });
  const touching = rollouts.some(({ contacts }) => contacts.length > 0) ? " A foot on the ground is yellow." : "";
  const hint = element("p", { class: "softopt-hint" }, `${KEYS_OF_TIME} ${KEYS_OF_VIEW}${touching}`);
  const all = rollouts.map((_, k) => k);
  const groups = spec.together ? [all] : all.map((k) => [k]);
  const stalls = groups.map((members) => stall(spec, rollouts, courses, members, {
    say: () => sentence.textContent,
    jump: (time) => goTo(frameAt(ticks, time + spec.step / 2)),
    listen(canvas) {
      eye.listen(canvas, signal);
      canvas.addEventListener("keydown", pressed, { signal });
    },
  }, signal));
  const root = element("section", {
    class: "softopt softopt-player",
    "aria-label": spec.name,
    "data-view": "waiting",
  });
  const row = element("div", { class: "softopt-row" }, ...stalls.map(({ node }) => node));
  const sliders = [choice, slider].filter(Boolean).map(({ node }) => node);
  root.append(bar.node, element("div", { class: "softopt-sliders" }, ...sliders), row, sentence, spoken, hint);
  el.append(root);

  function goTo(frame) {
    watch.pause();
    watch.goTo(timeOf(frame));
  }

  /** Put another rollout on show; the clock goes on. */
  function choose(k) {
    chosen = k;
    show();
    fit(); // what was hidden has no size yet
    ticked();
  }

  function show() {
    if (!choice) return;
    choice.show(chosen);
    stalls.forEach(({ node }, k) => { node.hidden = k !== chosen; });
  }

  const onShow = () => (choice ? [stalls[chosen]] : stalls);
  const position = () => (choice ? [frameNow(), chosen] : [frameNow()]);

  function toggle() {
    if (watch.playing) goTo(frameNow()); // what stands still is a frame that was recorded
    else watch.play();
  }

  /** A key on a picture. */
  function pressed(event) {
    const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    if (step && !event.shiftKey) goTo(Math.min(ticks.count - 1, Math.max(0, frameNow() + step)));
    else if (!eye.key(event)) return;
    event.preventDefault();
    event.stopPropagation();
  }

  function ticked() {
    const here = position();
    if (String(here) !== own) {
      own = String(here);
      model.set("position", here);
    }
    draw();
    clearTimeout(quiet);
    if (!watch.playing) quiet = setTimeout(() => { spoken.textContent = sentence.textContent; }, QUIET);
  }

  /** Another view of this player has moved. */
  function moved() {
    const [frame, k] = model.get("position");
    if (String(model.get("position")) === own) return;
    own = String(model.get("position"));
    if (choice && k !== chosen) choose(k);
    goTo(frame);
  }

  function draw(sharp = false) {
    cancelAnimationFrame(request);
    clearTimeout(rest);
    request = null;
    if (theme === null || signal.aborted) return;
    const frame = frameNow();
    sentence.textContent = (choice ? spec.sentences[chosen] : spec.sentences)[frame];
    slider.show(frame);
    bar.show(watch.playing, eye.state.view);
    const state = { time: watch.time, theme, colours, look: eye.state, follow: follows, sharp };
    for (const each of onShow()) each.draw(state);
    if (slow && !sharp) rest = setTimeout(() => draw(true), REST);
    root.dataset.frame = String(frame);
    root.dataset.playing = String(watch.playing);
    root.dataset.sharp = String(sharp || !slow);
  }

  function requestDraw() {
    request ??= requestAnimationFrame(() => draw());
  }

  function fit() {
    theme = readStageTheme(root);
    colours = rollouts.map((_, k) => theme.series[k % theme.series.length]);
    for (const each of onShow()) each.fit();
    draw();
  }

  function raise(library) {
    if (signal.aborted) return;
    try {
      for (const each of stalls) each.raise(library, () => requestDraw());
      slow = library.stage.modest;
      root.dataset.view = "3d";
      draw();
    } catch {
      lower(`This browser shows no WebGL, ${FLAT}`);
    }
  }

  function lower(reason) {
    if (signal.aborted) return;
    for (const each of stalls) each.lower();
    hint.textContent = `${reason} ${KEYS_OF_TIME}${touching}`;
    bar.flat();
    root.dataset.view = "flat";
    draw();
  }

  root.addEventListener("keydown", (event) => {
    if (event.key !== " " || event.target.matches("button, select, [type=checkbox]")) return;
    event.preventDefault();
    event.stopPropagation();
    toggle();
  }, { signal });
  const sizes = new ResizeObserver(fit);
  sizes.observe(root);
  const sight = new IntersectionObserver(([entry]) => {
    if (!entry.isIntersecting) watch.pause(); // nobody is looking
  });
  sight.observe(root);
  addEventListener("resize", fit, { signal });
  watchTheme(fit, signal);
  model.on("change:position", moved);
  own = String(model.get("position"));
  watch.time = timeOf(model.get("position")[0]);
  show();
  bring(spec.library, model).then(raise, () => lower(`three.js did not arrive, ${FLAT}`));
  if (spec.autoplay && !matchMedia("(prefers-reduced-motion: reduce)").matches) watch.play();

  return () => {
    controller.abort();
    sizes.disconnect();
    sight.disconnect();
    watch.pause();
    clearTimeout(quiet);
    clearTimeout(rest);
    cancelAnimationFrame(request);
    model.off("change:position", moved);
    for (const each of stalls) each.dispose();
  };
}

export default { render };
