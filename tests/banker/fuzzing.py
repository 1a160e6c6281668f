"""
A coverage-guided fuzzer in a hundred lines, for code in pure Python.

It knows which steps from line to line an input takes (`sys.settrace`, for the files under test only) and how often, in
powers of two, as AFL counts. An input that takes a step that none took before is kept and changed further: pieces are
cut out, doubled, swapped, taken from another input or from the words of the grammar. So it climbs, one condition at a
time, to places that texts drawn by chance do not reach.
"""

import random
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

Step = tuple[str, int, int, int]
"""A file, the line before, the line, and how often in powers of two."""


@dataclass(slots=True)
class Fuzzer:
    """Looks for inputs on which `target` raises. `files` are those whose lines count."""

    target: Callable[[str], Any]
    files: frozenset[str]
    words: Sequence[str]
    chance: random.Random
    length_max: int = 400
    corpus: list[str] = field(default_factory=list)
    steps: set[Step] = field(default_factory=set)
    runs: int = 0

    def search(self, seeds: Iterable[str], *, runs: int, guided: bool = True) -> tuple[str, BaseException] | None:
        """The first input that raises, with what it raised; None after so many runs."""
        self.corpus = list(seeds) or [""]
        for text in [*self.corpus, *(None for _ in range(runs))]:
            tried = self._changed() if text is None else text
            found, error = self._run(tried)
            if error is not None:
                return tried, error
            if guided and found - self.steps:
                self.steps |= found
                self.corpus.append(tried)
        return None

    def _run(self, text: str) -> tuple[set[Step], BaseException | None]:
        self.runs += 1
        counts: Counter[tuple[str, int, int]] = Counter()
        error = None
        sys.settrace(self._tracer(counts))
        try:
            self.target(text)
        except Exception as raised:
            error = raised
        finally:
            sys.settrace(None)
        return {(*step, count.bit_length()) for step, count in counts.items()}, error

    def _tracer(self, counts: "Counter[tuple[str, int, int]]") -> Callable[[FrameType, str, Any], Any]:
        files = self.files

        def of_frame(frame: FrameType, event: str, _: Any) -> Any:
            name = frame.f_code.co_filename
            if name not in files:
                return None
            before = 0

            def of_line(inner: FrameType, kind: str, _: Any) -> Any:
                nonlocal before
                counts[name, before, inner.f_lineno] += 1
                before = inner.f_lineno
                return of_line

            return of_line

        return of_frame

    def _changed(self) -> str:
        text = self.chance.choice(self.corpus)
        for _ in range(1 + self.chance.randrange(4)):
            text = self._change(text)
        return text[: self.length_max]

    def _change(self, text: str) -> str:
        chance, low = self.chance, self.chance.randrange(len(text) + 1)
        high = min(len(text), low + 1 + chance.randrange(8))
        match chance.randrange(6):
            case 0:
                return text[:low] + text[high:]
            case 1:
                return text[:low] + text[low:high] * 2 + text[high:]
            case 2:
                other = chance.choice(self.corpus)
                return text[:low] + other[chance.randrange(len(other) + 1) :]
            case 3:
                return (
                    text[:low] + chr(chance.choice((chance.randrange(128), chance.randrange(0x110000)))) + text[high:]
                )
            case 4:
                return text[:low] + text[low:high][::-1] + text[high:]
            case _:
                return text[:low] + chance.choice(self.words) + text[low:]
