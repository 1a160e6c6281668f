"""
What rounds need from rooms above them, without knowing them. `keno_platform.wiring` plugs these in.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from uuid import UUID

LeafSource = Callable[[UUID, list[int]], Iterable[tuple[int, UUID, bytes]]]
"""Given an operator's id and round ids: (round id, bet id, leaf hash) of every bet that is in those rounds."""

Listener = Callable[[list[int]], None]
"""Told the ids of rounds that something happened to, after the commit."""


@dataclass(slots=True)
class Ports:
    """The sockets in the wall; one instance in this process."""

    bet_leaves: LeafSource | None = None
    on_payable: list[Listener] = field(default_factory=list)


ports = Ports()
