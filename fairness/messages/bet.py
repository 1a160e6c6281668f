"""The BET leaf: what a bettor gets a receipt for."""

import re
import struct
from dataclasses import dataclass
from typing import ClassVar, Self
from uuid import UUID

from fairness.draw import POOL_SIZE
from fairness.errors import FieldInvalid
from fairness.hashing import DIGEST_BYTES
from fairness.messages.fields import (
    HEADER_LENGTH,
    MessageType,
    header,
    open_header,
    require_bytes,
    require_picks,
    require_position,
    require_uint,
    require_uuid,
    require_zeros,
)

BET_LENGTH = 176
BET_PREFIX_LENGTH = 152
"""Everything in a BET leaf before `accepted_ms`: what is known before the database accepts the bet."""
BET_ACCEPTED_MS_OFFSET = 152
BET_BLIND_OFFSET = 160
BET_BLIND_LENGTH = 16
BITMAP_LENGTH = 10

_ZEROS = bytes(2)
_CURRENCY = re.compile(r"[A-Z0-9]{3}")
_BET_TERMS = struct.Struct(">16s16s32s10s3sB2sQ32s")
_BET_ACCEPTANCE = struct.Struct(">Q16s")


@dataclass(frozen=True, slots=True, kw_only=True)
class BetTerms:
    """
    A bet before its acceptance: everything that the bettor decides or that is known when the bet arrives.

    `picks` are in ascending order, because the bitmap keeps no other; `stake_minor` counts units of
    10 ** -exponent of the currency.

    :raises FieldInvalid: a value does not fit its field.
    """

    TYPE: ClassVar[MessageType] = MessageType.BET

    stream: UUID
    round_number: int
    bet_id: UUID
    operator_id: UUID
    player_tag: bytes
    picks: tuple[int, ...]
    currency: str
    exponent: int
    stake_minor: int
    paytable_hash: bytes

    def __post_init__(self) -> None:
        require_position(self.stream, self.round_number)
        require_uuid("bet_id", self.bet_id)
        require_uuid("operator_id", self.operator_id)
        require_bytes("player_tag", self.player_tag, DIGEST_BYTES)
        require_picks(self.picks)
        if not isinstance(self.currency, str) or not _CURRENCY.fullmatch(self.currency):
            raise FieldInvalid(f"currency is three capital letters or digits, not {self.currency!r}")
        require_uint("exponent", self.exponent, 8)
        require_uint("stake_minor", self.stake_minor, 64)
        require_bytes("paytable_hash", self.paytable_hash, DIGEST_BYTES)

    def prefix(self) -> bytes:
        """The first 152 bytes of the BET leaf; `accepted_ms` (u64) and `blind` (16 bytes) follow."""
        return header(self.TYPE, self.stream, self.round_number) + _BET_TERMS.pack(
            self.bet_id.bytes,
            self.operator_id.bytes,
            self.player_tag,
            picks_to_bitmap(self.picks),
            self.currency.encode("ascii"),
            self.exponent,
            bytes(2),
            self.stake_minor,
            self.paytable_hash,
        )


class BetForm:
    """
    What all bets of one operator on one round under one paytable have in common, checked and packed once. Fills in the
    prefixes of their leaves, the same bytes as `BetTerms.prefix`.

    :raises FieldInvalid: a value does not fit its field.
    """

    def __init__(
        self, *, stream: UUID, round_number: int, operator_id: UUID, currency: str, exponent: int, paytable_hash: bytes
    ) -> None:
        BetTerms(  # checks all of them
            stream=stream,
            round_number=round_number,
            bet_id=operator_id,
            operator_id=operator_id,
            player_tag=bytes(DIGEST_BYTES),
            picks=(1,),
            currency=currency,
            exponent=exponent,
            stake_minor=0,
            paytable_hash=paytable_hash,
        )
        self._header = header(MessageType.BET, stream, round_number)
        self._operator, self._currency, self._exponent = operator_id.bytes, currency.encode("ascii"), exponent
        self._paytable_hash = paytable_hash

    def prefix(self, *, bet_id: UUID, player_tag: bytes, picks: tuple[int, ...], stake_minor: int) -> bytes:
        """:raises FieldInvalid: as for `BetTerms`."""
        if len(player_tag) != DIGEST_BYTES:  # the packing would fill it up
            raise FieldInvalid(f"player_tag must be {DIGEST_BYTES} bytes")
        return self._header + _BET_TERMS.pack(
            bet_id.bytes,
            self._operator,
            player_tag,
            picks_to_bitmap(picks),
            self._currency,
            self._exponent,
            _ZEROS,
            stake_minor,
            self._paytable_hash,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class BetLeaf(BetTerms):
    """
    An accepted bet. The blind is random, so that nobody finds a bet by guessing at its leaf's hash.

    :raises FieldInvalid: a value does not fit its field.
    """

    accepted_ms: int
    blind: bytes

    def __post_init__(self) -> None:
        # Named in full: with slots, dataclass() makes the class anew and the bare super() would miss it.
        BetTerms.__post_init__(self)
        require_uint("accepted_ms", self.accepted_ms, 64)
        require_bytes("blind", self.blind, BET_BLIND_LENGTH)

    def encode(self) -> bytes:
        """The leaf's 176 bytes, which go to the bettor only."""
        return self.prefix() + _BET_ACCEPTANCE.pack(self.accepted_ms, self.blind)

    @classmethod
    def decode(cls, data: bytes) -> Self:
        """
        The leaf in these bytes.

        :raises MessageMalformed: (a kind of it) they are not a BET leaf.
        """
        stream, round_number = open_header(data, cls.TYPE, BET_LENGTH)
        bet_id, operator_id, player_tag, bitmap, currency, exponent, zeros, stake_minor, paytable_hash = (
            _BET_TERMS.unpack_from(data, HEADER_LENGTH)
        )
        accepted_ms, blind = _BET_ACCEPTANCE.unpack_from(data, BET_PREFIX_LENGTH)
        require_zeros(zeros, at=110)
        return cls(
            stream=stream,
            round_number=round_number,
            bet_id=UUID(bytes=bet_id),
            operator_id=UUID(bytes=operator_id),
            player_tag=player_tag,
            picks=bitmap_to_picks(bitmap),
            currency=currency.decode("latin-1"),
            exponent=exponent,
            stake_minor=stake_minor,
            paytable_hash=paytable_hash,
            accepted_ms=accepted_ms,
            blind=blind,
        )


def picks_to_bitmap(picks: tuple[int, ...]) -> bytes:
    """
    Numbers of 1 to 80 as 80 bits: number k is byte (k-1) >> 3, mask 0x80 >> ((k-1) & 7).

    :raises FieldInvalid: there are none, one is out of range, or they are not in ascending order.
    """
    require_picks(picks)
    bits = 0
    for number in picks:
        bits |= 1 << (POOL_SIZE - number)
    return bits.to_bytes(BITMAP_LENGTH, "big")


def bitmap_to_picks(bitmap: bytes) -> tuple[int, ...]:
    """
    The numbers of a bitmap, ascending.

    :raises FieldInvalid: it has not 10 bytes.
    """
    require_bytes("bitmap", bitmap, BITMAP_LENGTH)
    bits = int.from_bytes(bitmap, "big")
    return tuple(number for number in range(1, POOL_SIZE + 1) if bits >> (POOL_SIZE - number) & 1)
