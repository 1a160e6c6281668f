"""Lies that only several rounds show together; each document passes by itself."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from fairness.hashing import sha256
from fairness.messages import EpochStatement
from tests.fairness.handmade.telling import EARLY_MS, GAME, honest, reclosed
from tests.fairness.house import (
    NOW_MS,
    Document,
    House,
    sign,
    statement_part,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DayStory:
    """Documents of a day, each of which passes by itself, and the name that the lie must get."""

    expect: str
    lines: list[Document]
    now_ms: int = NOW_MS


def day_of(house: House, at_ms: int = NOW_MS) -> list[Document]:
    return house.day(GAME, at_ms=at_ms)


def _replaced(lines: list[Document], at: int, document: Document) -> list[Document]:
    return [*lines[:at], sign(document), *lines[at + 1 :]]


def _day_with_another_close(house: House) -> DayStory:
    lines = day_of(house, EARLY_MS)
    another = reclosed(lines[1] | {"result": None}, bets_count=4, bets_root=sha256(b"other bets"))
    return DayStory(expect="CloseTwice", lines=_replaced(lines, 1, another), now_ms=EARLY_MS)


def _day_with_a_moved_promise(house: House) -> DayStory:
    lines = day_of(house)
    epoch = lines[1]["epoch"] | {"key_due_ms": lines[1]["epoch"]["key_due_ms"] + 1}
    return DayStory(expect="EpochContradicts", lines=_replaced(lines, 1, lines[1] | {"epoch": epoch}))


def _day_with_two_statements(house: House) -> DayStory:
    lines = day_of(house)
    stated = EpochStatement.decode(bytes.fromhex(lines[1]["commit"]["statement"]["message"]))
    other = statement_part(replace(stated, committed_ms=stated.committed_ms - 1))
    commit = lines[1]["commit"] | {"statement": other}
    return DayStory(expect="EpochContradicts", lines=_replaced(lines, 1, lines[1] | {"commit": commit}))


def _day_with_an_id_twice(house: House) -> DayStory:
    lines = day_of(house)
    return DayStory(expect="LeafTwice", lines=_replaced(lines, 2, lines[2] | {"round_id": lines[1]["round_id"]}))


def _day_with_another_game(house: House) -> DayStory:
    lines = day_of(house)
    other = honest(house, 12, "keno-none") | {"game": GAME}
    return DayStory(expect="DocumentNotAsAsked", lines=_replaced(lines, 11, other))


DAY_LIES: dict[str, Callable[[House], DayStory]] = {
    "an honest day": lambda house: DayStory(expect="accept", lines=day_of(house)),
    "an honest day before its results": lambda house: DayStory(
        expect="accept", lines=day_of(house, EARLY_MS), now_ms=EARLY_MS
    ),
    "a round is left out": lambda house: DayStory(expect="RoundMissing", lines=day_of(house)[:2] + day_of(house)[3:]),
    "a round is shown twice": lambda house: DayStory(expect="LeafTwice", lines=day_of(house)[:2] + day_of(house)[1:]),
    "two rounds are exchanged": lambda house: DayStory(
        expect="RoundMissing", lines=[day_of(house)[0], *day_of(house)[2:3], *day_of(house)[1:2], *day_of(house)[3:]]
    ),
    "a round has another CLOSE than the next one follows": _day_with_another_close,
    "the key is promised for two times": _day_with_a_moved_promise,
    "an epoch has two statements": _day_with_two_statements,
    "two rounds have one id": _day_with_an_id_twice,
    "a round of another game": _day_with_another_game,
}
