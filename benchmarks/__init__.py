"""Benchmarks: most do the same work with ganlib and in the usual way, in one run, and report the ratio."""
