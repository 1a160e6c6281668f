"""
Lies that take thought: a house that makes up a consistent story, as far as it can, and signs all of it. Each names the
error that must come of it.
"""

from tests.fairness.handmade import bets, commitments, draws, results
from tests.fairness.handmade.chains import CHAIN_LIES, chain_lie
from tests.fairness.handmade.days import DAY_LIES, DayStory
from tests.fairness.handmade.telling import EARLY_MS, GAME, LIES, STRANGER, Story, reclosed, replanted

__all__ = [
    "CHAIN_LIES",
    "DAY_LIES",
    "EARLY_MS",
    "GAME",
    "LIES",
    "STRANGER",
    "DayStory",
    "Story",
    "bets",
    "chain_lie",
    "commitments",
    "draws",
    "reclosed",
    "replanted",
    "results",
]
