"""Bets, what became of them, and paytables for staff, inside the picked operator."""

from bets.admin import bets, outcomes, paytables

__all__ = ["bets", "outcomes", "paytables"]
