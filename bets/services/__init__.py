"""Changing bets: paytables, placement, cancellation, settlement, partitions."""
