"""What a fault is: how it is chosen, and how it hurts for as long as a block lasts."""

import random
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from tests.faults.ground import Ground

Parameters = Mapping[str, Any]
Hurt = Callable[[Ground, Parameters], AbstractContextManager[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """
    One kind of fault. `number` is its place in the catalogue of docs/chaos.md, `kind` what of it this one does.

    `choose` draws its particulars from the run's chance alone, so that they can be written down and done again;
    `hurt` does it, and heals at the end of its block. `hold_s` is how long it lasts.
    """

    number: str
    kind: str
    hurt: Hurt
    choose: Callable[[random.Random], Parameters] = lambda _: {}
    hold_s: tuple[float, float] = (0.0, 0.0)
    weight: float = 1.0
    needs_clocks: bool = False

    @property
    def name(self) -> str:
        return f"{self.number} {self.kind}"


def one_of(name: str, *values: Any) -> Callable[[random.Random], Parameters]:
    """A particular that is one of these."""
    return lambda chance: {name: chance.choice(values)}


def both(*choices: Callable[[random.Random], Parameters]) -> Callable[[random.Random], Parameters]:
    """The particulars of all of these."""
    return lambda chance: {name: value for choose in choices for name, value in choose(chance).items()}
