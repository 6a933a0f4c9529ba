"""Benchmarks beside peers and raw libraries: each a program with its latest result in `results/`."""
