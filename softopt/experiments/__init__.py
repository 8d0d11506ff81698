"""Experiments and benchmarks: what is measured, against whom, and the bar it has to clear."""
