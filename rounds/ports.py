"""
What rounds need from rooms above them, without knowing them. `keno_platform.wiring` plugs these in.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

RECORD_BYTES = 48
LeafSource = Callable[[UUID, list[int]], Mapping[int, bytes]]
"""
Given an operator's id and round ids: for each round with bets of that operator, a record of each bet that is in it,
one after another: the bet's id (16 bytes) and its leaf's hash (32).
"""

Listener = Callable[[list[int]], None]
"""Told the ids of rounds that something happened to, after the commit."""


def records_in_order(parts: list[bytes]) -> list[bytes]:
    """The records of several operators' bets in the order of the round's tree, which is that of the bets' ids."""
    return sorted(part[at : at + RECORD_BYTES] for part in parts for at in range(0, len(part), RECORD_BYTES))


@dataclass(slots=True)
class Ports:
    """The sockets in the wall; one instance in this process."""

    bet_leaves: LeafSource | None = None
    on_payable: list[Listener] = field(default_factory=list)
    on_finished: list[Listener] = field(default_factory=list)


ports = Ports()
