// A stall of the player: one picture, and under it the numbers and the timeline of each rollout in it.

import { follow, overlook } from "./course.js";
import { element } from "./dom.js";
import { figures, titled } from "./figures.js";
import { flatView } from "./flat.js";
import { scene3d } from "./scene3d.js";
import { surface } from "./surface.js";
import { timeline } from "./timeline.js";

const MANY = 4; // so many bodies in one picture have no room for numbers of their own

/**
 * Make the stall of `members`, indices into all rollouts. `say` returns the sentence of the moment, `jump` goes to
 * a time, `listen` makes a picture turn.
 */
export function stall(spec, rollouts, courses, members, { say, jump, listen }, signal) {
  const mine = members.map((k) => rollouts[k]);
  const theirs = members.map((k) => courses[k]);
  const together = members.length > 1;
  const whole = overlook(theirs, spec.walls);
  let view = null;

  const picture = surface({
    title: together ? spec.name : titled(mine[0], members[0]),
    basis: 320,
    height: (width) => Math.round(Math.min(440, Math.max(200, width * (together ? 0.52 : 0.6)))),
    draw(context, width, height, state) {
      const aim = state.follow ? follow(theirs, state.time) : whole;
      const colours = members.map((k) => state.colours[k]);
      view?.draw(context, { ...state, ...aim, colours, width, height });
    },
    label: () => `${mine.map(({ title }) => title).join(" and ")}. ${say()}`,
  });
  picture.canvas.classList.add("softopt-picture");
  picture.canvas.tabIndex = 0;
  picture.canvas.setAttribute("data-lm-suppress-shortcuts", "true");
  listen(picture.canvas);

  const surfaces = [picture];
  const numbers = members.length > MANY ? [] : members.map((k) => figures(rollouts[k], k, together));
  const node = element("div", { class: "softopt-stall" }, picture.figure, ...numbers.map((each) => each.node));
  for (const k of members.length > 2 ? [] : members) {
    const line = timeline(rollouts[k], k, together);
    if (line === null) continue;
    const made = surface(line);
    made.canvas.classList.add("softopt-selectable");
    made.canvas.addEventListener("click", (event) => jump(line.pick(event.offsetX)), { signal });
    surfaces.push(made);
    node.append(made.figure);
  }

  return {
    node,

    fit() {
      for (const each of surfaces) each.fit();
    },

    draw(state) {
      for (const each of surfaces) each.draw(state);
      for (const each of numbers) each.show(state.time);
    },

    /** Show the bodies in three dimensions. Throws where there is no WebGL. */
    raise(library, redraw) {
      const made = scene3d(library, mine, theirs, redraw);
      view?.dispose();
      view = made;
    },

    /** Show them flat. */
    lower() {
      view?.dispose();
      view = flatView(mine);
    },

    dispose: () => view?.dispose(),
  };
}
