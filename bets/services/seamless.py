"""
Placement in seamless mode: the stake is debited at the operator first, and only then does the bet go through the gate.

Each slip goes through three steps. `open_slips` checks it and makes its debits durable; the operator is asked; then
`conclude` lets into the round what is paid and still in time, and orders the rollback of everything else that may have
been debited. The first and the last are one transaction for many slips; see docs/decisions on seamless placement.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from operator import itemgetter
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg import sql

from bets import announce
from bets.selectors import keys_in_progress
from bets.services import placement, protection, terms
from bets.services.placement import Answer
from bets.services.statement import ACCEPTED, ROUND_NOT_OPEN
from bets.services.statement import Outcome as Decided
from bets.slips import Slip, SlipAsk
from keno_platform.core.errors import Refusal, RequestInProgress
from operators.models import Operator
from operators.tenancy import call_function, tenant_transaction
from players.services import PlayerBlocked
from wallet.models import Kind, Reason
from wallet.operator_wallet import OperatorWallet
from wallet.protocol import Order, Outcome, Verdict, movement_id
from wallet.services import calls, wallets
from wallet.services.refusals import LimitReached, refusal_of
from webhooks import services as webhooks

GRACE = timedelta(seconds=5)
"""How long after its intent a debit must be concluded: the call's deadline, and the waiting before and after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Opened:
    """A slip whose debits may be asked for, and where."""

    slip: Slip
    wallet: OperatorWallet
    debits: tuple[Order, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """A slip with what the operator said to each of its debits."""

    opened: Opened
    verdicts: tuple[Verdict, ...]

    @property
    def is_paid(self) -> bool:
        return all(verdict.outcome is Outcome.OK for verdict in self.verdicts)

    @property
    def first_failure(self) -> Verdict:
        return next(verdict for verdict in self.verdicts if verdict.outcome is not Outcome.OK)


async def ask(opened: Opened) -> Answered:
    """Ask the operator for a slip's debits: several at once for a ticket over several rounds."""
    if len(opened.debits) == 1:
        return Answered(opened=opened, verdicts=(await opened.wallet.transact(opened.debits[0]),))
    verdicts = await asyncio.gather(*(opened.wallet.transact(debit) for debit in opened.debits))
    return Answered(opened=opened, verdicts=tuple(verdicts))


def refuse_slips(*, operator: Operator, asks: Sequence[SlipAsk], reason: str) -> list[Answer]:
    """The answers while the operator's wallet cannot be asked: what a key became before, or that it cannot."""
    refusal = refusal_of(Verdict(outcome=Outcome.REFUSED, detail=reason, sent=False))
    with tenant_transaction(operator):
        return placement.answers(operator, asks, _busy_or(asks, [refusal] * len(asks)), asks)


def open_slips(*, operator: Operator, asks: Sequence[SlipAsk]) -> "list[Opened | Answer]":
    """Each slip ready to be asked for, or its answer: what it became before under the same key, or its refusal."""
    with tenant_transaction(operator):
        market = terms.read_market(operator, asks)
        checked = _foreseen(operator, [_check(each, operator, market) for each in asks])
        slips = [slip for slip in checked if isinstance(slip, Slip)]
        outcomes = dict(zip((id(slip) for slip in slips), _claim(operator, slips), strict=True))
        results = [outcomes[id(slip)] if isinstance(slip, Slip) else slip for slip in checked]
        return _opened_or_answered(operator, asks, checked, _busy_or(asks, results))


def _busy_or(asks: Sequence[SlipAsk], results: Sequence[Any]) -> list[Any]:
    """A retry may come when its round is closed, and the first call has not ended: it is not refused, it runs."""
    refused = [each.key for each, own in zip(asks, results, strict=True) if isinstance(own, Refusal)]
    busy = keys_in_progress(refused) if refused else ()
    return [RequestInProgress() if each.key in busy else own for each, own in zip(asks, results, strict=True)]


def _check(each: SlipAsk, operator: Operator, market: terms.Market) -> Slip | Refusal:
    slip = placement.check(each, operator, market)
    if isinstance(slip, Slip):
        if not operator.is_active:
            return terms.OperatorSuspended()
        if slip.player.blocked:
            return PlayerBlocked()
    return slip


def _foreseen(operator: Operator, checked: "list[Slip | Refusal]") -> "list[Slip | Refusal]":
    """Without those that a limit refuses: their money is not asked for."""
    slips = [slip for slip in checked if isinstance(slip, Slip)]
    refusals = {id(slips[place]): refusal for place, refusal in protection.foresee(operator, slips).items()}
    announce.limits_reached(operator, [(slip, refusals.get(id(slip))) for slip in slips])
    return [refusals.get(id(slip), slip) for slip in checked]


def _claim(operator: Operator, slips: Sequence[Slip]) -> list[Decided]:
    """What the SQL function says about each slip: 'open', or as `place_bets` does."""
    if not slips:
        return []
    bets = [
        (place, bet_id, one)
        for place, slip in enumerate(slips, start=1)
        for bet_id, one in zip(slip.bet_ids, slip.rounds, strict=True)
    ]
    parameters: list[Any] = [
        [slip.ask.key for slip in slips],
        [slip.fingerprint for slip in slips],
        [slip.player.pk for slip in slips],
        [slip.ask.session_id for slip in slips],
        [slip.stake for slip in slips],
        [place for place, _, _ in bets],
        [bet_id for _, bet_id, _ in bets],
        [one.pk for _, _, one in bets],
        [one.game.code for _, _, one in bets],
        GRACE,
    ]
    rows = sorted(call_function("open_attempts", parameters), key=itemgetter(0))
    return [Decided(word, first_bet) for _, word, first_bet in rows]


def _opened_or_answered(
    operator: Operator, asks: Sequence[SlipAsk], checked: Sequence[Any], results: Sequence[Any]
) -> "list[Opened | Answer]":
    wallet = wallets.wallet_of(operator)
    done = [(each, own) for each, own in zip(asks, results, strict=True) if not _is_open(own)]
    ended, known = [each for each, _ in done], [own for _, own in done]
    placed = iter(placement.answers(operator, ended, known, ended) if done else ())
    return [
        Opened(slip=slip, wallet=wallet, debits=_debits(slip)) if _is_open(own) else next(placed)
        for slip, own in zip(checked, results, strict=True)
    ]


def _is_open(result: object) -> bool:
    return isinstance(result, Decided) and result.word == "open"


def _debits(slip: Slip) -> tuple[Order, ...]:
    return tuple(
        Order(
            id=movement_id(bet_id, Kind.DEBIT),
            kind=Kind.DEBIT,
            amount=slip.stake,
            player_id=slip.player.pk,
            player_token=slip.player.token,
            bet_id=bet_id,
            round_id=one.pk,
            game=one.game.code,
            ticket_id=slip.bet_ids[0] if len(slip.bet_ids) > 1 else None,
            session_id=slip.ask.session_id,
        )
        for bet_id, one in zip(slip.bet_ids, slip.rounds, strict=True)
    )


def conclude(*, operator: Operator, answered: Sequence[Answered]) -> list[Answer]:
    """
    Let paid slips into their rounds, and order the rollback of what was debited for nothing. Each slip gets its own
    answer, in order. A debit that somebody else has taken as lost in the meantime counts as in doubt.
    """
    with tenant_transaction(operator):
        _hold_gate(answered)
        decided = calls.conclude_debits(
            [
                (debit.id, verdict)
                for own in answered
                for debit, verdict in zip(own.opened.debits, own.verdicts, strict=True)
            ]
        )
        paid = [own for own in answered if own.is_paid and all(debit.id in decided for debit in own.opened.debits)]
        outcomes = dict(
            zip((id(own) for own in paid), placement.write(operator, [own.opened.slip for own in paid]), strict=True)
        )
        results = [outcomes.get(id(own)) or _refusal(operator, own) for own in answered]
        _roll_back_unused(answered, results, decided)
        _forget_attempts(operator, answered)
        asks = [own.opened.slip.ask for own in answered]
        slips = [own.opened.slip for own in answered]
        return placement.answers(operator, asks, results, slips, _balances(answered))


def _hold_gate(answered: Sequence[Answered]) -> None:
    """Rounds come before everything else in the order of locks; see docs/locking.md."""
    rounds = {debit.round_id for own in answered for debit in own.opened.debits}
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM public.rounds_gate(%s)", [sorted(rounds)])


def _refusal(operator: Operator, own: Answered) -> Refusal:
    if own.is_paid:
        return refusal_of(Verdict(outcome=Outcome.IN_DOUBT, detail="too late"))
    refusal = refusal_of(own.first_failure)
    if isinstance(refusal, LimitReached):
        slip = own.opened.slip
        webhooks.emit(
            operator=operator,
            event="limit.reached",
            data={
                "limit": "player_limit",
                "game": own.opened.debits[0].game,
                "round_id": own.opened.debits[0].round_id,
                "player_token": slip.player.token,
                "amount": None,
                "currency": operator.currency_code,
            },
        )
    return refusal


def _roll_back_unused(answered: Sequence[Answered], results: Sequence[Any], decided: set[UUID]) -> None:
    """Debits that succeeded for a slip that is not in its rounds."""
    late: list[UUID] = []
    refused: list[UUID] = []
    for own, result in zip(answered, results, strict=True):
        word = result.word if isinstance(result, Decided) else ""
        if word == ACCEPTED:
            continue
        closed = word == ROUND_NOT_OPEN
        (late if closed else refused).extend(
            debit.id
            for debit, verdict in zip(own.opened.debits, own.verdicts, strict=True)
            if verdict.outcome is Outcome.OK and debit.id in decided
        )
    calls.order_rollbacks(late, Reason.ROUND_CLOSED)
    calls.order_rollbacks(refused, Reason.REFUSED)


def _forget_attempts(operator: Operator, answered: Sequence[Answered]) -> None:
    statement = sql.SQL("DELETE FROM {} WHERE first_bet_id = ANY (%s) AND key = ANY (%s)").format(
        sql.Identifier(operator.schema_name, "bets_attempt")
    )
    slips = [own.opened.slip for own in answered]
    with connection.cursor() as cursor:
        cursor.execute(
            statement.as_string(cursor.connection),
            [[slip.bet_ids[0] for slip in slips], [slip.ask.key for slip in slips]],
        )


def _balances(answered: Sequence[Answered]) -> dict[int, int]:
    """What the operator said last about each player's balance."""
    return {
        own.opened.slip.player.pk: verdict.balance
        for own in answered
        for verdict in own.verdicts
        if verdict.balance is not None
    }
