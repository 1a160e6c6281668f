"""What the house publishes beside documents: its keys, and the list of all roots with their leaves."""

from dataclasses import dataclass
from typing import Self

from fairness.documents.members import Members
from fairness.documents.parts import Anchor, Statement
from fairness.documents.signing import key_id
from fairness.errors import KeyIdWrong
from fairness.strict_json import parse

KEYS_MAX = 1000
ROOTS_MAX = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class Contract:
    """Where on which chain the house anchors its roots; the address in lower case."""

    chain_id: int
    contract: str

    @classmethod
    def read(cls, value: object, path: str) -> Self:
        """:raises DocumentMalformed: it has another form."""
        own = Members(value, path, "chain_id", "contract")
        return cls(chain_id=own.integer("chain_id", low=1), contract=own.address("contract"))


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyList:
    """The keys that the house signs with or has signed with (`/.well-known/keno-keys.json`)."""

    keys: frozenset[bytes]
    chain: Contract | None

    @classmethod
    def parse(cls, data: bytes) -> Self:
        """:raises DocumentMalformed: it has another form. :raises KeyIdWrong: a key has another one's id."""
        own = Members(parse(data), "", "keys", "chain")
        keys = own.each("keys", _key, most=KEYS_MAX)
        return cls(keys=frozenset(keys), chain=own.optional("chain", Contract.read))


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """One root in the order of the chain. Kind 1 is an epoch's, 2 that of results, 3 a checkpoint of the record."""

    seq: int
    kind: int
    root: bytes
    size: int
    anchor: Anchor | None
    statement: Statement | None

    @classmethod
    def read(cls, value: object, path: str) -> Self:
        """:raises DocumentMalformed: it has another form."""
        own = Members(value, path, "seq", "kind", "root", "size", "created_at", "anchor", "statement")
        own.text("created_at")
        return cls(
            seq=own.integer("seq", low=1),
            kind=own.integer("kind", low=1, high=3),
            root=own.hex("root", 32),
            size=own.integer("size", low=1),
            anchor=own.optional("anchor", Anchor.read),
            statement=own.optional("statement", Statement.read),
        )


def parse_roots(data: bytes, *, limit: int) -> tuple[Root, ...]:
    """A page of the list of roots, of at most `limit` bytes. :raises DocumentMalformed: it has another form."""
    return Members(parse(data, limit=limit), "", "roots").each("roots", Root.read, most=ROOTS_MAX)


def _key(value: object, path: str) -> bytes:
    own = Members(value, path, "key_id", "algorithm", "public_key", "valid_from", "valid_until")
    own.constant("algorithm", "Ed25519")
    public_key = own.hex("public_key", 32)
    if own.key_id("key_id") != key_id(public_key):
        raise KeyIdWrong(f"{own.at('key_id')} is not the beginning of the key's SHA-256")
    return public_key
