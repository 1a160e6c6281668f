"""What a verb says: tables and lines for people, or one JSON document for programs. The same for every verb."""

import json
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, TextIO, TypeVar

T = TypeVar("T")
_COLOURS = {"ok": "32", "notice": "33", "fault": "31", "skipped": "90"}
REFRESH_S = 0.2
WIDTH_MAX, WIDTH_MIN = 160, 40


@dataclass(slots=True)
class Output:
    """Where one verb's words go. With `as_json` nothing but the document goes to standard output."""

    as_json: bool = False
    out: TextIO = field(default_factory=lambda: sys.stdout)
    err: TextIO = field(default_factory=lambda: sys.stderr)

    def say(self, text: str = "") -> None:
        """A line for people."""
        if not self.as_json:
            print(text, file=self.out, flush=True)

    def warn(self, text: str) -> None:
        """A line for people that is no result."""
        print(text, file=self.err, flush=True)

    def document(self, value: Mapping[str, Any]) -> None:
        """The result for programs."""
        if self.as_json:
            print(json.dumps(value, ensure_ascii=False, indent=2, default=str), file=self.out, flush=True)

    def table(self, columns: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
        """Aligned columns: numbers to the right, what is too long for the terminal cut in the last column."""
        if self.as_json:
            return
        shown = [[_text(cell) for cell in row] for row in rows]
        widths = [max(len(line[at]) for line in [list(columns), *shown]) for at in range(len(columns))]
        rest = max(WIDTH_MIN, self._width() - sum(widths[:-1]) - 2 * len(widths))
        widths[-1] = min(widths[-1], rest)
        numbers = [bool(shown) and all(_is_number(line[at]) for line in shown) for at in range(len(columns))]
        for line in [list(columns), ["-" * width for width in widths], *shown]:
            self.say("  ".join(_cell(*one) for one in zip(line, widths, numbers, strict=True)).rstrip())

    def mark(self, state: str) -> str:
        """A state's name, in its colour on a terminal."""
        if not self.out.isatty():
            return f"{state:<7}"
        return f"\x1b[{_COLOURS.get(state, '0')}m{state:<7}\x1b[0m"

    def progress(self, items: Iterable[T], *, what: str, total: int | None = None) -> Iterator[T]:
        """The same items, with a line on standard error that says how far it is. Silent where nobody looks."""
        with self._line(what, total) as step:
            for item in items:
                yield item
                step()

    @contextmanager
    def _line(self, what: str, total: int | None) -> Iterator[Any]:
        began, done, shown_at = time.monotonic(), 0, 0.0
        is_shown = self.err.isatty()

        def step() -> None:
            nonlocal done, shown_at
            done += 1
            if is_shown and time.monotonic() - shown_at > REFRESH_S:
                shown_at = time.monotonic()
                print(f"\r{_bar(what, done, total, shown_at - began)}", end="", file=self.err, flush=True)

        try:
            yield step
        finally:
            if is_shown and done:
                print(f"\r{_bar(what, done, total, time.monotonic() - began)}", file=self.err, flush=True)

    def _width(self) -> int:
        return min(WIDTH_MAX, shutil.get_terminal_size((120, 24)).columns) if self.out.isatty() else WIDTH_MAX


def _bar(what: str, done: int, total: int | None, seconds: float) -> str:
    rate = done / seconds if seconds > 0 else 0.0
    if not total:
        return f"{what}: {done:,}, {rate:,.1f} a second"
    part = min(1.0, done / total)
    left = (total - done) / rate if rate else 0.0
    return f"{what} [{'#' * int(part * 30):<30}] {done:,} of {total:,}, {left:.0f} s left   "


def _text(cell: object) -> str:
    return "" if cell is None else str(cell)


def _is_number(text: str) -> bool:
    return bool(text) and text.replace(",", "").replace(".", "").removeprefix("-").isdecimal()


def _cell(text: str, width: int, number: bool) -> str:
    cut = text if len(text) <= width else f"{text[: width - 1]}…"
    return cut.rjust(width) if number else cut.ljust(width)
