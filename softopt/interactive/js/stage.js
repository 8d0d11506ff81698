// The one WebGL context of the page. Every view draws its scene here and takes the pixels to a canvas of its own.
//
// A browser grants a page few contexts and drops the oldest when there are more; with one for all, any number of
// players stand in a notebook. It is let go when the last view leaves.

import { element } from "./dom.js";

const ROUGH = 0.5; // of the pixels along each side, where drawing is slow and the picture will move on

export function makeStage(THREE) {
  const redraws = new Set(); // one for each view
  let renderer = null;
  let modest = false;

  function open() {
    const canvas = element("canvas");
    const context = canvas.getContext("webgl2", { antialias: true, alpha: false, powerPreference: "low-power" });
    if (context === null) throw new Error("this browser has no WebGL");
    renderer = new THREE.WebGLRenderer({ canvas, context });
    renderer.shadowMap.enabled = true;
    modest = withoutGraphicsCard(renderer.getContext());
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
      const share = modest && !sharp ? ROUGH : 1;
      const [width, height] = [Math.ceil(share * canvas.width), Math.ceil(share * canvas.height)];
      const { domElement } = renderer;
      if (domElement.width < width || domElement.height < height) {
        renderer.setSize(Math.max(domElement.width, width), Math.max(domElement.height, height), false);
      }
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

function withoutGraphicsCard(gl) {
  const more = gl.getExtension("WEBGL_debug_renderer_info");
  return /swiftshader|llvmpipe|software/i.test(gl.getParameter(more ? more.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
}
