"""Games, rounds and the trees that prove them, for staff."""

from rounds.admin import games, rounds, trees

__all__ = ["games", "rounds", "trees"]
