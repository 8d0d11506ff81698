"""A small quadruped, and the grounds that it is sent over."""
