"""Figures carry their finding, their labels and their alt text."""

import base64
import re

import numpy as np

from softopt.plotting import lines


def a_figure(**options):
    x = np.geomspace(0.1, 10, 5)
    return lines(
        x,
        {"up": x, "gap": [1, np.nan, 3]},
        title="Up goes up",
        x_label="temperature",
        y_label="value (reward units)",
        alt='A line that goes "up" & on.',
        **options,
    )


def test_shows_itself_with_alt_text():
    bundle = a_figure()._repr_mimebundle_()
    assert 'alt="A line that goes &quot;up&quot; &amp; on."' in bundle["text/html"]
    assert bundle["text/plain"] == 'A line that goes "up" & on.'
    picture = base64.b64decode(re.search(r"base64,([^\"]+)", bundle["text/html"])[1])
    assert picture.startswith(b"\x89PNG")


def test_title_labels_scales_and_marks():
    axes = a_figure(log="xy", marks={"here": 1.0}).axes[0]
    assert axes.get_title(loc="left") == "Up goes up"
    assert (axes.get_xlabel(), axes.get_ylabel()) == ("temperature", "value (reward units)")
    assert (axes.get_xscale(), axes.get_yscale()) == ("log", "log")
    drawn = [line.get_xdata() for line in axes.lines]
    assert len(drawn[1]) == 3  # a shorter curve stands over the first positions
    assert list(drawn[2]) == [1.0, 1.0]


def test_leaves_nothing_open_in_pyplot():
    import matplotlib.pyplot as plt

    a_figure()
    assert plt.get_fignums() == []
