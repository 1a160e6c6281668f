"""
Who is guarded. `Player.guarded` says that there may be something to judge; only then does a placement ask what. It is
never false while a limit, an exclusion or a profile of the player's own is in force. A trigger carries it to the
account, whose lock every placement takes: whatever is committed before a bet has that lock counts for the bet.
"""

from players import selectors
from players.models import Player


def lock_player(player: Player) -> Player:
    """The player's row, locked: decisions about one player come one after the other."""
    return Player.objects.select_for_update(no_key=True).get(pk=player.pk)


def refresh_guard(locked: Player) -> None:
    """After a change, in its transaction, with the player's row locked."""
    locked.guarded = bool(
        locked.jurisdiction_code
        or selectors.decisions_in_force(locked)
        or selectors.decisions_waiting(locked)
        or selectors.exclusion_in_force(locked)
    )
    locked.save(update_fields=["guarded"])  # written even where it stays: that waits for bets in flight
