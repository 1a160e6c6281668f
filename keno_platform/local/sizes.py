"""
How many processes a local installation has: as many as its cores can feed, unless the environment says how many.

One web process fills one core; PostgreSQL needs about as much again, and so does paying what was bet. So a web process
for every four cores, and settlement the same; see docs/scaling.md.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass

CORES_A_WEB = 4
PROCESSES_MAX = 64
CONNECTIONS = 180
"""Of PostgreSQL's 200 those that a run plans with; the rest is for people, migrations and its own background work."""
POOL_LARGEST, POOL_SMALLEST = 20, 5
"""
Connections that a web process may share among its threads, for whatever goes through Django and the looks that a
placement needs. Below the smallest, calls would wait for each other.
"""
_BESIDE_POOL = 4
"""The lanes that place bets (`bets.door.lanes`), and one that writes the request log."""
_SINGLE = 7
"""Rounds, wallet, webhooks, reports, anchors, beat, a command: a worker of one process has one connection, some two."""


class SizeInvalid(ValueError):
    """A number of processes that is none, or more than the server has connections for; the text says which."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Processes of the kinds of which there may be several, and the pool of each web process."""

    web: int
    settlement: int
    connections_max: int | None = CONNECTIONS

    @property
    def pool(self) -> int:
        """Connections for each web process, so that all of them together stay below the server's limit."""
        if self.connections_max is None:
            return POOL_LARGEST
        left = self.connections_max - 2 * (_SINGLE + self.settlement)
        return min(POOL_LARGEST, left // self.web - _BESIDE_POOL)

    @property
    def connections(self) -> int:
        """The most that PostgreSQL may see of these processes at one time."""
        return self.web * (self.pool + _BESIDE_POOL) + 2 * (_SINGLE + self.settlement)


def choose(environment: Mapping[str, str], *, cores: int | None = None) -> Sizes:
    """
    KENO_WEB_PROCESSES and KENO_SETTLEMENT_WORKERS, or what suits this machine.

    Settlement has two at least, so that one that dies is not missed: a worker takes seconds to start.

    With a DATABASE_URL of one's own its server's limit is its owner's care.

    :raises SizeInvalid: a variable is no number from 1 to 64, or their connections are more than the server has.
    """
    fits = max(1, (cores or os.cpu_count() or 1) // CORES_A_WEB)
    sizes = Sizes(
        web=_number(environment, "KENO_WEB_PROCESSES", usual=min(fits, 8)),
        settlement=_number(environment, "KENO_SETTLEMENT_WORKERS", usual=min(max(2, fits), 16)),
        connections_max=None if environment.get("DATABASE_URL") else CONNECTIONS,
    )
    if sizes.pool < POOL_SMALLEST:
        raise SizeInvalid(
            f"{sizes.web} web processes and {sizes.settlement} settlement workers need more connections than the "
            f"{CONNECTIONS} that a local PostgreSQL has for them. Give fewer, or a server of your own by DATABASE_URL."
        )
    return sizes


def _number(environment: Mapping[str, str], name: str, *, usual: int) -> int:
    text = environment.get(name, "")
    if not text:
        return usual
    if not text.isascii() or not text.isdigit() or not 1 <= int(text) <= PROCESSES_MAX:
        raise SizeInvalid(f"{name} must be a number from 1 to {PROCESSES_MAX}, not {text!r}.")
    return int(text)
