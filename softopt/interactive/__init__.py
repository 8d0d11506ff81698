"""Explorers: figures that follow a slider. They draw arrays that they are given; nothing here solves anything."""

from softopt.interactive.explorer import Explorer
from softopt.interactive.panels import Bars, GridMap, HeatMap, Lines
from softopt.interactive.slider import Slider
from softopt.interactive.temperature import explore_temperature

__all__ = ["Bars", "Explorer", "GridMap", "HeatMap", "Lines", "Slider", "explore_temperature"]
