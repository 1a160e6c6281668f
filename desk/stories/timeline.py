"""What a story consists of: facts, events in their order, and checks made just now."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

GOOD, BAD, OPEN, PLAIN = "good", "bad", "open", "plain"
"""How an event or a check went: as it should, not so, not over yet, or neither."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fact:
    """One line of what is known: text, or a link that columns make."""

    name: str
    value: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """
    One event of a story. `source` is the room that knows of it (`bet`, `round`, `money`, `wallet`, `call`, `webhook`,
    `record`, `player`), `link` the page with all there is about it.
    """

    at: datetime
    source: str
    what: str
    detail: Any = ""
    link: str = ""
    tone: str = PLAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """Something that was checked while the page was made: what is claimed, how it stands, and what was seen."""

    claim: str
    tone: str
    said: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a story that is not an event: a title, and facts or a table's rows under their headings."""

    title: str
    facts: tuple[Fact, ...] = ()
    headings: tuple[str, ...] = ()
    rows: tuple[tuple[Any, ...], ...] = ()
    note: str = ""


def in_order(happenings: Iterable[Happening]) -> list[Happening]:
    """From the first to the last; at the same moment as they came."""
    return sorted(happenings, key=lambda one: one.at)
