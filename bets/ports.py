"""What bets show that rooms above them know, without knowing these. `keno_platform.wiring` plugs it in."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulated:
    """A run that played a paytable: how many bets of each pick count, whether theory held, and where it is shown."""

    name: str
    at: datetime
    bets_each: int
    passed: bool
    verdict: str
    address: str
    picture: str


@dataclass(slots=True)
class Ports:
    """The sockets in the wall; one instance in this process. `simulations_of` takes the hash of a paytable."""

    simulations_of: Callable[[bytes], list[Simulated]] | None = None


ports = Ports()
