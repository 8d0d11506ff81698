"""Panels: what an explorer can draw. A dataclass here names the arrays; a small module in ``js/`` draws them.

To add a panel, write a dataclass whose name is the key under which ``js/explorer.js`` lists its module. Arrays
are sent once as float32, everything else as JSON, field by field under the same names.

Every array that changes with the sliders has their lengths as its first axes: (F, ...) for one slider,
(F, G, ...) for two. ``frames`` below stands for these axes.
"""

from softopt.interactive.panels.arrays import Limits, expect, extremes, palette
from softopt.interactive.panels.charts import Bars, Lines
from softopt.interactive.panels.maps import GridMap, HeatMap, Scatter

Panel = GridMap | HeatMap | Scatter | Lines | Bars

__all__ = ["Bars", "GridMap", "HeatMap", "Limits", "Lines", "Panel", "Scatter", "expect", "extremes", "palette"]
