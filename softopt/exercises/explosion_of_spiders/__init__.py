"""The exercises of notebook 10."""

from softopt.exercises.explosion_of_spiders.early_area import exercise as early_area
from softopt.exercises.explosion_of_spiders.resultant_length import exercise as resultant_length
from softopt.exercises.explosion_of_spiders.temperature_schedule import exercise as temperature_schedule
from softopt.exercises.explosion_of_spiders.turned import exercise as turned

__all__ = ["early_area", "resultant_length", "temperature_schedule", "turned"]
