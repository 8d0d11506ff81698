// What every page needs for reading: the widgets follow the theme, and what scrolls sideways can be scrolled by keys.

const dark = matchMedia("(prefers-color-scheme: dark)");
const SIDEWAYS = "pre, .table-wrapper, div.math, .in-the-pane";

/** The widgets' style sheets ask the page for its theme as they ask JupyterLab. */
function followTheme() {
  const { theme } = document.body.dataset;
  const isDark = theme === "dark" || (theme !== "light" && dark.matches);
  const light = String(!isDark);
  if (document.body.dataset.jpThemeLight !== light) document.body.dataset.jpThemeLight = light;
}

/** An element that scrolls takes part in the walk by the tab key; one that does not, does not. */
function letScroll() {
  for (const box of document.querySelectorAll(SIDEWAYS)) {
    const scrolls = box.scrollWidth > box.clientWidth + 1;
    if (scrolls) box.tabIndex = 0;
    else if (!scrolls) box.removeAttribute("tabindex");
  }
}

/** Screen readers tell apart what has a name. */
function nameLandmarks() {
  document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "All pages");
  document.querySelector(".toc-drawer")?.setAttribute("aria-label", "On this page");
}

/** Paper cannot be unfolded: answers are open while the page is printed. */
function unfoldForPaper() {
  const folded = [...document.querySelectorAll("details:not([open])")];
  for (const details of folded) details.open = true;
  addEventListener("afterprint", () => folded.forEach((details) => { details.open = false; }), { once: true });
}

function begin() {
  nameLandmarks();
  followTheme();
  letScroll();
  new MutationObserver(followTheme).observe(document.body, { attributes: true, attributeFilter: ["data-theme"] });
  dark.addEventListener("change", followTheme);
  addEventListener("resize", letScroll);
  addEventListener("load", letScroll);
  addEventListener("beforeprint", unfoldForPaper);
  if (window.frameElement?.name === "section") document.documentElement.classList.add("in-companion");
}

if (document.readyState === "loading") addEventListener("DOMContentLoaded", begin);
else begin();
