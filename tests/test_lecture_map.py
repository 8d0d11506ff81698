"""The lecture map: every row is there, every link leads somewhere, and every section leads back."""

import re
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parents[1]
NOTEBOOKS = {
    path.name: nbformat.read(path, as_version=4)
    for path in sorted((ROOT / "notebooks").glob("*.ipynb"))
    if not path.name.startswith("mine_")
}
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def markdown(notebook):
    return "\n\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")


def headings(notebook):
    """Anchors as JupyterLab makes them: the text of the heading with hyphens for spaces."""
    return {line.replace(" ", "-") for line in re.findall(r"^#+ (.+)$", markdown(notebook), flags=re.M)}


def section(notebook, anchor):
    """The text under a heading, up to the next one of the same or a higher level."""
    text = markdown(notebook)
    for match in re.finditer(r"^(#+) (.+)$", text, flags=re.M):
        if match[2].replace(" ", "-") == anchor:
            rest = text[match.end() :]
            end = re.search(rf"^#{{1,{len(match[1])}}} ", rest, flags=re.M)
            return rest[: end.start()] if end else rest
    raise AssertionError(f"no heading {anchor!r}")


def map_rows():
    table = section(NOTEBOOKS["00_start_here.ipynb"], "The-lecture-map")
    return {int(match[1]): match[0] for match in re.finditer(r"^\| (\d+) \|.*$", table, flags=re.M)}


def shown(row_text):
    """The (file, anchor) pairs that a row of the map links to."""
    return [
        tuple(target.split("#")) for target in LINK.findall(row_text) if target.count("#") == 1 and target[0] != "#"
    ]


def test_all_rows_are_on_the_map():
    rows = map_rows()
    assert sorted(rows) == list(range(1, 36))
    for number, text in rows.items():
        assert "coming" in text or LINK.search(text), f"row {number} neither links nor says coming"


@pytest.mark.parametrize("name", NOTEBOOKS)
def test_no_dead_link_in_a_notebook(name):
    for target in LINK.findall(markdown(NOTEBOOKS[name])):
        if target.startswith("http"):
            pytest.fail(f"{name} links to the network: {target}; name the paper instead")
        file, _, anchor = target.partition("#")
        assert (file or name) in NOTEBOOKS, f"{name} links to {target}, which is not there"
        if anchor:
            assert anchor in headings(NOTEBOOKS[file or name]), f"{name} links to {target}, a heading that is not there"


def test_no_dead_link_in_the_readme():
    for target in LINK.findall((ROOT / "README.md").read_text()):
        assert (ROOT / target.partition("#")[0]).exists(), f"README links to {target}, which is not there"


@pytest.mark.parametrize("name", [name for name in NOTEBOOKS if not name.startswith("00")])
def test_rows_of_a_notebook_and_of_the_map_agree(name):
    """What a notebook says it shows is linked from the map, and each section so linked leads back with its row."""
    linked = {row: anchor for row, text in map_rows().items() for file, anchor in shown(text) if file == name}
    assert sorted(linked) == sorted(NOTEBOOKS[name].metadata["softopt"]["rows"])
    for row, anchor in linked.items():
        back = re.search(
            r"\*Map: \[rows? ([^\]]+)\]\(00_start_here.ipynb#The-lecture-map\)", section(NOTEBOOKS[name], anchor)
        )
        assert back, f"{name}#{anchor} does not lead back to the map"
        numbers = {int(n) for n in re.findall(r"\d+", back[1])}
        if (ends := re.fullmatch(r"(\d+) to (\d+)", back[1])) is not None:
            numbers = set(range(int(ends[1]), int(ends[2]) + 1))
        assert row in numbers, f"{name}#{anchor} leads back to rows {sorted(numbers)}, not to {row}"


def test_the_readme_lists_every_notebook_with_its_minutes():
    readme = (ROOT / "README.md").read_text()
    for name, notebook in NOTEBOOKS.items():
        minutes = notebook.metadata["softopt"]
        line = next((line for line in readme.splitlines() if f"notebooks/{name})" in line and line.startswith("|")), "")
        assert f"| {minutes['minutes_to_read']} min | {minutes['minutes_to_run']} min |" in line, name
