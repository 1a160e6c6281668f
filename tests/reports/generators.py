"""Draws by numpy's PCG64: a fair generator that knows nothing of KPS-1, and one crooked generator for each test."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt

Draws = npt.NDArray[np.uint8]
Generator = Callable[[np.random.Generator, int], Draws]
LEFT = 80 - np.arange(20)
"""How many numbers are left before each ball."""


def fair(chance: np.random.Generator, draws: int) -> Draws:
    """Fisher and Yates, with numpy's unbiased whole numbers."""
    return shuffle(chance.integers(0, LEFT, (draws, 20)))


def shuffle(steps: npt.NDArray[np.int64]) -> Draws:
    """What the first 20 places of 1 to 80 hold after ball i changes places with the one `steps[i]` further on."""
    rows = np.arange(len(steps))
    pool = np.tile(np.arange(1, 81, dtype=np.uint8), (len(steps), 1))
    for i in range(20):
        j = i + steps[:, i]
        pool[rows, i], pool[rows, j] = pool[rows, j], pool[rows, i].copy()
    return np.ascontiguousarray(pool[:, :20])


def without_rejection(chance: np.random.Generator, draws: int) -> Draws:
    """The protocol's draw by somebody who forgot to throw bytes away: remainders of a byte."""
    return shuffle(chance.integers(0, 256, (draws, 20)) % LEFT)


def favours_seven(chance: np.random.Generator, draws: int, share: float = 0.05) -> Draws:
    """In some draws without a 7, the last ball becomes one."""
    made = fair(chance, draws)
    lacks = ~(made == 7).any(axis=1) & (chance.random(draws) < share)
    made[lacks, 19] = 7
    return made


def seldom_opens_with_seven(chance: np.random.Generator, draws: int) -> Draws:
    """Two of three 7s that come first change places with any other ball."""
    made = fair(chance, draws)
    at = np.flatnonzero((made[:, 0] == 7) & (chance.random(draws) < 2 / 3))
    other = chance.integers(1, 20, len(at))
    made[at, 0] = made[at, other]
    made[at, other] = 7
    return made


def sorts_its_end(chance: np.random.Generator, draws: int) -> Draws:
    """The last three balls come in ascending order."""
    made = fair(chance, draws)
    made[:, 17:] = np.sort(made[:, 17:], axis=1)
    return made


def draws_couples(chance: np.random.Generator, draws: int) -> Draws:
    """One draw in twenty is made of ten couples such as 35 and 36."""
    made = fair(chance, draws)
    at = np.flatnonzero(chance.random(draws) < 0.05)
    couples = chance.permuted(np.tile(np.arange(40), (len(at), 1)), axis=1)[:, :10]
    made[at] = np.concatenate([2 * couples + 1, 2 * couples + 2], axis=1)
    return made


def repeats_a_draw(chance: np.random.Generator, draws: int, share: float = 0.002) -> Draws:
    """Some draws are the one before once more."""
    made = fair(chance, draws)
    at = np.flatnonzero(chance.random(draws - 1) < share) + 1
    made[at] = made[at - 1]
    return made


def clings_to_a_number(chance: np.random.Generator, draws: int) -> Draws:
    """In one draw of ten a number of the draw before takes the place of a new one."""
    made = fair(chance, draws)
    for at in np.flatnonzero(chance.random(draws - 1) < 0.1) + 1:
        kept = made[at - 1, chance.integers(20)]
        if kept not in made[at]:
            made[at, chance.integers(20)] = kept
    return made


def swings(chance: np.random.Generator, draws: int) -> Draws:
    """Every other draw is often the higher of two, and those between often the lower."""
    made, other = fair(chance, draws), fair(chance, draws)
    higher = other.sum(axis=1, dtype=int) > made.sum(axis=1, dtype=int)
    wanted = np.arange(draws) % 2 == 0
    change = (higher == wanted) & (chance.random(draws) < 0.4)
    made[change] = other[change]
    return made


def repeats_the_last_but_one(chance: np.random.Generator, draws: int) -> Draws:
    """One draw in ten is the last but one once more, which no comparison of neighbours sees."""
    made = fair(chance, draws)
    for at in np.flatnonzero(chance.random(draws - 2) < 0.1) + 2:
        made[at] = made[at - 2]
    return made


def deals_out_the_pool(chance: np.random.Generator, draws: int) -> Draws:
    """Too even: four draws share out all 80 numbers, like a deck that is dealt to its end."""
    decks = chance.permuted(np.tile(np.arange(1, 81, dtype=np.uint8), (-(-draws // 4), 1)), axis=1)
    return np.ascontiguousarray(decks.reshape(-1, 20)[:draws])
