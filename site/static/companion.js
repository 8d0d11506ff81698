// The lecture companion: which moment it is, and the section that belongs to it, in a pane beside the timeline.
//
// One hand is enough, either one: the arrow keys and space, or W A S D and space. A clock runs beside the video, since
// nothing here can know where the video is.

const STEP = 5; // seconds of a step back or on
const KEYS = {
  ArrowUp: "before", w: "before", ArrowDown: "after", s: "after",
  ArrowLeft: "back", a: "back", ArrowRight: "on", d: "on",
  " ": "run",
};
const HELP = "Space starts and stops the clock with the video. ← → (or A D): 5 seconds back or on. ↑ ↓ (or W S): the "
  + "moment before or after.";

const moments = [...document.querySelectorAll(".moments li")]
  .map((item) => ({ item, at: Number(item.dataset.seconds) }));

/** Read "178", "2:58" or "0:02:58" as seconds; NaN is what cannot be read. */
function seconds(text) {
  if (!/^\d+(:[0-5]?\d){0,2}(\.\d+)?$/.test(text.trim())) return NaN;
  return text.trim().split(":").reduce((sum, part) => 60 * sum + Number(part), 0);
}

function written(time) {
  const whole = Math.floor(time);
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, "0")}`;
}

function make(tag, attributes, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function begin(root) {
  let time = 0;
  let current = null;
  let since = null; // when the clock was started, and at which time; null while it stands
  let ticking;
  let place = ""; // where in its page the section begins

  const frame = make("iframe", { name: "section", title: "The section of the course for this moment" });
  const clock = make("input", { "aria-label": "Time in the lecture, minutes and seconds", inputmode: "numeric" });
  const run = make("button", { type: "button" });
  const news = make("p", { role: "status" });
  const button = (text, label, act) => {
    const made = make("button", { type: "button", "aria-label": label, title: label }, text);
    made.addEventListener("click", () => acts[act]());
    return made;
  };
  const acts = {
    back: () => go(time - STEP),
    on: () => go(time + STEP),
    before: () => step(-1),
    after: () => step(1),
    run: () => (since ? stop() : start()),
  };
  run.addEventListener("click", acts.run);
  const bar = root.querySelector(".companion-bar");
  bar.append(
    clock, button("−5 s", "−5 s: go back", "back"), run, button("+5 s", "+5 s: go on", "on"),
    button("↑", "the moment before", "before"), button("↓", "the moment after", "after"), news,
  );
  const side = root.querySelector(".companion-pane");
  side.append(frame);
  bar.hidden = false;
  side.hidden = false;
  root.classList.add("opened");
  news.textContent = HELP;

  /** Be at a time: the clock shows it, and the latest moment that has begun is open. */
  function go(when, { remember = true } = {}) {
    time = Math.max(0, when);
    if (since) since = { at: performance.now(), time };
    if (document.activeElement !== clock) clock.value = written(time);
    open(moments.findLast(({ at }) => at <= time) ?? moments[0]);
    if (remember) history.replaceState(null, "", `?t=${Math.floor(time)}`);
  }

  function step(by) {
    const next = moments[moments.indexOf(current) + by];
    if (next) go(next.at);
  }

  /** Mark a moment in the timeline and show its section, the first where it has several. */
  function open(moment) {
    if (moment === current) return;
    current?.item.removeAttribute("aria-current");
    current = moment;
    moment.item.setAttribute("aria-current", "true");
    const list = root.querySelector(".companion-lists");
    list.scrollTop = moment.item.offsetTop - list.offsetTop - list.clientHeight / 3;
    const link = ({ item }) => item.querySelector("a:not(.moment-time)");
    news.textContent = link(moment) ? HELP : "The section for this moment is still to come; this is one before it.";
    const latest = moments.slice(0, moments.indexOf(moment) + 1).findLast(link);
    if (latest) turnTo(new URL(link(latest).href));
  }

  /** Open a page in the pane, at a place. By script: a browser that goes there by itself moves the page around it. */
  function turnTo(address) {
    const { contentWindow: pane, contentDocument: page } = frame;
    place = decodeURIComponent(address.hash.slice(1));
    if (page.readyState === "complete" && pane.location.pathname === address.pathname) findPlace();
    else pane.location.replace(address.pathname); // not by src, which would make the back button go through the pane
  }

  /** Show the place, and keep it there while formulas and widgets above it grow, until the reader takes over. */
  function findPlace() {
    const { contentWindow: pane, contentDocument: page } = frame;
    const show = () => {
      const top = page.getElementById(place)?.getBoundingClientRect().top ?? -pane.scrollY;
      pane.scrollTo(0, top + pane.scrollY);
    };
    const growth = new pane.ResizeObserver(show); // calls once at the beginning
    growth.observe(page.querySelector("[role=main]") ?? page.body);
    for (const touch of ["wheel", "touchstart", "pointerdown", "keydown"]) {
      page.addEventListener(touch, () => growth.disconnect(), { once: true });
    }
  }

  function tick() {
    time = since.time + (performance.now() - since.at) / 1000;
    go(time, { remember: false });
  }

  function start() {
    since = { at: performance.now(), time };
    ticking = setInterval(tick, 250);
    tell();
  }

  function stop() {
    clearInterval(ticking);
    since = null;
    go(time);
    tell();
  }

  function tell() {
    run.textContent = since ? "Stop" : "Start";
    run.setAttribute("aria-label", since ? "stop the clock" : "start the clock with the video");
  }

  /** Keys act wherever nothing else wants them: a slider in the section keeps its arrows. */
  function listen(event) {
    const act = KEYS[event.key.length === 1 ? event.key.toLowerCase() : event.key];
    if (!act || event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
    const { target } = event;
    if (target.matches?.("input:not([type=range], [type=radio], [type=checkbox]), textarea, select")) return;
    const taken = target.closest?.("input, button, summary, a, [tabindex]");
    if (taken && (event.key === " " || (event.key.startsWith("Arrow") && !taken.matches("a, button, summary")))) return;
    event.preventDefault();
    acts[act]();
  }

  /** A time beside a heading leads to this page: here, where it is open already, not in the pane once more. */
  function stayOne(event) {
    const link = event.target.closest(".in-the-lecture a");
    if (!link) return;
    event.preventDefault();
    go(Number(new URL(link.href).searchParams.get("t")));
  }

  document.addEventListener("keydown", listen);
  frame.addEventListener("load", () => {
    frame.contentDocument.addEventListener("keydown", listen);
    frame.contentDocument.addEventListener("click", stayOne);
    findPlace();
  });
  clock.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    const given = seconds(clock.value);
    if (Number.isNaN(given)) news.textContent = `“${clock.value}” is no time. Write it as 2:58, or as seconds.`;
    else {
      clock.blur();
      go(given);
    }
  });
  clock.addEventListener("blur", () => { clock.value = written(time); });
  root.addEventListener("click", (event) => {
    const link = event.target.closest("a");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (link.matches(".moment-time")) {
      go(Number(link.closest("li").dataset.seconds));
      return;
    }
    turnTo(new URL(link.href));
  });

  tell();
  const asked = new URLSearchParams(location.search).get("t");
  const at = asked === null ? moments[0].at : seconds(asked);
  go(Number.isNaN(at) ? moments[0].at : at, { remember: false });
  if (Number.isNaN(at)) news.textContent = `“${asked}” is no time of the lecture; this is its beginning. ${HELP}`;
}

const root = document.querySelector(".companion");
if (root && moments.length) begin(root);
