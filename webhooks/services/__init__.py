"""Telling operators: writing events, numbering them, delivering them, and the endpoints that they go to."""

from webhooks.services.emitting import bets_settled, emit, emit_many, operator_status_changed, rounds_finished
from webhooks.services.resealing import reseal

__all__ = ["bets_settled", "emit", "emit_many", "operator_status_changed", "reseal", "rounds_finished"]
