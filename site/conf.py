"""Sphinx's settings; ``build.py`` lays out the sources and calls Sphinx."""

import importlib.util
from pathlib import Path

from builder.docstrings import convert

project = "softopt"
author = "The softopt authors"
project_copyright = "The softopt authors, MIT licence"
language = "en"

extensions = ["myst_nb", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "sphinx.ext.mathjax"]
exclude_patterns = ["_static"]

# Notebooks come here with their outputs: build.py has run them, and has told which cell failed if one did.
nb_execution_mode = "off"
nb_merge_streams = True
nb_ipywidgets_js = {}  # static/host.js shows the widgets; no manager is fetched from elsewhere
nb_render_markdown_format = "myst"
myst_enable_extensions = ["dollarmath", "amsmath"]
myst_heading_anchors = 4
myst_heading_slug_func = "builder.lecture.anchor"  # the anchors of JupyterLab, to which the notebooks link

napoleon_use_ivar = True  # attributes as a list, not as objects of their own
autodoc_typehints = "description"
autodoc_member_order = "bysource"

html_theme = "furo"
html_title = "softopt"
html_static_path = ["_static"]
html_css_files = ["site.css", "companion.css"]
html_js_files = ["reading.js", ("host.js", {"type": "module"}), ("companion.js", {"type": "module"})]
html_copy_source = False
html_show_sphinx = False

# MathJax from an installed package, not from the network. Its folder is no importable name.
_mathjax = Path(importlib.util.find_spec("sphinx-mathjax-offline").submodule_search_locations[0]) / "static"
html_static_path.append(str(_mathjax))
mathjax_path = "mathjax/tex-chtml.js"
mathjax3_config = {"options": {"enableMenu": False}, "chtml": {"displayAlign": "left", "displayIndent": "1.5em"}}


def setup(app):
    """Read docstrings as they are written here, and give the captions of the sidebar their level as headings."""

    def tell_level(app, name, template, context, doctree):
        tree = context.get("furo_navigation_tree", "")  # Sphinx leaves the level out, and screen readers need it
        context["furo_navigation_tree"] = tree.replace('role="heading"', 'role="heading" aria-level="2"')

    app.connect("autodoc-process-docstring", lambda app, what, name, described, options, lines: convert(lines))
    app.connect("html-page-context", tell_level, priority=900)  # after the theme has made the sidebar
