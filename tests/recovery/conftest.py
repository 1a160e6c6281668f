"""The fixtures of this folder."""

from tests.support.fixtures import standing_game, standing_rounds

__all__ = ["standing_game", "standing_rounds"]
