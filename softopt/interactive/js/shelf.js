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
