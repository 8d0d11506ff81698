// Where one script of the page leaves something for another: what is heavy is brought once and taken by many.

/** The place with this name, the same for whoever asks; `taken` is a promise of what is `put` there. */
export function shelf(name) {
  const shelves = (globalThis.softoptShelves ??= new Map());
  if (!shelves.has(name)) {
    let put;
    const taken = new Promise((resolve) => { put = resolve; });
    shelves.set(name, { taken, put });
  }
  return shelves.get(name);
}

const PATIENCE = 15_000; // ms

/** What another widget of this page puts there. Asking for it, which `model` can, wakes it where it sleeps. */
export function bring(name, model) {
  const id = model.get("library")?.replace("IPY_MODEL_", "");
  model.widget_manager?.get_model(id)?.catch(() => {}); // where it is not to be had, patience runs out
  const late = new Promise((_, give) => { setTimeout(give, PATIENCE); });
  return Promise.race([shelf(name).taken, late]);
}
