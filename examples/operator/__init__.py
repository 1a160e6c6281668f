"""Baobab Bet: a small operator with a seamless wallet. See README.md."""
