"""The proof document of one bet."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from fairness.documents.members import Members
from fairness.documents.parts import Close, Place, Signature
from fairness.documents.round import PROTOCOL
from fairness.documents.signing import document_bytes
from fairness.errors import DocumentMalformed
from fairness.strict_json import parse

PICKS_MAX = 10
_COUNT = re.compile(r"0|[1-9][0-9]?", re.ASCII)
_MULTIPLIER = re.compile(r"(?:0|[1-9][0-9]{0,6})(?:\.[0-9]?[1-9])?", re.ASCII)

Multipliers = Mapping[int, Mapping[int, str]]
"""Picks -> hits -> payout per unit of stake, as decimal text without zeros at the end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Paytable:
    """What a bet was agreed to pay."""

    id: str
    hash: bytes
    multipliers: Multipliers

    @classmethod
    def read(cls, value: object, path: str) -> Self:
        """:raises DocumentMalformed: it has another form."""
        own = Members(value, path, "id", "hash", "multipliers")
        rows = own.table("multipliers")
        return cls(
            id=own.text("id"),
            hash=own.hex("hash", 32),
            multipliers={
                _count(picks, own.at("multipliers"), low=1, high=PICKS_MAX): _row(
                    int(picks), row, f"{own.at('multipliers')}.{picks}"
                )
                for picks, row in rows.items()
            },
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BetOutcome:
    """What the house says the bet came to. `multiplier` is None where the paytable has no prize for these hits."""

    status: str
    hits: int
    multiplier: str | None
    win_minor: int

    @classmethod
    def read(cls, value: object, path: str) -> Self:
        """:raises DocumentMalformed: it has another form."""
        own = Members(value, path, "status", "hits", "multiplier", "win_minor")
        return cls(
            status=own.constant("status", "won", "lost"),
            hits=own.integer("hits", high=PICKS_MAX),
            multiplier=own.optional("multiplier", _multiplier),
            win_minor=own.integer("win_minor"),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BetDocument:
    """
    What the house says of one bet. `place` is None before the close, and for a bet that the close does not contain;
    the leaf is there in any case.
    """

    bet_id: UUID
    leaf: bytes
    place: Place | None
    close: Close | None
    paytable: Paytable
    outcome: BetOutcome | None
    signed: Signature
    signed_bytes: bytes

    def __post_init__(self) -> None:
        if self.place is not None and self.close is None:
            raise DocumentMalformed("close", "is null, and yet the bet has a place among the closed bets")

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """From the bytes of a document. :raises DocumentMalformed: they are something else."""
        return cls.read(parse(data))

    @classmethod
    def read(cls, value: object) -> Self:
        """From JSON that is read already. :raises DocumentMalformed: it has another form."""
        own = Members(value, "", "protocol", "bet_id", "bet", "close", "paytable", "outcome", "signed")
        own.constant("protocol", PROTOCOL)
        leaf, place = own.inner("bet", _leaf_and_place)
        return cls(
            bet_id=own.uuid("bet_id"),
            leaf=leaf,
            place=place,
            close=own.optional("close", Close.read),
            paytable=own.inner("paytable", Paytable.read),
            outcome=own.optional("outcome", BetOutcome.read),
            signed=own.inner("signed", Signature.read),
            signed_bytes=document_bytes(own.without("signed")),
        )


def _leaf_and_place(value: object, path: str) -> tuple[bytes, Place | None]:
    own = Members(value, path, "leaf", "index", "size", "path", "root")
    unknown = {own.is_null(name) for name in ("index", "size", "path", "root")}
    if unknown == {True}:
        return own.message("leaf"), None
    if True in unknown:
        raise DocumentMalformed(path, "index, size, path and root are all there or all null")
    place = Place.of(own)
    return place.leaf, place


def _row(picks: int, value: object, path: str) -> dict[int, str]:
    if not isinstance(value, dict):
        raise DocumentMalformed(path, "must be an object")
    return {_count(hits, path, low=0, high=picks): _multiplier(text, f"{path}.{hits}") for hits, text in value.items()}


def _count(text: str, path: str, *, low: int, high: int) -> int:
    if not _COUNT.fullmatch(text) or not low <= int(text) <= high:
        raise DocumentMalformed(f"{path}.{text[:20]}", f"must be named by a count from {low} to {high}")
    return int(text)


def _multiplier(value: object, path: str) -> str:
    if not isinstance(value, str) or not _MULTIPLIER.fullmatch(value):
        raise DocumentMalformed(path, "must be a decimal such as 3.55, with at most two digits and no zero at its end")
    return value
