"""One entry of the record, as it is sealed: its members as text, in one canonical form."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from fairness.errors import DocumentMalformed
from fairness.merkle import leaf_hash

HOUSE_LOG = UUID(int=0)
"""The log of what belongs to no operator."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """
    What happened. All members are text, or None. `before` and `after` are JSON as the database prints it, kept as text
    so that no reader can take a number for another one. `transaction` numbers the transaction that wrote the entry.
    """

    id: str
    created_at: str
    transaction: str
    event_type: str
    actor: str
    address: str | None
    operator_id: str | None
    round_id: str | None
    bet_id: str | None
    description: str
    before: str | None
    after: str | None

    def encode(self) -> bytes:
        """The leaf's bytes: JSON with sorted names, without spaces, in ASCII (the canonical form of fairness.rules)."""
        return json.dumps({name: getattr(self, name) for name in _SORTED}, separators=(",", ":")).encode("ascii")

    @property
    def hash(self) -> bytes:
        """The hash of the leaf."""
        return leaf_hash(self.encode())

    @property
    def log(self) -> str:
        """The id of the log that it belongs to."""
        return self.operator_id or str(HOUSE_LOG)

    @classmethod
    def read(cls, value: object, path: str) -> Self:
        """:raises DocumentMalformed: it has another form."""
        if not isinstance(value, Mapping) or set(value) != set(cls.__slots__):
            raise DocumentMalformed(path, f"must be an object with the members {', '.join(sorted(cls.__slots__))}")
        for name, member in value.items():
            if not isinstance(member, str) and (member is not None or name not in _MAY_BE_NULL):
                raise DocumentMalformed(f"{path}.{name}", "must be a text")
        return cls(**value)


_SORTED = tuple(sorted(Entry.__slots__))
_MAY_BE_NULL = frozenset(("address", "operator_id", "round_id", "bet_id", "before", "after"))
