"""
The files of an operator's finished day, as CSV and as JSON, written a piece at a time.

A day is complete when no transaction can come to stand in it any more. From then on its files are always the same
bytes: the first time they are made, what they are is kept, and what is sent later is held against it.
"""

import csv
import hashlib
import io
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta

from keno_platform.core.clock import to_text
from keno_platform.core.errors import Kind, Refusal, Retry
from operators.models import Operator
from operators.tenancy import tenant_context
from reconciliation.transactions import COUNTED, Fact, complete_until, facts_between
from wallet.horizon import archived, is_archived_in_part

COLUMNS = (
    *("transaction_id", "kind", "bet_id", "round_id", "player_token", "amount", "currency", "status"),
    *("operator_reference", "created_at", "finished_at"),
)
_STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?", re.ASCII)


class DayNotFinished(Refusal):
    """The day (UTC) is not over, or a transaction that began in it still runs."""

    code = "day_not_finished"
    kind = Kind.CONFLICT
    title = "This day is not finished yet"
    retry = Retry.NEW_KEY


@dataclass(slots=True, kw_only=True)
class Summary:
    """What went into the files so far: rows, and by kind how many transactions moved how much (minor units)."""

    rows: int = 0
    by_kind: dict[str, tuple[int, int]] = field(default_factory=dict)

    def add(self, fact: Fact) -> None:
        self.rows += 1
        if fact.status in COUNTED:
            count, total = self.by_kind.get(fact.kind, (0, 0))
            self.by_kind[fact.kind] = count + 1, total + fact.amount

    def totals(self, operator: Operator) -> dict[str, dict[str, object]]:
        """By kind, amounts as decimals."""
        return {
            kind: {"count": count, "amount": operator.money(total)}
            for kind, (count, total) in sorted(self.by_kind.items())
        }


@dataclass(slots=True)
class Digest:
    """The SHA-256 and the length of bytes that pass by."""

    hashed: "hashlib._Hash" = field(default_factory=hashlib.sha256)
    length: int = 0

    def add(self, piece: bytes) -> None:
        self.hashed.update(piece)
        self.length += len(piece)


def bounds(day: date) -> tuple[datetime, datetime]:
    """The day's first moment and the next day's, in UTC."""
    start = datetime.combine(day, time(), UTC)
    return start, start + timedelta(days=1)


def require_finished(operator: Operator, day: date) -> None:
    """
    :raises DayNotFinished: a transaction may still come to stand in this day. :raises Archived: not all are online.
    """
    with tenant_context(operator):
        if is_archived_in_part(*bounds(day)):
            raise archived(day=day.isoformat())
        if complete_until(operator) < bounds(day)[1]:
            raise DayNotFinished(day=day.isoformat())


def write_csv(operator: Operator, day: date) -> Iterator[bytes]:
    """The day's CSV: RFC 4180, the heading first. A cell that a spreadsheet would run gets an apostrophe before it."""
    yield _lines([list(COLUMNS)])
    for batch in _batches(operator, day):
        yield _lines([[inert(cell) for cell in cells(operator, fact)] for fact in batch])


def write_json(operator: Operator, day: date) -> Iterator[bytes]:
    """The day's JSON: one object with the rows, a row a line, and after them their number and totals."""
    head = {"operator": operator.slug, "day": day.isoformat(), "currency": operator.currency_code}
    yield json.dumps(head)[:-1].encode() + b', "transactions": ['
    summary, between = Summary(), b"\n"
    for batch in _batches(operator, day):
        piece = io.BytesIO()
        for fact in batch:
            summary.add(fact)
            piece.write(between + json.dumps(dict(zip(COLUMNS, cells(operator, fact), strict=True))).encode())
            between = b",\n"
        yield piece.getvalue()
    tail = {"rows": summary.rows, "totals": summary.totals(operator)}
    yield b"\n], " + json.dumps(tail)[1:].encode() + b"\n"


FORMATS: dict[str, Callable[[Operator, date], Iterator[bytes]]] = {"csv": write_csv, "json": write_json}


def cells(operator: Operator, fact: Fact) -> list[str]:
    """One transaction in the order of COLUMNS; what there is not is empty."""
    return [
        str(fact.transaction_id),
        fact.kind,
        str(fact.bet_id or ""),
        str(fact.round_id or ""),
        fact.player_token,
        operator.money(fact.amount),
        operator.currency_code,
        fact.status,
        fact.operator_reference,
        to_text(fact.created_at),
        to_text(fact.finished_at),
    ]


def inert(cell: str) -> str:
    """A cell that no spreadsheet runs as a formula."""
    return "'" + cell if cell.startswith(_STARTS_A_FORMULA) and not _NUMBER.fullmatch(cell) else cell


def _batches(operator: Operator, day: date) -> Iterator[list[Fact]]:
    """The tenant is bound for each query alone: whoever takes the pieces may be anywhere between two of them."""
    since, until = bounds(day)
    batches = facts_between(operator, since=since, until=until)
    while True:
        with tenant_context(operator):
            batch = next(batches, None)
        if batch is None:
            return
        yield batch


def _lines(rows: list[list[str]]) -> bytes:
    file = io.StringIO()
    csv.writer(file).writerows(rows)
    return file.getvalue().encode()
