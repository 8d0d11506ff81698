"""A tower of wooden blocks, and a finger that takes them out one by one."""
