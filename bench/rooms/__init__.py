"""
What single rooms promise beside the target table: the operator's wallet, staff's lists, reports, the lottery, the
client in use. Modules as in `bench/rows`; `make bench-rooms` runs them.
"""
