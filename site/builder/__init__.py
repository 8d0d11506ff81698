"""Make the site: run the notebooks, turn them into pages, check every page, and only then put it in place."""
