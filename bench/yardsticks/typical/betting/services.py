"""Placing a bet: one transaction with row locks."""

import hashlib
import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction

from bench.yardsticks.typical.betting.models import Account, Bet, Player, Transaction
from bench.yardsticks.typical.houses.models import Operator, Round

TOP_MULTIPLIERS = {1: 3, 2: 12, 3: 42, 4: 120, 5: 600, 6: 1500, 7: 5000, 8: 15000, 9: 25000, 10: 50000}


class Refused(Exception):
    """A bet that is not taken, by its code and HTTP status."""

    def __init__(self, code: str, status: int = 422) -> None:
        super().__init__(code)
        self.code, self.status = code, status


def place_bet(*, operator: Operator, key: str, asked: dict[str, Any]) -> Bet:
    """
    The bet of this key, placed now or before.

    :raises Refused: the terms do not hold, the round is closed, the money is short, or the key was used otherwise.
    """
    fingerprint = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
    known = _known(key, fingerprint)
    if known is not None:
        return known
    potential = _check_terms(operator, asked)
    try:
        with transaction.atomic():
            return _write(key, fingerprint, asked, potential)
    except IntegrityError:
        known = _known(key, fingerprint)  # somebody else's call with this key was faster
        if known is None:
            raise
        return known


def _known(key: str, fingerprint: str) -> Bet | None:
    bet = Bet.objects.select_related("player").filter(key=key).first()
    if bet is not None and bet.fingerprint != fingerprint:
        raise Refused("idempotency_key_reused", 409)
    return bet


def _check_terms(operator: Operator, asked: dict[str, Any]) -> Decimal:
    stake: Decimal = asked["stake"]
    if not operator.active:
        raise Refused("operator_suspended", 403)
    if asked["currency"] != operator.currency:
        raise Refused("currency_mismatch")
    if not operator.min_bet <= stake <= operator.max_bet:
        raise Refused("stake_out_of_range")
    potential = stake * TOP_MULTIPLIERS[len(asked["picks"])]
    if potential > operator.max_win:
        raise Refused("max_win_exceeded")
    return potential


def _write(key: str, fingerprint: str, asked: dict[str, Any], potential: Decimal) -> Bet:
    _hold_open_round(asked["round_id"])
    account = (
        Account.objects.select_for_update(of=("self",))
        .select_related("player")
        .filter(player__token=asked["player_token"])
        .first()
    )
    if account is None:
        raise Refused("player_not_found", 404)
    if account.player.blocked:
        raise Refused("player_blocked", 403)
    if account.balance < asked["stake"]:
        raise Refused("insufficient_funds", 409)
    bet = Bet.objects.create(
        key=key,
        fingerprint=fingerprint,
        round_id=asked["round_id"],
        player=account.player,
        picks=asked["picks"],
        stake=asked["stake"],
        potential_max_win=potential,
        receipt=_receipt(key, account.player, asked),
    )
    account.balance -= asked["stake"]
    account.save(update_fields=["balance"])
    Transaction.objects.create(account=account, bet=bet, amount=-asked["stake"], balance_after=account.balance)
    return bet


def _hold_open_round(round_id: int) -> None:
    """
    The close gate. The lock is shared, which the ORM has no word for: with `select_for_update` all bets of a round
    would wait for each other, and this would be slower than it has to be.
    """
    [held] = Round.objects.raw("SELECT * FROM houses_round WHERE id = %s FOR SHARE", [round_id]) or [None]
    if held is None:
        raise Refused("round_not_found", 404)
    if held.status != "open" or held.closes_at <= datetime.now(UTC):
        raise Refused("round_not_open", 409)


def _receipt(key: str, player: Player, asked: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps([key, player.pk, asked], default=str).encode()).hexdigest()
