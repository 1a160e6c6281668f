"""
The reader of slips before texts that were bred to reach its every corner. See `tests/banker/fuzzing.py`; Hypothesis,
which draws by the grammar, is in test_slip_grammar.py.
"""

import inspect
import os
import random
from typing import Any

import pytest

from banker.slips import BOUNDS, Bounds, SlipInvalid, grammar, numbers, parse, render, shapes, showing
from banker.slips.shapes import Mistake
from keno_platform.core import money
from tests.banker.fuzzing import Fuzzer

FILES = frozenset(inspect.getfile(one) for one in (grammar, numbers, shapes, showing, money))
WORDS = (
    *("123", "112", "111", "000-999", "120-100", "123R", "1**", "***", "DOUBLE", "series", "=", "*", "x", " ", "\t"),
    *("500", "0.05", "1.005", "0", "5R2", "R", ";", "\n", "\r\n", "-", ".", "9" * 14, "\u0661", "\u200b", "\x00"),
)
SEEDS = ("123 500", "123 456=500 1** 2; DOUBLE*1", "123 5R2\n100-120x3")
SMALL = Bounds(text_max=300, lines_max=5, bets_max=60)
"""So narrow that an input of some dozens of characters may pass each of them."""


def check(text: str) -> set[Mistake]:
    """All that must hold of any text: it is refused with places in it, or it reads the same when shown back."""
    met: set[Mistake] = set()
    for bounds, exponent in ((BOUNDS, 2), (SMALL, 0)):
        try:
            slip = parse(text, exponent=exponent, bounds=bounds)
        except SlipInvalid as refusal:
            faults = refusal.params["errors"]
            met.update(one.mistake for one in refusal.faults)
            assert 1 <= len(faults) <= shapes.ERRORS_MAX
            lines = text.replace("\r\n", "\n").split("\n")
            assert all(1 <= one["line"] <= len(lines) for one in faults)
            assert all(1 <= one["column"] <= len(lines[one["line"] - 1]) + 1 for one in faults)
            continue
        shown = render(slip)
        assert parse(shown, exponent=exponent, bounds=bounds) == slip
        assert len(shown) <= len(text)
        assert 1 <= slip.count <= bounds.bets_max
        bets = list(slip.bets())
        assert (len(bets), sum(stake for _, _, stake in bets)) == (slip.count, slip.total)
    return met


def bred(seed: int, target: Any = check, **more: Any) -> Fuzzer:
    return Fuzzer(target=target, files=FILES, words=WORDS, chance=random.Random(seed), **more)


def test_no_text_that_a_coverage_guided_search_breeds_is_anything_but_a_slip_or_refused() -> None:
    """And the search comes to every kind of mistake but the length, which no text of its own has."""
    met: set[Mistake] = set()

    def noted(text: str) -> None:
        met.update(check(text))

    for seed in range(2):
        assert bred(seed, noted).search(SEEDS, runs=2_500) is None
    assert set(Mistake) - met <= {Mistake.TOO_LONG}


@pytest.mark.proof
def test_nor_does_a_long_search() -> None:
    """RUNS texts from each of eight beginnings; `make fuzz` says how many."""
    for seed in range(100, 108):
        fuzzer = bred(seed)
        found = fuzzer.search(SEEDS, runs=int(os.environ.get("RUNS", "40000")))
        print(f"seed {seed}: {fuzzer.runs} texts, {len(fuzzer.corpus)} kept, {len(fuzzer.steps)} steps")
        assert found is None


def _stumbles(text: str) -> None:
    """A fault behind six conditions, each of which only a text that met the ones before can meet."""
    if not text.startswith("S"):
        return
    if not text.startswith("SE"):
        return
    if not text.startswith("SER"):
        return
    if not text.startswith("SERI"):
        return
    if not text.startswith("SERIE"):
        return
    if not text.startswith("SERIES"):
        return
    raise ZeroDivisionError(text)


def test_the_search_finds_a_fault_that_is_planted_where_chance_alone_does_not_come() -> None:
    """The control: as many texts with and without the guidance, from the empty one."""
    letters = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
    guided, blind = (
        Fuzzer(target=_stumbles, files=frozenset({__file__}), words=letters, chance=random.Random(5)) for _ in range(2)
    )
    found = guided.search([""], runs=60_000)
    assert found is not None
    assert isinstance(found[1], ZeroDivisionError)
    assert blind.search([""], runs=60_000, guided=False) is None
