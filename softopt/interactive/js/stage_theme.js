// Colours of the page and those that only a scene needs: sky, ground, and a foot that touches it.

import { readTheme } from "./dom.js";

export function readStageTheme(root) {
  const style = getComputedStyle(root);
  const read = (name) => style.getPropertyValue(`--softopt-${name}`).trim();
  return {
    ...readTheme(root),
    sky: read("sky"),
    ground: [read("ground-1"), read("ground-2")],
    touch: read("touch"),
    dark: read("night") === "1",
  };
}
