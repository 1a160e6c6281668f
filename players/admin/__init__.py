"""Players, their sessions and what protects them, for staff."""

from players.admin import protection
from players.admin.players import player_link

__all__ = ["player_link", "protection"]
