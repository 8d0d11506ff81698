// The host of the course's widgets in a page without a kernel.
//
// Each widget is an anywidget: an ES module with `render({ model, el })`, and for some `initialize({ model })`. In a
// notebook JupyterLab gives it a model that talks to the kernel. Here it gets one that holds the saved state and talks
// to nobody. Files are fetched when the reader comes near; until then, and where it fails, the still picture stays.

const NEAR = "600px";
const HERE = new URL("widgets/", import.meta.url);
const REFERENCE = "IPY_MODEL_";
const loaded = new Map(); // file name -> promise of { model, widget }: two views of one widget share its model

/** What a widget's script knows as its model. */
class Model {
  #state;

  #calls = new Map(); // event -> functions

  constructor(state) {
    this.#state = state;
    this.widget_manager = { get_model: (name) => load(name.replace(REFERENCE, "")).then(({ model }) => model) };
  }

  get(name) {
    return this.#state[name];
  }

  set(name, value) {
    if (Object.is(this.#state[name], value)) return;
    this.#state[name] = value;
    this.#tell(`change:${name}`, this, value);
    this.#tell("change", this);
  }

  on(events, call) {
    for (const event of events.split(" ")) this.#calls.set(event, [...(this.#calls.get(event) ?? []), call]);
  }

  off(events, call) {
    for (const event of events?.split(" ") ?? this.#calls.keys()) {
      this.#calls.set(event, (this.#calls.get(event) ?? []).filter((old) => call && old !== call));
    }
  }

  save_changes() {} // there is nobody to tell

  send() {}

  #tell(event, ...news) {
    for (const call of this.#calls.get(event) ?? []) call(...news);
  }
}

/** Fetch a widget by the name of its JSON file, once. */
function load(name) {
  if (!loaded.has(name)) loaded.set(name, fetchWidget(name));
  return loaded.get(name);
}

async function fetchWidget(name) {
  const { esm, css, state, arrays } = await ask(name, "json");
  const [module, , ...buffers] = await Promise.all([
    import(new URL(esm, HERE)),
    css && addStyle(new URL(css, HERE).href),
    ...Object.values(arrays).map((file) => ask(file, "arrayBuffer")),
  ]);
  Object.keys(arrays).forEach((trait, k) => { state[trait] = new DataView(buffers[k]); });
  const model = new Model(state);
  const widget = typeof module.default === "function" ? await module.default() : module.default;
  await widget.initialize?.({ model });
  return { model, widget };
}

async function ask(file, as) {
  const answer = await fetch(new URL(file, HERE));
  if (!answer.ok) throw new Error(`${file} is not to be had (${answer.status})`);
  return answer[as]();
}

/** Add a style sheet to the page, once, and wait until it applies. */
function addStyle(href) {
  if (document.querySelector(`link[href="${href}"]`)) return Promise.resolve();
  const link = document.createElement("link");
  link.rel = "stylesheet";
  link.href = href;
  return new Promise((resolve, reject) => {
    link.onload = resolve;
    link.onerror = () => reject(new Error("its style sheet is not to be had"));
    document.head.append(link);
  });
}

async function show(place) {
  try {
    const { model, widget } = await load(place.dataset.widget.split("/").at(-1));
    const el = document.createElement("div");
    el.className = "widget-live";
    place.prepend(el);
    await widget.render?.({ model, el });
    place.dataset.shown = "live";
  } catch (error) {
    place.querySelector(".widget-live")?.remove();
    place.dataset.shown = "still";
    const note = place.querySelector(".widget-note");
    note.hidden = false;
    note.textContent = `This is the still picture. The figure that moves could not be loaded: ${error.message}.`;
  }
}

const places = document.querySelectorAll("[data-widget]");
const sight = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (!isIntersecting) continue;
    sight.unobserve(target);
    show(target);
  }
}, { rootMargin: NEAR });
for (const place of places) {
  if (location.protocol === "file:") {
    const note = place.querySelector(".widget-note");
    note.hidden = false;
    note.textContent = "This is the still picture. A browser runs no widgets from a file: serve the folder of this "
      + "page, as with python -m http.server, and open it at localhost.";
  } else {
    sight.observe(place);
  }
}
