"""Which faults, in which order, for how long: drawn from a seed, written down, and read again to be done again."""

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from tests.faults.catalogue import lines, processes, servers, wallets
from tests.faults.catalogue.fault import Fault

ALL: tuple[Fault, ...] = (*processes.FAULTS, *servers.FAULTS, *lines.FAULTS, *wallets.FAULTS)
BY_NAME = {one.name: one for one in ALL}
TOGETHER = 0.3
"""How often another fault comes at the same time, as long as there may be one."""
PAUSE_S = (0.0, 1.5)


class FaultUnknown(ValueError):
    """No fault has this number or name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """One fault with its particulars."""

    fault: str
    parameters: dict[str, Any]
    hold_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What happens at once, after a pause of so many seconds."""

    number: int
    pause_s: float
    together: list[Chosen]


def choose_from(names: Sequence[str], *, clocks: bool) -> list[Fault]:
    """
    The faults of these numbers (F10) or names (F10 backend killed); of none: all. Without a way to set clocks, those
    that need it are left out.

    :raises FaultUnknown: there is none of a name.
    """
    found = [one for one in ALL if not names or {one.number, one.name, one.kind} & set(names)]
    unknown = [name for name in names if not any({one.number, one.name, one.kind} & {name} for one in ALL)]
    if unknown:
        raise FaultUnknown(f"no fault {', '.join(unknown)}; there are {', '.join(one.name for one in ALL)}")
    return [one for one in found if clocks or not one.needs_clocks]


def draw(faults: Sequence[Fault], *, seed: int, together_max: int = 2) -> Iterator[Step]:
    """
    Steps without an end. In the order of a shuffled deck in which each fault lies once and heavy ones several times:
    so that a run meets every kind before it meets one for the third time.
    """
    chance, deck, number = random.Random(seed), list[Fault](), 0
    while True:
        number += 1
        drawn: list[Fault] = []
        for _ in range(1 + sum(chance.random() < TOGETHER for _ in range(together_max - 1))):
            deck = deck or _shuffled(faults, chance, light=number < len(faults))
            one = deck.pop()
            if any(one.hurt is other.hurt for other in drawn):  # one handle cannot be turned in two ways
                deck.insert(0, one)
            else:
                drawn.append(one)
        together = [
            Chosen(fault=one.name, parameters=dict(one.choose(chance)), hold_s=round(chance.uniform(*one.hold_s), 2))
            for one in drawn
        ]
        yield Step(number=number, pause_s=round(chance.uniform(*PAUSE_S), 2), together=together)


def _shuffled(faults: Sequence[Fault], chance: random.Random, *, light: bool) -> list[Fault]:
    """The first deck has each fault once; later ones by weight."""
    deck = [one for one in faults for _ in range(1 if light else max(1, round(one.weight)))]
    chance.shuffle(deck)
    return deck


def write(step: Step, file: Path) -> None:
    """Add a step to a trace."""
    with file.open("a") as output:
        output.write(json.dumps(asdict(step)) + "\n")


def read(file: Path) -> Iterator[Step]:
    """The steps of a trace."""
    for line in file.read_text().splitlines():
        found = json.loads(line)
        if "together" in found:
            yield Step(**{**found, "together": [Chosen(**one) for one in found["together"]]})
