"""An arm of seven joints with a brick in its hand."""
