"""Benchmarks, each against a yardstick in the same run: `python -m bench`. The target table is in bench/results."""
