"""The proof document of one round."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from fairness.documents.members import Members, whole_number
from fairness.documents.parts import Close, Commit, Result, Signature
from fairness.documents.signing import document_bytes
from fairness.draw import BEACON_SIGNATURE_BYTES, DRAW_SIZE, POOL_SIZE
from fairness.errors import DocumentMalformed, NetworkInvalid
from fairness.networks import CHAIN_HASH_BYTES, PUBLIC_KEY_BYTES, Network
from fairness.strict_json import parse

PROTOCOL = "KPS-1"


class Status(StrEnum):
    """How far a round has come."""

    SCHEDULED = "scheduled"
    OPEN = "open"
    CLOSED = "closed"
    DRAWN = "drawn"
    SETTLED = "settled"
    REVEALED = "revealed"
    VOID = "void"


_UNCLOSED = (Status.SCHEDULED, Status.OPEN)
_UNREVEALED = (*_UNCLOSED, Status.CLOSED, Status.DRAWN, Status.SETTLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reveal:
    """What was secret until the draw. A void round has no numbers."""

    seed: bytes
    beacon_signature: bytes | None
    numbers: tuple[int, ...] | None

    @classmethod
    def read(cls, value: object, path: str) -> Self:
        """:raises DocumentMalformed: it has another form."""
        own = Members(value, path, "seed", "beacon_signature", "numbers")
        signed = None if own.is_null("beacon_signature") else own.hex("beacon_signature", BEACON_SIGNATURE_BYTES)
        numbers = None if own.is_null("numbers") else own.each("numbers", _number, most=DRAW_SIZE)
        if numbers is not None and len(numbers) != DRAW_SIZE:
            raise DocumentMalformed(own.at("numbers"), f"must be {DRAW_SIZE} numbers")
        return cls(seed=own.hex("seed", 32), beacon_signature=signed, numbers=numbers)


@dataclass(frozen=True, slots=True, kw_only=True)
class EpochKey:
    """When the epoch's key is due, in milliseconds since 1970, and the key once it is published."""

    key_due_ms: int
    key: bytes | None

    @classmethod
    def read(cls, value: object, path: str) -> Self:
        """:raises DocumentMalformed: it has another form."""
        own = Members(value, path, "key_due_ms", "key")
        return cls(key_due_ms=own.integer("key_due_ms"), key=None if own.is_null("key") else own.hex("key", 32))


@dataclass(frozen=True, slots=True, kw_only=True)
class RoundDocument:
    """
    What the house says of one round. Only its form is checked, and that its members agree on how far it has come.

    `signed_bytes` is what the signature in `signed` is over.
    """

    round_id: int
    game: str
    status: Status
    rules: str
    network: Network
    commit: Commit
    close: Close | None
    reveal: Reveal | None
    result: Result | None
    epoch: EpochKey
    signed: Signature
    signed_bytes: bytes

    def __post_init__(self) -> None:
        if self.status in _UNCLOSED and (self.close or self.result or self.epoch.key):
            raise DocumentMalformed("status", f"a round that is {self.status} has no close, result or epoch key")
        if (self.status in _UNREVEALED and self.reveal) or (self.status is Status.REVEALED and not self.reveal):
            raise DocumentMalformed("status", f"does not go with a reveal that is {'there' if self.reveal else 'null'}")
        if self.reveal and (self.reveal.numbers is None) is (self.status is Status.REVEALED):
            raise DocumentMalformed("status", "a revealed round has numbers, and a void one has none")

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """From the bytes of a document. :raises DocumentMalformed: they are something else."""
        return cls.read(parse(data))

    @classmethod
    def read(cls, value: object) -> Self:
        """From JSON that is read already. :raises DocumentMalformed: it has another form."""
        own = Members(value, "", "protocol", *(name for name in cls.__slots__ if name != "signed_bytes"))
        own.constant("protocol", PROTOCOL)
        return cls(
            round_id=own.integer("round_id", low=1),
            game=own.text("game"),
            status=Status(own.constant("status", *Status)),
            rules=own.text("rules"),
            network=own.inner("network", read_network),
            commit=own.inner("commit", Commit.read),
            close=own.optional("close", Close.read),
            reveal=own.optional("reveal", Reveal.read),
            result=own.optional("result", Result.read),
            epoch=own.inner("epoch", EpochKey.read),
            signed=own.inner("signed", Signature.read),
            signed_bytes=document_bytes(own.without("signed")),
        )


def read_network(value: object, path: str) -> Network:
    """
    An entropy network.

    :raises DocumentMalformed: it has another form, or its values cannot describe one.
    """
    own = Members(value, path, "name", "public", "chain_hash", "public_key", "genesis", "period")
    try:
        return Network(
            name=own.text("name"),
            public=own.truth("public"),
            chain_hash=own.hex("chain_hash", CHAIN_HASH_BYTES),
            public_key=own.hex("public_key", 0, PUBLIC_KEY_BYTES),
            genesis=own.integer("genesis"),
            period=own.integer("period"),
        )
    except NetworkInvalid as refusal:
        raise DocumentMalformed(path, str(refusal)) from refusal


def _number(value: object, path: str) -> int:
    return whole_number(value, path, low=1, high=POOL_SIZE)
