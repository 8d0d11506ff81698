// The one WebGL context of the page. Every view draws its scene here and takes the pixels to a canvas of its own.
//
// A browser grants a page few contexts and drops the oldest when there are more; with one for all, any number of
// players stand in a notebook. It is let go when the last view leaves.

import { element } from "./dom.js";

// Pixels drawn for one that is shown, along each side, where drawing is slow: fewer while the picture moves; when it
// rests more, which smooths edges. The browser's own smoothing would be paid for at every draw.
const ROUGH = 0.45;
const SHARP = 1.5;

export function makeStage(THREE) {
  const redraws = new Set(); // one for each view
  let renderer = null;
  let modest = null; // asked once a page

  function open() {
    modest ??= withoutGraphicsCard();
    const canvas = element("canvas");
    const context = canvas.getContext("webgl2", { antialias: !modest, alpha: false, powerPreference: "low-power" });
    if (context === null) throw new Error("this browser has no WebGL");
    renderer = new THREE.WebGLRenderer({ canvas, context });
    renderer.shadowMap.enabled = true;
    renderer.shadowMap.type = modest ? THREE.BasicShadowMap : THREE.PCFShadowMap;
    renderer.setScissorTest(true);
    renderer.domElement.addEventListener("webglcontextrestored", () => {
      for (const redraw of redraws) redraw();
    });
  }

  return {
    /** Take a place; `redraw` is called when the context was lost and came back. Throws where there is no WebGL. */
    enter(redraw) {
      if (renderer === null) open();
      redraws.add(redraw);
    },

    /** Whether to leave out what a computer without a graphics card draws slowly; known once a view has entered. */
    get modest() {
      return modest;
    },

    leave(redraw) {
      redraws.delete(redraw);
      if (redraws.size > 0 || renderer === null) return;
      renderer.dispose();
      renderer.forceContextLoss();
      renderer = null;
    },

    /** Draw a scene and put it on all of a 2-D context's canvas. A modest stage is rough where it need not be sharp. */
    draw(scene, camera, context, sharp) {
      const { canvas } = context;
      const share = modest ? (sharp ? SHARP : ROUGH) : 1;
      const [width, height] = [canvas.width, canvas.height].map((side) => Math.ceil(share * side));
      const { domElement } = renderer;
      // All of the stage is copied. Where that is slow none of it is idle; elsewhere it only grows, to be made seldom.
      const wide = modest ? width : Math.max(domElement.width, width);
      const high = modest ? height : Math.max(domElement.height, height);
      if (domElement.width !== wide || domElement.height !== high) renderer.setSize(wide, high, false);
      renderer.setViewport(0, 0, width, height);
      renderer.setScissor(0, 0, width, height);
      renderer.render(scene, camera);
      context.save();
      context.setTransform(1, 0, 0, 1, 0, 0);
      context.drawImage(domElement, 0, domElement.height - height, width, height, 0, 0, canvas.width, canvas.height);
      context.restore();
    },

    /** How many views draw here, and in which context: for those who wonder whether all was let go. */
    get views() {
      return redraws.size;
    },

    get context() {
      return renderer?.getContext() ?? null;
    },
  };
}

/** Ask a context of its own, which is let go at once: how one smooths edges is settled when it is made. */
function withoutGraphicsCard() {
  const gl = element("canvas").getContext("webgl2");
  const more = gl?.getExtension("WEBGL_debug_renderer_info");
  const name = gl?.getParameter(more ? more.UNMASKED_RENDERER_WEBGL : gl.RENDERER);
  gl?.getExtension("WEBGL_lose_context")?.loseContext();
  return /swiftshader|llvmpipe|software/i.test(name);
}
