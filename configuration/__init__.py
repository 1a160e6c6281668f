"""
What staff may set while the platform runs: typed, checked, on record, and known to every process within a second.

`configuration.registry` says what a setting is, `configuration.catalogue` which there are of nobody else's,
`configuration.selectors.value` reads one. Rooms above register their own in `<room>/configured.py`.
"""
