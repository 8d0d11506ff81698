"""Explorers that follow a slider, and a player of rollouts: they draw arrays that they are given and solve nothing."""

from softopt.interactive.explorer import Explorer
from softopt.interactive.panels import Bars, GridMap, HeatMap, Lines
from softopt.interactive.player import Player, play
from softopt.interactive.slider import Slider
from softopt.interactive.temperature import explore_temperature

__all__ = ["Bars", "Explorer", "GridMap", "HeatMap", "Lines", "Player", "Slider", "explore_temperature", "play"]
