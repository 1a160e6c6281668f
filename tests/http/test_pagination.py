"""Cursor pages: every row once and in order, both ways, whatever is inserted meanwhile."""

import base64
import json
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit
from uuid import UUID, uuid4

import pytest

from operators.tenancy import tenant_context
from tests.support.api import call, refusal
from tests.support.bets import backend, new_player
from wallet.services import deposit

pytestmark = pytest.mark.django_db
ROWS, LIMIT = 11, 3


@pytest.fixture
def books(operator_a: Any) -> "Books":
    return Books(operator_a)


class Books:
    """A player's transactions, and the list of them."""

    def __init__(self, operator: Any) -> None:
        self.operator = operator
        self.player = new_player(operator)
        self.secret = backend(operator).secret
        self.ids: list[str] = []
        self.add(ROWS)

    def add(self, count: int) -> list[str]:
        """So many more rows, the newest last."""
        with tenant_context(self.operator):
            made = [str(deposit(key=str(uuid4()), player=self.player, amount=1, reference="").pk) for _ in range(count)]
        self.ids += made
        return made

    def page(self, address: str | None = None, *, limit: int = LIMIT) -> dict[str, Any]:
        """The page of an address; without one, the first."""
        address = address or f"wallet/transactions?player_token={self.player.token}&limit={limit}"
        response = call("GET", address, credential=self.secret)
        assert response.status_code == 200, response.content
        found: dict[str, Any] = json.loads(response.content)
        return found

    def walk(self, page: dict[str, Any], way: str) -> list[str]:
        """All rows from this page on in one direction, page by page, in the order in which they are listed."""
        pages = [ids_of(page)]
        while page[way]:
            page = self.page(relative(page[way]))
            pages.append(ids_of(page))
        return [one for own in (pages if way == "next" else reversed(pages)) for one in own]


def ids_of(page: dict[str, Any]) -> list[str]:
    return [row["transaction_id"] for row in page["results"]]


def relative(address: str) -> str:
    parts = urlsplit(address)
    assert (parts.scheme, parts.netloc) == ("http", "testserver")
    return f"{parts.path}?{parts.query}"


def cursor(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


MADE_UP = [
    *("", "x", "!!!!", "%00", "null", "AAAA", "b", "\u0663", "o123"),
    *map(cursor, ("", "o", "n", "x1", "oabc", "o---", "oo1", "O1", "n1 ", "o1\n", "o1,2", "o\u0663", "o'; drop table")),
    cursor("o" + "9" * 5000),
]


def test_the_pages_together_are_every_row_once_newest_first(books: Books) -> None:
    first = books.page()
    assert first["previous"] is None
    assert len(first["results"]) == LIMIT
    assert books.walk(first, "next") == books.ids[::-1]


def test_going_back_from_the_last_page_meets_every_row_once_in_the_same_order(books: Books) -> None:
    page = books.page()
    while page["next"]:
        page = books.page(relative(page["next"]))
    assert len(page["results"]) == ROWS % LIMIT
    assert books.walk(page, "previous") == books.ids[::-1]


def test_a_neighbours_neighbour_is_the_page_itself(books: Books) -> None:
    first = books.page()
    second = books.page(relative(first["next"]))
    third = books.page(relative(second["next"]))
    assert ids_of(books.page(relative(third["previous"]))) == ids_of(second)
    assert ids_of(books.page(relative(second["previous"]))) == ids_of(first)


def test_rows_that_come_meanwhile_shift_no_page_and_are_met_on_the_way_back(books: Books) -> None:
    before = books.ids[::-1]
    page = books.page()
    seen = ids_of(page)
    while page["next"]:
        books.add(1)
        page = books.page(relative(page["next"]))
        seen += ids_of(page)
    assert seen == before
    assert len(books.ids) > ROWS
    assert books.walk(page, "previous") == books.ids[::-1]


def test_a_list_that_fits_one_page_has_no_neighbours(books: Books) -> None:
    for limit in (ROWS, ROWS + 1, 500):
        page = books.page(limit=limit)
        assert (page["next"], page["previous"]) == (None, None)
        assert ids_of(page) == books.ids[::-1]


def test_a_list_of_nothing_is_an_empty_page(books: Books, operator_a: Any) -> None:
    player = new_player(operator_a)
    page = books.page(f"wallet/transactions?player_token={player.token}")
    assert page == {"next": None, "previous": None, "results": []}


def test_a_neighbours_address_keeps_the_filters_and_the_limit(books: Books) -> None:
    query = parse_qs(urlsplit(books.page()["next"]).query)
    assert query.pop("cursor")
    assert query == {"player_token": [books.player.token], "limit": [str(LIMIT)]}


def test_the_end_of_a_list_stays_the_end(books: Books) -> None:
    beyond = cursor(f"o{books.ids[0]}")
    page = books.page(f"wallet/transactions?player_token={books.player.token}&cursor={beyond}")
    assert page == {"next": None, "previous": None, "results": []}


def test_a_cursor_that_this_server_did_not_make_is_refused(operator_a: Any) -> None:
    secret = backend(operator_a).secret
    for path in ("wallet/transactions", "rounds"):
        for made_up in MADE_UP:
            response = call("GET", f"{path}?cursor={quote(made_up, safe='%')}", credential=secret)
            refusal(response, 422, "parameter_invalid")


def test_a_cursor_of_one_list_is_refused_by_a_list_of_other_ids(books: Books) -> None:
    number, uuid = cursor("o12"), cursor(f"o{UUID(int=7)}")
    refusal(call("GET", f"wallet/transactions?cursor={number}", credential=books.secret), 422, "parameter_invalid")
    refusal(call("GET", f"rounds?cursor={uuid}", credential=books.secret), 422, "parameter_invalid")


def test_a_cursor_carries_no_more_than_a_place_in_the_list(books: Books) -> None:
    [made] = parse_qs(urlsplit(books.page()["next"]).query)["cursor"]
    text = base64.urlsafe_b64decode(made + "=" * (-len(made) % 4)).decode()
    assert text == f"o{books.ids[-LIMIT]}"
