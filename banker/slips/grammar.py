"""
Reading a slip. Each character is looked at a fixed number of times, and nothing is expanded: what a line would become
is counted first.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from banker.slips.numbers import canonical, is_plain, is_reversed
from banker.slips.shapes import BOUNDS, ERRORS_MAX, Bounds, Fault, Item, Mistake, Slip, SlipInvalid
from keno_platform.core.money import AMOUNT_MAX, AmountInvalid, CurrencyExponent, parse_amount

_FOREIGN = re.compile(r"[^\x20-\x7e\t\n]")
_WORD = re.compile(r"=|[^ \t=]+")
_MARKED = re.compile(r"(DOUBLE|TRIPLE|SERIES|[0-9]{3}-[0-9]{3}|[0-9]{3}R|[0-9*]{3})([*X])", re.ASCII | re.IGNORECASE)
_TURNED = re.compile(r"([0-9.]+)R([0-9.]+)", re.ASCII | re.IGNORECASE)
_MARKS = ("=", "*", "x", "X")
_EXCERPT = 16


def parse(text: str, *, exponent: int, bounds: Bounds = BOUNDS) -> Slip:
    """
    The slip that this text is, in a currency with so many decimals.

    :raises SlipInvalid: it is none, with each mistake, or it is larger than the bounds. Nothing else is ever raised.
    """
    if len(text) > bounds.text_max:
        raise SlipInvalid([Fault(line=1, column=1, mistake=Mistake.TOO_LONG)])
    text = text.replace("\r\n", "\n")
    _refuse_foreign(text)
    lines = text.split("\n")
    while lines and not lines[-1].strip(" \t"):
        lines.pop()
    if len(lines) > bounds.lines_max:
        raise SlipInvalid([Fault(line=bounds.lines_max + 1, column=1, mistake=Mistake.TOO_MANY_LINES)])
    reading = _Reading(exponent=exponent, bounds=bounds)
    for number, line in enumerate(lines, 1):
        reading.read_line(number, line)
    return reading.finish()


def _refuse_foreign(text: str) -> None:
    faults, line, counted, start = [], 1, 0, 0
    for found in _FOREIGN.finditer(text):
        line += text.count("\n", counted, found.start())
        counted = found.start()
        start = text.rfind("\n", start, counted) + 1 or start
        faults.append(
            Fault(
                line=line,
                column=counted - start + 1,
                mistake=Mistake.CHARACTER,
                text=f"U+{ord(found[0]):04X}",
            )
        )
        if len(faults) == ERRORS_MAX:
            break
    if faults:
        raise SlipInvalid(faults)


@dataclass(frozen=True, slots=True)
class _Word:
    text: str
    column: int

    @property
    def is_mark(self) -> bool:
        return self.text in _MARKS


class _Wrong(Exception):
    """An entry cannot be read, because of this word."""

    def __init__(self, mistake: Mistake, word: _Word) -> None:
        self.mistake, self.word = mistake, word


@dataclass(slots=True, kw_only=True)
class _Reading:
    """What has been read so far."""

    exponent: int
    bounds: Bounds
    items: list[Item] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    bets: int = 0
    total: int = 0

    def read_line(self, number: int, line: str) -> None:
        """Read one line's entries, which semicolons part. A mistake ends its entry only."""
        if not line.strip(" \t"):
            return
        column = 1
        for entry in line.split(";"):
            try:
                self._read_entry(number, entry, column)
            except _Wrong as wrong:
                self._note(number, wrong)
            column += len(entry) + 1

    def finish(self) -> Slip:
        """:raises SlipInvalid: there were mistakes, or there was nothing."""
        if not self.items and not self.faults:
            self.faults.append(Fault(line=1, column=1, mistake=Mistake.EMPTY))
        if self.faults:
            raise SlipInvalid(self.faults)
        return Slip(items=tuple(self.items), exponent=self.exponent)

    def _read_entry(self, number: int, entry: str, column: int) -> None:
        """Items `selections mark stake`, the last of which may do without the mark."""
        pending: list[_Word] = []
        words = _words(entry, column)
        for word in words:
            if not word.is_mark:
                pending.append(word)
                continue
            if not pending:
                raise _Wrong(Mistake.NOTHING_BEFORE, word)
            stake = next(words, None)
            if stake is None or stake.is_mark:
                raise _Wrong(Mistake.STAKE_MISSING, stake or word)
            self._take(number, pending, stake)
            pending = []
        if len(pending) == 1:
            _selection(pending[0])
            raise _Wrong(Mistake.STAKE_MISSING, pending[0])
        if pending:
            self._take(number, pending[:-1], pending[-1])
        elif not entry.strip(" \t"):
            raise _Wrong(Mistake.NOTHING_BEFORE, _Word(";", column + len(entry)))

    def _take(self, number: int, words: list[_Word], staked: _Word) -> None:
        selections = tuple(_selection(word) for word in words)
        stake, others = self._stake(staked)
        if others is not None and not all(map(is_plain, selections)):
            raise _Wrong(Mistake.PERMUTATIONS, staked)
        item = Item(selections=selections, stake=stake, others=others, line=number)
        self.bets += item.count
        self.total += item.total
        self._check_size(number, words[0])
        self.items.append(item)

    def _check_size(self, number: int, word: _Word) -> None:
        """What goes beyond the bounds ends the reading: it would go on beyond them."""
        mistake = None
        if self.bets > self.bounds.bets_max:
            mistake = Mistake.TOO_MANY_BETS
        elif self.total > AMOUNT_MAX:
            mistake = Mistake.TOTAL_TOO_LARGE
        elif len(self.items) == self.bounds.lines_max:
            mistake = Mistake.TOO_MANY_LINES
        if mistake:
            raise SlipInvalid([*self.faults, Fault(line=number, column=word.column, mistake=mistake)])

    def _stake(self, word: _Word) -> tuple[int, int | None]:
        turned = _TURNED.fullmatch(word.text)
        if turned is None:
            return self._amount(word.text, word), None
        return self._amount(turned[1], word), self._amount(turned[2], word)

    def _amount(self, text: str, word: _Word) -> int:
        try:
            minor = parse_amount(text, exponent=self.exponent)
        except AmountInvalid as refusal:
            raise _Wrong(Mistake.STAKE, word) from refusal
        except CurrencyExponent as refusal:
            raise _Wrong(Mistake.STAKE_DECIMALS, word) from refusal
        if minor == 0:
            raise _Wrong(Mistake.STAKE_ZERO, word)
        return minor

    def _note(self, number: int, wrong: _Wrong) -> None:
        word = wrong.word
        self.faults.append(Fault(line=number, column=word.column, mistake=wrong.mistake, text=word.text[:_EXCERPT]))
        if len(self.faults) == ERRORS_MAX:
            raise SlipInvalid(self.faults)


def _words(entry: str, column: int) -> Iterator[_Word]:
    """
    The words and marks of an entry. The marks `*` and `x` follow a selection at once, or stand alone: a star at the
    beginning of a word belongs to a pattern.
    """
    for found in _WORD.finditer(entry):
        text, at = found[0], column + found.start()
        marked = None if canonical(text) else _MARKED.match(text)
        if marked is None:
            yield _Word(text, at)
            continue
        yield _Word(marked[1], at)
        yield _Word(marked[2], at + marked.start(2))
        if rest := text[marked.end() :]:
            yield _Word(rest, at + marked.end())


def _selection(word: _Word) -> str:
    found = canonical(word.text)
    if found is None:
        raise _Wrong(Mistake.NUMBER, word)
    if is_reversed(found):
        raise _Wrong(Mistake.RANGE_REVERSED, word)
    return found
