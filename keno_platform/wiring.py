"""Plugging rooms together that must not know each other: the only place where a fact of one meets a task of another."""

from bets.selectors import leaves_for_close
from bets.tasks import request_settlement
from rounds.ports import ports


def plug_in() -> None:
    """Called once when Django is ready."""
    ports.bet_leaves = leaves_for_close
    ports.on_payable.append(request_settlement)
