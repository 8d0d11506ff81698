"""A tower of wooden blocks, and a finger that pushes them out."""
