"""Static figures: functions that take arrays and return a figure. No solving, no widgets."""

from softopt.plotting.figure import DescribedFigure
from softopt.plotting.film_strip import film_strip
from softopt.plotting.heat_maps import heat_maps
from softopt.plotting.lines import lines
from softopt.plotting.movements import movements
from softopt.plotting.small_multiples import grid_maps
from softopt.plotting.walks import walks

__all__ = ["DescribedFigure", "film_strip", "grid_maps", "heat_maps", "lines", "movements", "walks"]
