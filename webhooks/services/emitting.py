"""Writing events, in the caller's transaction. Numbers and deliveries are made afterwards, out of its way."""

import logging
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

import msgspec
from django.db import connection

from keno_platform.core import clock, ids
from operators.models import Operator, OperatorStatus
from webhooks import catalogue
from webhooks.selectors import wants

logger = logging.getLogger(__name__)
T = TypeVar("T")
KEY_MAX = 100
CHUNK = 5_000
_WRITE = """
    INSERT INTO public.webhooks_event (id, operator_id, type, data, key, endpoint_id, created_at)
    SELECT one.id, one.operator_id, %s, one.data, one.key, %s, %s
    FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::text[]) AS one (id, operator_id, data, key)
    ON CONFLICT (operator_id, type, key) WHERE key IS NOT NULL DO NOTHING
"""
Item = tuple[str | None, Mapping[str, Any]]


def emit(*, operator: Operator, event: str, data: Mapping[str, Any], key: str | None = None) -> None:
    """
    Write one event in the caller's transaction, if an endpoint of this operator subscribes to it.

    With a `key` it is written once only, however often this is called: a second one changes nothing.

    :raises ValueError: there is no such event, or the key is too long.
    """
    if _wanted(operator.pk, event):
        _write([operator.pk], event, [(key, data)])


def emit_many(*, operator: Operator, event: str, items: Iterable[tuple[str, Mapping[str, Any]]]) -> None:
    """
    The same for many, each a key and its data, in a few statements. Nothing is taken from `items` when nobody listens.

    :raises ValueError: there is no such event, or a key is too long.
    """
    if _wanted(operator.pk, event):
        for chunk in _chunks(items):
            _write([operator.pk] * len(chunk), event, chunk)


def rounds_finished(told: Iterable[tuple[UUID, catalogue.RoundFinished]]) -> None:
    """
    Tell each operator, once, that a round has come to its end: pairs of an operator that listens and the round.

    Of however many rounds and operators in a few statements, since the engine's tick waits for it.
    """
    for chunk in _chunks(told):
        items = [(str(finished.round_id), msgspec.to_builtins(finished)) for _, finished in chunk]
        _write([operator_id for operator_id, _ in chunk], catalogue.ROUND_FINISHED, items)


def bets_settled(*, operator: Operator, bets: Iterable[catalogue.BetSettled]) -> None:
    """Tell an operator, once for each bet, what became of it."""
    items = ((bet.bet_id, msgspec.to_builtins(bet)) for bet in bets)
    emit_many(operator=operator, event=catalogue.BET_SETTLED, items=items)


def operator_status_changed(operator: Operator, status: str) -> None:
    """Tell an operator that the provider has suspended or resumed it; for `operators.ports.on_status_changed`."""
    suspended = status == OperatorStatus.SUSPENDED
    emit(
        operator=operator,
        event=catalogue.OPERATOR_SUSPENDED if suspended else catalogue.OPERATOR_RESUMED,
        data={"operator": operator.slug, "status": str(status)},
    )


def write_for_endpoint(*, operator_id: UUID, endpoint_id: UUID, event: str, data: Mapping[str, Any]) -> UUID:
    """An event for one endpoint alone, whatever it subscribes to. Returns its id."""
    return _write([operator_id], event, [(None, data)], endpoint_id=endpoint_id)[0]


def _wanted(operator_id: UUID, event: str) -> bool:
    if event not in catalogue.SUBSCRIBABLE:
        raise ValueError(f"there is no event {event!r}")
    return wants(operator_id, event)


def _write(
    operator_ids: Sequence[UUID], event: str, items: Sequence[Item], *, endpoint_id: UUID | None = None
) -> list[UUID]:
    """Each item for the operator at its place."""
    _warn_of_flaw(event, items[0][1])
    if any(key is not None and len(key) > KEY_MAX for key, _ in items):
        raise ValueError(f"a key has at most {KEY_MAX} characters")
    rows = [ids.uuid7() for _ in items]
    texts = [msgspec.json.encode(data).decode() for _, data in items]
    keys = [key for key, _ in items]
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [event, endpoint_id, clock.now(), rows, list(operator_ids), texts, keys])
    return rows


def _warn_of_flaw(event: str, data: Mapping[str, Any]) -> None:
    """A fault of the caller's that its money must not suffer from: the event goes out as it is."""
    if flaw := catalogue.flaw(event, data):
        logger.error("the data of %s is not as documented: %s", event, flaw)


def _chunks(items: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(items)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
