"""A parsed slip, what may be wrong with one, and how large one may be."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from enum import Enum

from banker.slips.numbers import count_of, numbers_of, permutations_of
from keno_platform.core.errors import Kind, Refusal


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """The largest slip: characters, lines (as typed, and as shown back), and bets after expansion."""

    text_max: int
    lines_max: int
    bets_max: int


BOUNDS = Bounds(text_max=64 * 1024, lines_max=2_000, bets_max=10_000)
ERRORS_MAX = 100
"""So many mistakes are told at once."""


class Mistake(Enum):
    """What may be wrong at one place. The name is the stable code, the value says it in English."""

    TOO_LONG = "the slip has too many characters"
    TOO_MANY_LINES = "the slip has too many lines"
    TOO_MANY_BETS = "the slip has too many bets"
    TOTAL_TOO_LARGE = "the slip's total is too large"
    EMPTY = "the slip has no bet"
    CHARACTER = "only ASCII letters, digits, spaces and the marks of the grammar may stand here"
    NUMBER = "a number is three digits, 000 to 999, or one of the forms of the grammar"
    RANGE_REVERSED = "a range goes from the lower number to the higher"
    STAKE_MISSING = "a stake is missing"
    STAKE = "a stake is a plain decimal number"
    STAKE_DECIMALS = "the stake has more decimals than the currency"
    STAKE_ZERO = "a stake is above zero"
    PERMUTATIONS = "a stake with R needs plain numbers before it"
    NOTHING_BEFORE = "a number is missing before this"


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """A mistake and its place. Lines and columns count from 1; `text` is what stands there, cut short."""

    line: int
    column: int
    mistake: Mistake
    text: str = ""

    def shown(self) -> dict[str, object]:
        """As a refusal's `params` hold it."""
        return {
            "line": self.line,
            "column": self.column,
            "code": self.mistake.name.lower(),
            "reason": self.mistake.value,
            "text": self.text,
        }


class SlipInvalid(Refusal):
    """The slip cannot be read; `params.errors` has each mistake with its line and column. No bet of it was taken."""

    code = "slip_invalid"
    kind = Kind.INVALID
    title = "The slip cannot be read"

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        super().__init__()
        if faults:
            self.params = {"errors": [one.shown() for one in faults[:ERRORS_MAX]]}
        self.faults = tuple(faults[:ERRORS_MAX])


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """
    A line of a slip as it is shown back: selections, and what is staked on each of their numbers, in minor units.

    `others` is staked on each other permutation of each number. `line` is where it was typed.
    """

    selections: tuple[str, ...]
    stake: int
    others: int | None = None
    line: int = field(compare=False, default=0)

    @property
    def count(self) -> int:
        """How many bets it is, without making any."""
        straight = sum(map(count_of, self.selections))
        return straight + (0 if self.others is None else self._turned())

    @property
    def total(self) -> int:
        straight = self.stake * sum(map(count_of, self.selections))
        return straight + (0 if self.others is None else self.others * self._turned())

    def bets(self) -> Iterator[tuple[str, int]]:
        """(number, stake) of each bet, in order."""
        for selection in self.selections:
            for number in numbers_of(selection):
                yield number, self.stake
            if self.others is not None:
                for number in permutations_of(selection):
                    if number != selection:
                        yield number, self.others

    def _turned(self) -> int:
        return sum(count_of(f"{number}R") - 1 for number in self.selections)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slip:
    """A slip that can be read: what is on it, in order, in a currency with so many decimals."""

    items: tuple[Item, ...]
    exponent: int

    @property
    def count(self) -> int:
        return sum(one.count for one in self.items)

    @property
    def total(self) -> int:
        """The sum of all its bets, in minor units."""
        return sum(one.total for one in self.items)

    def bets(self) -> Iterator[tuple[int, str, int]]:
        """(line as it is shown back, from 1; number; stake) of each bet, in order."""
        for line, item in enumerate(self.items, 1):
            for number, stake in item.bets():
                yield line, number, stake
