"""Benchmarks on the full campus. `make bench` runs them and prints tables with ratios to named peers."""
