"""The bodies and answers of this room's calls."""

from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from keno_platform.core.clock import to_text
from keno_platform.core.money import exponent_of, format_amount
from keno_platform.http.pagination import PageQuery
from keno_platform.http.parsing import Ask
from operators.models import Operator
from reconciliation.feeds import OpenCall
from reconciliation.models import DailyFile, Difference, ReconciliationRun
from reconciliation.transactions import Fact
from rounds.api.rounds import RoundOutput

LIMIT_DEFAULT, LIMIT_MAX = 500, 1000


class FeedQuery(Ask, frozen=True, kw_only=True):
    """`after` is the place that the last answer told; without it a feed begins at the beginning."""

    after: str | None = None
    limit: int = LIMIT_DEFAULT


class InDoubtQuery(Ask, frozen=True, kw_only=True):
    """`after` is the last transaction id of the answer before."""

    after: UUID | None = None
    limit: int = LIMIT_DEFAULT


class FeedTransaction(msgspec.Struct, frozen=True, kw_only=True):
    """
    A transaction that is definite and never changes; the amount is never below zero.

    `status` on the seamless wallet: ok; refused (a debit); rolled_back (a debit in doubt that was rolled back, and
    never counted here); nothing_taken (the rollback of such a debit); resolved (a credit that was booked by hand).
    """

    transaction_id: UUID
    kind: str
    bet_id: UUID | None
    round_id: int | None
    player_token: str
    amount: str
    currency: str
    status: str
    operator_reference: str
    created_at: str
    finished_at: str


class FeedRound(msgspec.Struct, frozen=True, kw_only=True):
    """A finished round with what this operator had in it. `refunds` are the stakes of a void round."""

    round: RoundOutput
    ended_at: str
    bets: int
    winners: int
    stakes: str
    payouts: str
    refunds: str
    currency: str


class InDoubtCall(msgspec.Struct, frozen=True, kw_only=True):
    """
    A call at the operator's wallet that is not definite. A debit: pending, or in_doubt while its rollback is on its
    way; a credit or rollback: pending until it is delivered, and a credit dead after a day.
    """

    transaction_id: UUID
    kind: str
    state: str
    reason: str
    bet_id: UUID
    round_id: int
    player_token: str
    amount: str
    currency: str
    attempts: int
    error: str
    created_at: str
    next_attempt_at: str | None


class TransactionFeed(msgspec.Struct, frozen=True, kw_only=True):
    """
    What follows the place that was asked for. Keep `after` and come back with it: at once when there is `more`, else
    after a while. Everything before `complete_until` has been told, or is told by following.
    """

    results: list[FeedTransaction]
    after: str
    more: bool
    complete_until: str


class RoundFeed(msgspec.Struct, frozen=True, kw_only=True):
    """As the feed of transactions."""

    results: list[FeedRound]
    after: str
    more: bool
    complete_until: str


class InDoubtFeed(msgspec.Struct, frozen=True, kw_only=True):
    """The calls that are in doubt now, by transaction id: a list that shrinks, not a history."""

    results: list[InDoubtCall]
    after: UUID | None
    more: bool


class SupportAsk(Ask, frozen=True, kw_only=True):
    """Whose bets the page shows: a player's, one bet, or without either all of the operator's in the round."""

    player_token: str | None = None
    bet_id: UUID | None = None


class SupportLink(msgspec.Struct, frozen=True, kw_only=True):
    """The address of the page, on the operator's domain. Whoever has it can read the page until then."""

    url: str
    expires_at: str


class DayOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What the files of a finished day are. `totals` has by kind the number of transactions and their sum."""

    day: str
    currency: str
    rows: int
    totals: dict[str, Any]
    csv_sha256: str
    csv_bytes: int
    json_sha256: str
    json_bytes: int
    created_at: str


class RunAsk(Ask, frozen=True, kw_only=True):
    """
    What to compare: the operator's `rows`, and the period of them (both ends may be left away). Without `rows` the run
    collects parts first.
    """

    since: str | None = msgspec.field(default=None, name="from")
    until: str | None = msgspec.field(default=None, name="to")
    rows: list[dict[str, Any]] | None = None
    file_name: str = ""


class PartAsk(Ask, frozen=True, kw_only=True):
    """One part of the operator's rows."""

    rows: list[dict[str, Any]]


class PartOutput(msgspec.Struct, frozen=True, kw_only=True):
    """How many rows were taken into this part."""

    part: int
    rows: int


class RunOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A comparison. `differences` leaves calls in doubt out; the totals are control sums of all amounts."""

    id: UUID
    status: str
    since: str | None = msgspec.field(name="from")
    until: str | None = msgspec.field(name="to")
    file_name: str
    currency: str
    rows: int
    matched: int
    missing_here: int
    missing_there: int
    different_amount: int
    differences: int
    in_doubt: int
    total_here: str
    total_there: str
    created_at: str
    finished_at: str | None


class DifferenceQuery(PageQuery, frozen=True, kw_only=True):
    """`result` narrows the list down to one of the kinds."""

    result: str | None = None


class DifferenceOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    One transaction that is not the same on both sides. An amount is null where a side has none; `rows_there` is how
    often the operator's list names it.
    """

    result: str
    transaction_id: UUID
    kind: str
    bet_id: UUID | None
    round_id: int | None
    player_token: str
    amount_here: str | None
    amount_there: str | None
    currency: str
    currency_there: str
    state_here: str
    rows_there: int
    created_at: str | None
    resolution: str
    resolved_at: str | None


def show_fact(operator: Operator, fact: Fact) -> FeedTransaction:
    return FeedTransaction(
        transaction_id=fact.transaction_id,
        kind=fact.kind,
        bet_id=fact.bet_id,
        round_id=fact.round_id,
        player_token=fact.player_token,
        amount=operator.money(fact.amount),
        currency=operator.currency_code,
        status=fact.status,
        operator_reference=fact.operator_reference,
        created_at=to_text(fact.created_at),
        finished_at=to_text(fact.finished_at),
    )


def show_open(operator: Operator, call: OpenCall) -> InDoubtCall:
    return InDoubtCall(
        transaction_id=call.transaction_id,
        kind=call.kind,
        state=call.state,
        reason=call.reason,
        bet_id=call.bet_id,
        round_id=call.round_id,
        player_token=call.player_token,
        amount=operator.money(call.amount),
        currency=operator.currency_code,
        attempts=call.attempts,
        error=call.error,
        created_at=to_text(call.created_at),
        next_attempt_at=_text(call.next_attempt_at),
    )


def show_day(operator: Operator, known: DailyFile) -> DayOutput:
    return DayOutput(
        day=known.day.isoformat(),
        currency=operator.currency_code,
        rows=known.rows,
        totals=known.totals,
        csv_sha256=bytes(known.csv_sha256).hex(),
        csv_bytes=known.csv_bytes,
        json_sha256=bytes(known.json_sha256).hex(),
        json_bytes=known.json_bytes,
        created_at=to_text(known.created_at),
    )


def show_run(operator: Operator, run: ReconciliationRun) -> RunOutput:
    return RunOutput(
        id=run.pk,
        status=run.status,
        since=_text(run.since),
        until=_text(run.until),
        file_name=run.file_name,
        currency=operator.currency_code,
        rows=run.rows_there,
        matched=run.matched,
        missing_here=run.missing_here,
        missing_there=run.missing_there,
        different_amount=run.different_amount,
        differences=run.differences,
        in_doubt=run.in_doubt,
        total_here=operator.money(int(run.total_here)),
        total_there=operator.money(int(run.total_there)),
        created_at=to_text(run.created_at),
        finished_at=_text(run.finished_at),
    )


def show_difference(operator: Operator, one: Difference) -> DifferenceOutput:
    return DifferenceOutput(
        result=one.result,
        transaction_id=one.transaction_id,
        kind=one.kind,
        bet_id=one.bet_id,
        round_id=one.round_id,
        player_token=one.player_token,
        amount_here=None if one.minor_here is None else operator.money(one.minor_here),
        amount_there=amount_there(operator, one),
        currency=operator.currency_code,
        currency_there=one.currency_there,
        state_here=one.state_here,
        rows_there=one.rows_there,
        created_at=_text(one.at),
        resolution=one.resolution,
        resolved_at=_text(one.resolved_at),
    )


def amount_there(operator: Operator, one: Difference) -> str | None:
    """The operator's amount, with the decimals of the currency that its list names."""
    if one.minor_there is None:
        return None
    mixed = one.currency_there in ("", "???")
    exponent = operator.currency_exponent if mixed else exponent_of(one.currency_there)
    return format_amount(int(one.minor_there), exponent=exponent)


def _text(moment: datetime | None) -> str | None:
    return to_text(moment) if moment else None
