"""Static figures: functions that take arrays and return a figure. No solving, no widgets."""

from softopt.plotting.figure import DescribedFigure
from softopt.plotting.lines import lines

__all__ = ["DescribedFigure", "lines"]
