"""The check is no rubber stamp: whatever is lost, doubled, made up or still open in a history, it says so."""

from typing import Any
from uuid import uuid4

import pytest

from tests.faults.checking import check_history, check_watched
from tests.faults.client import after, begin
from tests.faults.history import FAIL, OK, UNKNOWN, Operation

FIRST, MOVED = str(uuid4()), str(uuid4())


class Books:
    """Rows as the database would have them."""

    def __init__(self) -> None:
        self.slips: list[tuple[str, str]] = [("o:one", FIRST)]
        self.bets: list[tuple[str]] = [(FIRST,)]
        self.cancelled: list[tuple[str]] = []
        self.transfers: list[tuple[str, str]] = [("chaos:demo-1", str(uuid4())), ("two", MOVED)]

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        if "bets_betstate" in statement:
            return list(self.cancelled)
        for name in ("slips", "bets", "cancelled", "transfers"):
            table = {"slips": "bets_slip", "bets": "bets_bet", "cancelled": "bets_cancellation"}.get(
                name, "transferkey"
            )
            if table in statement:
                return list(getattr(self, name))
        raise AssertionError(statement)


def history() -> list[Operation]:
    """What clients know of these books."""
    bet = begin("bet", "savanna", "one", "/api/v1/bets", {})
    bet.outcome, bet.became = OK, [FIRST]
    deposit = begin("deposit", "savanna", "two", "/api/v1/wallet/deposits", {})
    deposit.outcome, deposit.became = OK, [MOVED]
    refused = begin("bet", "savanna", "three", "/api/v1/bets", {})
    refused.outcome = FAIL
    return [bet, deposit, refused]


def against(books: Books, own: list[Operation]) -> list[str]:
    return [
        one.claim.partition(": ")[2] for one in check_history(books.rows, "op_savanna", "savanna", own) if one.against
    ]


def test_books_that_are_as_clients_know_them_pass() -> None:
    assert against(Books(), history()) == []


def test_a_bet_that_was_told_done_and_is_not_there_is_lost() -> None:
    books = Books()
    books.slips, books.bets = [], []
    assert "everything that was told done is there" in against(books, history())


def test_a_deposit_that_became_another_than_was_told_is_lost() -> None:
    books = Books()
    books.transfers[1] = ("two", str(uuid4()))
    assert against(books, history()) == ["everything that was told done is there"]


def test_what_was_told_refused_and_is_there_all_the_same_is_found() -> None:
    books, other = Books(), str(uuid4())
    books.slips.append(("o:three", other))
    books.bets.append((other,))
    assert "nothing that was told refused is there" in against(books, history())


def test_a_slip_with_a_second_bet_is_doubled() -> None:
    books = Books()
    books.bets.append((FIRST,))
    assert against(books, history()) == ["each slip became as many bets as it has rounds"]


def test_a_bet_that_nobody_asked_for_is_found() -> None:
    books = Books()
    books.bets.append((str(uuid4()),))
    assert against(books, history()) == ["nothing is there that nobody asked for"]


def test_what_nobody_knows_in_the_end_is_found() -> None:
    own = history()
    own[0].outcome = UNKNOWN
    assert "everything that nobody knew is known now" in against(Books(), own)


def test_a_bet_that_was_taken_back_and_stands_is_found() -> None:
    own = history()
    own.append(begin("cancel", "savanna", f"cancel:{FIRST}", "", {}))
    own[-1].outcome = OK
    assert against(Books(), own) == ["everything that was told done is there"]


def test_a_watcher_who_was_told_other_numbers_is_heard() -> None:
    def rows(_: str) -> list[tuple[Any, ...]]:
        return [(7, [1, 2, 3]), (8, [4, 5, 6])]

    assert not check_watched(rows, {"numbers": {"7": [1, 2, 3]}, "wrong": []}).against
    assert check_watched(rows, {"numbers": {"7": [1, 2, 4]}, "wrong": []}).against
    assert check_watched(rows, {"numbers": {"9": [1, 2, 4]}, "wrong": []}).against
    assert check_watched(rows, {"numbers": {}, "wrong": ["round 7: one, then another"]}).against


@pytest.mark.parametrize(
    ("word", "answer", "outcome"),
    [
        ("201", {"id": FIRST, "ticket": [{"id": FIRST}]}, OK),
        ("409", {"code": "round_not_open", "retry": "new_key", "money_moved": "no"}, FAIL),
        ("409", {"code": "request_in_progress", "retry": "same_key", "money_moved": "unknown"}, UNKNOWN),
        ("503", {"code": "maintenance", "retry": "same_key", "money_moved": "unknown"}, UNKNOWN),
        ("500", {}, UNKNOWN),
        ("no answer", {}, UNKNOWN),
        ("429", {"code": "too_many", "retry": "same_key", "money_moved": "no"}, UNKNOWN),
    ],
)
def test_a_client_believes_what_it_is_told_and_no_more(word: str, answer: dict[str, Any], outcome: str) -> None:
    asked = begin("bet", "savanna", "one", "/api/v1/bets", {})
    assert after(asked, word, answer).outcome == outcome
