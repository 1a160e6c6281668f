"""The parts that documents are made of. To read one checks its form, and nothing of what it says."""

from dataclasses import dataclass
from typing import Self
from uuid import UUID

from fairness.documents.members import PATH_STEPS_MAX, Members, digest
from fairness.errors import DocumentMalformed

COUNTERSIGNATURES_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """An Ed25519 signature of the house, and whose it claims to be."""

    signature: bytes
    key_id: str
    public_key: bytes

    @classmethod
    def read(cls, value: object, path: str) -> Self:
        """:raises DocumentMalformed: it has another form."""
        return cls.of(Members(value, path, "signature", "key_id", "public_key"))

    @classmethod
    def of(cls, own: Members) -> Self:
        """From the three members of a larger object. :raises DocumentMalformed: they have another form."""
        return cls(
            signature=own.hex("signature", 64), key_id=own.key_id("key_id"), public_key=own.hex("public_key", 32)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A signed EPOCH statement."""

    message: bytes
    by: Signature

    @classmethod
    def read(cls, value: object, path: str) -> Self:
        """:raises DocumentMalformed: it has another form."""
        own = Members(value, path, "message", "signature", "key_id", "public_key")
        return cls(message=own.message("message"), by=Signature.of(own))


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchor:
    """Where a root is said to stand on a chain. Addresses and hashes of the chain are text, as chains write them."""

    chain_id: int
    contract: str
    seq: int
    kind: int
    root: bytes
    size: int
    transaction: str
    block_number: int
    block_hash: str
    block_time: int
    head: bytes
    previous_head: bytes

    @classmethod
    def read(cls, value: object, path: str) -> Self:
        """:raises DocumentMalformed: it has another form."""
        own = Members(value, path, *cls.__slots__)
        return cls(
            chain_id=own.integer("chain_id", low=1),
            contract=own.address("contract"),
            seq=own.integer("seq", low=1),
            kind=own.integer("kind", high=255),
            root=own.hex("root", 32),
            size=own.integer("size", low=1),
            transaction=own.chain_hash("transaction"),
            block_number=own.integer("block_number"),
            block_hash=own.chain_hash("block_hash"),
            block_time=own.integer("block_time"),
            head=own.hex("head", 32),
            previous_head=own.hex("previous_head", 32),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A leaf, and its place in a tree."""

    leaf: bytes
    index: int
    size: int
    path: tuple[bytes, ...]
    root: bytes

    @classmethod
    def of(cls, own: Members) -> Self:
        """From five members of a larger object. :raises DocumentMalformed: they have another form."""
        return cls(
            leaf=own.message("leaf"),
            index=own.integer("index"),
            size=own.integer("size", low=1),
            path=own.each("path", digest, most=PATH_STEPS_MAX),
            root=own.hex("root", 32),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """What was fixed before the round opened. Epochs from before statements were signed have none."""

    place: Place
    anchor: Anchor | None
    statement: Statement | None

    @classmethod
    def read(cls, value: object, path: str) -> Self:
        """:raises DocumentMalformed: it has another form."""
        own = Members(value, path, "leaf", "index", "size", "path", "root", "anchor", "statement")
        return cls(
            place=Place.of(own),
            anchor=own.optional("anchor", Anchor.read),
            statement=own.optional("statement", Statement.read),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """The end of the round, in the tree of results."""

    place: Place
    anchor: Anchor | None

    @classmethod
    def read(cls, value: object, path: str) -> Self:
        """:raises DocumentMalformed: it has another form."""
        own = Members(value, path, "leaf", "index", "size", "path", "root", "anchor")
        return cls(place=Place.of(own), anchor=own.optional("anchor", Anchor.read))


@dataclass(frozen=True, slots=True, kw_only=True)
class Countersignature:
    """An operator's own signature under a CLOSE."""

    operator_id: UUID
    public_key: bytes
    signature: bytes

    @classmethod
    def read(cls, value: object, path: str) -> Self:
        """:raises DocumentMalformed: it has another form."""
        own = Members(value, path, "operator_id", "public_key", "signature")
        return cls(
            operator_id=own.uuid("operator_id"),
            public_key=own.hex("public_key", 32),
            signature=own.hex("signature", 64),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Close:
    """A signed CLOSE message, with the operators that bore witness to it."""

    message: bytes
    by: Signature
    countersignatures: tuple[Countersignature, ...]

    @classmethod
    def read(cls, value: object, path: str) -> Self:
        """:raises DocumentMalformed: it has another form."""
        own = Members(value, path, "message", "signature", "key_id", "public_key", "countersignatures")
        witnesses = own.each("countersignatures", Countersignature.read, most=COUNTERSIGNATURES_MAX)
        if len({one.operator_id for one in witnesses}) != len(witnesses):
            raise DocumentMalformed(own.at("countersignatures"), "an operator stands there twice")
        return cls(message=own.message("message"), by=Signature.of(own), countersignatures=witnesses)
