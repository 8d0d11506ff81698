// The widget that brings three.js to the page, once for all players. It shows nothing itself.
/* global softoptThree */

import { shelf } from "./shelf.js";
import { makeStage } from "./stage.js";

function initialize({ model }) {
  shelf(model.get("name")).put({ THREE: softoptThree, stage: makeStage(softoptThree) });
}

export default { initialize };
