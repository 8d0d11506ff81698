// How the page scripts read. Run from the repository's root: npx --prefix .ci eslint --config .ci/eslint.config.mjs softopt site

import js from "@eslint/js";

const page = [
  "Blob",
  "IntersectionObserver",
  "MutationObserver",
  "ResizeObserver",
  "AbortController",
  "addEventListener",
  "cancelAnimationFrame",
  "clearTimeout",
  "devicePixelRatio",
  "document",
  "getComputedStyle",
  "matchMedia",
  "performance",
  "requestAnimationFrame",
  "setTimeout",
];
const site = ["URL", "URLSearchParams", "clearInterval", "fetch", "history", "location", "setInterval", "window"];
const names = (globals) => Object.fromEntries(globals.map((name) => [name, "readonly"]));

export default [
  { ignores: ["**/vendor/**"] }, // made elsewhere; its README says how
  js.configs.recommended,
  {
    files: ["**/*.js"],
    languageOptions: {
      ecmaVersion: 2022,
      sourceType: "module",
      globals: names(page),
    },
    linterOptions: { reportUnusedDisableDirectives: "error" },
    rules: {
      eqeqeq: "error",
      "max-len": ["error", { code: 120 }],
      "no-shadow": "error",
      "no-var": "error",
      "object-shorthand": "error",
      "prefer-const": "error",
      quotes: ["error", "double", { avoidEscape: true }],
      semi: "error",
      // The explorers load nothing: no address, no import but of a neighbour.
      "no-restricted-globals": ["error", "fetch", "XMLHttpRequest", "WebSocket", "EventSource"],
      "no-restricted-syntax": [
        "error",
        { selector: "ImportExpression", message: "Import neighbours by name; nothing is loaded later." },
        { selector: "ImportDeclaration[source.value!=/^\\.\\//]", message: "Import only from this folder." },
        { selector: "Literal[value=/^(https?:)?\\/\\//]", message: "Nothing comes from the network." },
      ],
    },
  },
  {
    files: ["site/**/*.js"],
    languageOptions: { globals: names(site) },
    rules: { "no-restricted-globals": "off", "no-restricted-syntax": "off" }, // it loads from its own folder
  },
];
