"""
What a request says of itself: data, without any markup, so that the same is kept, shown and read by machines.
Amounts and shares are texts, exact to the digits that are shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import msgspec


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """What is asked for: which subject, whose, and the terms of the change as JSON values."""

    subject: str
    operator_id: UUID | None
    payload: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parties:
    """The two people, as the record names them, and what the one who asked gave as the reason."""

    request_id: UUID
    asked_by: str
    decided_by: str
    reason: str


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that changes."""

    name: str
    before: str
    after: str


class Description(msgspec.Struct, frozen=True, kw_only=True):
    """What will be changed, side by side; what comes of it, in money and rounds; and what an approver must type."""

    subject: str
    lines: tuple[Line, ...]
    consequence: str
    confirm: str
    round_id: int | None = None
    bet_id: UUID | None = None


class Table(msgspec.Struct, frozen=True, kw_only=True, tag="table"):
    """A part of an effect: rows of texts below a heading. `numbers` are the columns that stand right-aligned."""

    title: str
    heading: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: tuple[int, ...] = ()


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """A decimal before and after; empty where there is none."""

    label: str
    before: str
    after: str


class Comparison(msgspec.Struct, frozen=True, kw_only=True, tag="comparison"):
    """A part of an effect: a picture of decimals before and after. `limit` is a line that none may pass."""

    title: str
    unit: str
    pairs: tuple[Pair, ...]
    limit: str = ""


class Note(msgspec.Struct, frozen=True, kw_only=True, tag="note"):
    """A part of an effect: a sentence, where more is to be seen, and a picture of it by its address."""

    text: str
    href: str = ""
    picture: str = ""


Block = Table | Comparison | Note


def plain(shape: Any) -> Any:
    """A shape as JSON values."""
    return msgspec.to_builtins(shape)


def description_of(stored: Any) -> Description:
    """The reverse of `plain`."""
    return msgspec.convert(stored, Description)


def blocks_of(stored: Any) -> tuple[Block, ...]:
    """The reverse of `plain`, for an effect."""
    return msgspec.convert(stored, tuple[Block, ...])
