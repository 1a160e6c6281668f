"""The parts of `python -m bench.scale`: an installation, its operators, its load, and what watches it."""
