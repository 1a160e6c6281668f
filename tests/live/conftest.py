"""The fixtures of this folder."""

from tests.support.fixtures import listening, standing_game, standing_rounds

__all__ = ["listening", "standing_game", "standing_rounds"]
