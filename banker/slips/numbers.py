"""What a selection stands for: the numbers of one, of its permutations, of a pattern, a range or a named set."""

import re
from functools import lru_cache
from itertools import permutations

NUMBERS = tuple(f"{n:03d}" for n in range(1000))
SETS = {
    "DOUBLE": tuple(one for one in NUMBERS if len(set(one)) == 2),
    "TRIPLE": tuple(one for one in NUMBERS if len(set(one)) == 1),
    "SERIES": tuple(f"{n}{n + 1}{n + 2}" for n in range(8)),
}
"""Exactly two equal digits (270), three equal digits (10), three that rise by one (8: 012 to 789)."""

_SELECTION = re.compile(
    rf"(?P<set>{'|'.join(SETS)})|(?P<low>[0-9]{{3}})-(?P<high>[0-9]{{3}})|(?P<turned>[0-9]{{3}})R|[0-9*]{{3}}",
    re.ASCII | re.IGNORECASE,
)


@lru_cache(maxsize=4096)
def permutations_of(number: str) -> tuple[str, ...]:
    """Every number of these three digits, itself among them: 6, 3 or 1."""
    return tuple(sorted({"".join(one) for one in permutations(number)}))


def neighbours_of(number: str) -> tuple[str, str]:
    """The number before and the one after; 999 and 000 are neighbours."""
    at = int(number)
    return NUMBERS[at - 1], NUMBERS[(at + 1) % 1000]


def canonical(word: str) -> str | None:
    """A word as the selection that it is, in capitals; None when it is none. A range may still be reversed."""
    return word.upper() if len(word) <= 7 and _SELECTION.fullmatch(word) else None


def is_plain(selection: str) -> bool:
    """Whether it is one number and nothing else."""
    return len(selection) == 3 and "*" not in selection


def is_reversed(selection: str) -> bool:
    """Whether it is a range whose end comes before its beginning."""
    low, dash, high = selection.partition("-")
    return bool(dash) and low > high


@lru_cache(maxsize=4096)
def numbers_of(selection: str) -> tuple[str, ...]:
    """The numbers of a canonical selection, rising."""
    if selection in SETS:
        return SETS[selection]
    if selection.endswith("R"):
        return permutations_of(selection[:3])
    low, dash, high = selection.partition("-")
    if dash:
        return NUMBERS[int(low) : int(high) + 1]
    if "*" in selection:
        pattern = re.compile(selection.replace("*", "[0-9]"))
        return tuple(one for one in NUMBERS if pattern.fullmatch(one))
    return (selection,)


@lru_cache(maxsize=4096)
def count_of(selection: str) -> int:
    """How many numbers a canonical selection has, without making any."""
    if selection in SETS:
        return len(SETS[selection])
    if selection.endswith("R"):
        return (0, 1, 3, 6)[len(set(selection[:3]))]
    low, dash, high = selection.partition("-")
    return int(high) - int(low) + 1 if dash else int(10 ** selection.count("*"))
