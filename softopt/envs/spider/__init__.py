"""The spider: a light body on four legs, in the worlds of the lecture."""
