"""Plugging rooms together that must not know each other: the only place where a fact of one meets a task of another."""

from audit.ports import ports as audit_ports
from bets.ports import ports as bet_ports
from bets.selectors import leaves_for_close
from bets.tasks import request_settlement
from keno_platform.core.clock import to_text
from operators.ports import ports as operator_ports
from reconciliation.reopening import require_reconciled
from reports.simulations import simulations_of
from rounds import custody
from rounds.models import Round, RoundStatus
from rounds.ports import ports
from rounds.selectors import rounds_by_id
from wallet.selectors import has_moved_money
from webhooks import catalogue
from webhooks import selectors as subscriptions
from webhooks import services as webhooks


def plug_in() -> None:
    """Called once when Django is ready."""
    audit_ports.sign = custody.sign
    audit_ports.own_keys = custody.own_public_keys
    ports.bet_leaves = leaves_for_close
    bet_ports.simulations_of = simulations_of
    ports.on_payable.append(request_settlement)
    ports.on_finished.append(tell_finished)
    operator_ports.has_money = has_moved_money
    operator_ports.require_resumable = require_reconciled
    operator_ports.on_status_changed.append(webhooks.operator_status_changed)


def tell_finished(round_ids: list[int]) -> None:
    """Tell the operators that asked for it that rounds have come to their end: of shared games all, else the owner."""
    listening = subscriptions.subscribers(catalogue.ROUND_FINISHED)
    if not listening:
        return
    webhooks.rounds_finished(
        (each, _finished(one))
        for one in rounds_by_id(round_ids).values()
        for each in listening
        if one.game.owner_id in (None, each)
    )


def _finished(one: Round) -> catalogue.RoundFinished:
    return catalogue.RoundFinished(
        round_id=one.pk,
        game=one.game.code,
        number=one.number,
        status="void" if one.status == RoundStatus.VOID else "settled",
        numbers=list(one.numbers_drawn) if one.numbers_drawn is not None else None,
        closed_at=to_text(one.closed_at) if one.closed_at else None,
        finished_at=to_text(one.revealed_at or one.voided_at or one.closes_at),
    )
