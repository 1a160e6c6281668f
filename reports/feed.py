"""
The regulator's feed: the whole sealed record in one order, with numbers that never change.

Entries of all logs are numbered as they were sealed: checkpoint by checkpoint, in it log by log in the order of their
ids, in a log by place. The first number of each checkpoint is kept, and a checkpoint never changes; so a number means
the same entry for ever, and who has all numbers up to one has missed nothing. Numbers begin with 1.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db import connection, transaction

from audit.selectors import Placed, placed_entries
from reports.models import FeedMark

LIMIT_MAX = 1000
MARKS_AT_ONCE = 10_000
_LOCK = 0x4B4E5F66656564
"""Of who numbers checkpoints: one at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbered:
    """An entry with its number, its log and its place in that."""

    sequence: int
    log: UUID
    placed: Placed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Stretch:
    """Entries of one log that one checkpoint was the first to seal, and the number of the first of them."""

    sequence: int
    log: UUID
    first: int
    count: int


def advance() -> int:
    """Number what checkpoints have sealed since the last time. Returns how many checkpoints were numbered."""
    numbered = 0
    while found := _advance_once():
        numbered += found
    return numbered


def read(*, after: int, limit: int) -> list[Numbered]:
    """The entries behind a number, in order; fewer than `limit` only at the end of what is sealed."""
    advance()
    entries: list[Numbered] = []
    for stretch in _stretches(after, limit):
        skipped = max(0, after + 1 - stretch.sequence)
        last = min(stretch.count, skipped + limit - len(entries))
        for placed in placed_entries(stretch.log, first=stretch.first + skipped, last=stretch.first + last):
            number = stretch.sequence + placed.index - stretch.first
            entries.append(Numbered(sequence=number, log=stretch.log, placed=placed))
        if len(entries) == limit:
            break
    return entries


def last_number() -> int:
    """The number of the newest entry; 0 when there is none."""
    newest = FeedMark.objects.order_by("-checkpoint").first()
    return newest.first + newest.entries - 1 if newest else 0


@transaction.atomic
def _advance_once() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
        cursor.execute(_ADVANCE, {"most": MARKS_AT_ONCE})
        return int(cursor.rowcount)


def _stretches(after: int, limit: int) -> Iterator[_Stretch]:
    """The stretches that hold the numbers behind `after`, enough of them for `limit` entries."""
    with connection.cursor() as cursor:
        cursor.execute(_STRETCHES, {"after": after, "until": after + limit})
        rows = cursor.fetchall()
    for sequence, log, first, count in rows:
        yield _Stretch(sequence=int(sequence), log=log, first=first, count=count)


# What a checkpoint found new in a log is the difference to the state of that log before.
_NEW = """
    SELECT h.checkpoint_id, h.log, coalesce(b.size, 0) AS first, h.size - coalesce(b.size, 0) AS count
    FROM public.audit_loghead h
    LEFT JOIN LATERAL (
        SELECT o.size FROM public.audit_loghead o WHERE o.log = h.log AND o.checkpoint_id < h.checkpoint_id
        ORDER BY o.checkpoint_id DESC LIMIT 1) b ON true
"""
_ADVANCE = f"""
    WITH mark AS (
        SELECT coalesce(max(m.checkpoint), 0) AS checkpoint, coalesce(max(m.first + m.entries), 1) AS next
        FROM public.reports_feedmark m
    ), new AS (
        SELECT n.checkpoint_id, sum(n.count)::int AS entries
        FROM ({_NEW} WHERE h.checkpoint_id IN (
                  SELECT DISTINCT o.checkpoint_id FROM public.audit_loghead o
                  WHERE o.checkpoint_id > (SELECT checkpoint FROM mark) ORDER BY 1 LIMIT %(most)s)) n
        GROUP BY 1)
    INSERT INTO public.reports_feedmark (checkpoint, first, entries)
    SELECT checkpoint_id, (SELECT next FROM mark) + sum(entries) OVER (ORDER BY checkpoint_id) - entries, entries
    FROM new WHERE entries > 0
"""
_STRETCHES = f"""
    SELECT m.first + sum(n.count) OVER (PARTITION BY m.checkpoint ORDER BY n.log) - n.count, n.log, n.first, n.count
    FROM public.reports_feedmark m JOIN ({_NEW}) n ON n.checkpoint_id = m.checkpoint
    WHERE m.first + m.entries > %(after)s + 1 AND m.first <= %(until)s AND n.count > 0
    ORDER BY 1
"""
