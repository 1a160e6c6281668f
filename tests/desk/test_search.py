"""One search finds whatever a complaint contains, for those who may see it, and opens its story."""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bets.models import Slip
from calls import recorder
from desk.addresses import story_of
from desk.search import TERM_MAX, read_term
from operators.tenancy import tenant_context
from tests.admin.desk import Desk, Played, last_entry
from tests.support.bets import backend, bet_body
from tests.support.rounds import new_game, open_round
from wallet.models import Kind, Transaction

pytestmark = pytest.mark.usefixtures("committed")


def search(desk: Desk, term: object) -> Any:
    return desk.client.get(reverse("desk-search"), {"q": str(term)})


def found(desk: Desk, term: object) -> dict[str, list[str]]:
    """By kind, what a search lists."""
    answer = search(desk, term)
    assert answer.status_code == 200, answer.headers
    kinds: dict[str, list[str]] = {}
    for hit in answer.context["hits"]:
        kinds.setdefault(hit.kind, []).append(hit.title)
    return kinds


@pytest.mark.parametrize("movement", [0, Kind.STAKE, Kind.PAYOUT, Kind.DEBIT, Kind.ROLLBACK])
def test_a_bet_and_each_of_its_movements_opens_the_bets_story(
    desk: Desk, played: dict[str, Played], movement: int
) -> None:
    own = played["alpha"]
    desk.pick(own.operator)
    bet = own.bets[0]
    for typed in (UUID(int=bet.pk.int | movement), f"  {str(bet.pk).upper()} "):
        answer = search(desk, typed)
        assert answer.status_code == 302
        assert answer["Location"] == story_of("bet", bet.pk)


def test_a_players_token_opens_the_players_story(desk: Desk, played: dict[str, Played]) -> None:
    own = played["alpha"]
    assert search(desk.pick(own.operator), own.player.token)["Location"] == story_of("player", own.player.token)


def test_a_round_is_found_by_its_id_and_by_its_number(desk: Desk, played: dict[str, Played]) -> None:
    one = played["alpha"].round
    answer = search(desk, one.pk)
    if answer.status_code == 302:
        assert answer["Location"] == story_of("round", one.pk)
    else:
        assert any(hit.address == story_of("round", one.pk) for hit in answer.context["hits"])
    hits = search(desk, one.number)
    assert hits.status_code == 302 or "Round" in found(desk, one.number)


def test_a_bet_of_another_operator_is_listed_with_the_books_that_it_is_in(
    desk: Desk, played: dict[str, Played]
) -> None:
    own, other = played["alpha"], played["beta"]
    for picked in (own.operator, None):
        answer = search(desk.pick(picked), other.bets[0].pk)
        assert answer.status_code == 200
        [hit] = [hit for hit in answer.context["hits"] if hit.kind == "Bet"]
        assert hit.operator == other.operator
        text = answer.content.decode()
        assert "in the books of Beta" in text
        assert f'value="{story_of("bet", other.bets[0].pk)}"' in text


def test_what_is_found_in_other_books_opens_after_they_were_picked(desk: Desk, played: dict[str, Played]) -> None:
    other = played["beta"]
    hit = search(desk.pick(None), other.player.token).context["hits"][0]
    picked = desk.client.post(reverse("admin:operators_pick"), {"operator": str(hit.operator.pk), "next": hit.address})
    assert picked["Location"] == hit.address
    assert desk.get(hit.address).status_code == 200


def test_deposits_sessions_keys_and_names_are_found(desk: Desk, played: dict[str, Played]) -> None:
    own = played["alpha"]
    desk.pick(own.operator)
    with tenant_context(own.operator):
        deposit = Transaction.objects.filter(kind=Kind.DEPOSIT, account__player=own.player).latest("pk")
        session = own.player.session_set.latest("pk")
        key = Slip.objects.get(first_bet_id=own.bets[0].pk).key
    assert found(desk, deposit.pk) == {"Transaction": [str(deposit.pk)]}
    assert found(desk, session.pk)["Session"] == [str(session.pk)]
    assert search(desk, key.removeprefix("o:"))["Location"] == story_of("bet", own.bets[0].pk)
    for typed in (own.operator.slug, own.operator.name, "alpha.localhost", own.operator.pk):
        assert "Operator" in found(desk, typed), typed
    assert found(desk, own.round.game.code)["Game"] == [own.round.game.code]
    entry = last_entry("staff.logged_in")
    assert list(found(desk, entry.pk)) == ["Entry of the record"]


def test_a_call_is_found_by_whatever_id_was_named_in_it(desk: Desk, played: dict[str, Played]) -> None:
    own = played["alpha"]
    one = open_round(new_game(f"named-{uuid4().hex[:8]}"))
    key = f"key-{uuid4()}"
    placed = backend(own.operator).post("bets", bet_body(own.operator, own.player, round_id=one.pk), key=key)
    assert placed.status_code == 201
    assert recorder.wait_until_written()
    answer = search(desk.pick(own.operator), placed["X-Request-Id"])
    assert any("POST /api/v1/bets" in hit.title for hit in answer.context["hits"])


@pytest.mark.parametrize(
    "typed", ["", "   ", "no such thing", "x" * (TERM_MAX + 1), "nul\x00", "%_%", "'; DROP TABLE", "-1"]
)
def test_what_names_nothing_is_told_what_can_be_searched(desk: Desk, played: dict[str, Played], typed: str) -> None:
    answer = search(desk.pick(played["alpha"].operator), typed)
    assert answer.status_code == 200
    assert answer.context["hits"] == []


def test_a_number_too_big_for_any_id_is_only_a_text() -> None:
    term = read_term("9" * 40)
    assert term is not None
    assert term.number is None
    assert read_term(str(2**63)).number is None  # type: ignore[union-attr]


def test_a_search_looks_for_no_part_of_a_word_and_asks_the_same_whatever_there_is(
    desk: Desk, played: dict[str, Played]
) -> None:
    own = played["alpha"]
    desk.pick(own.operator)
    with CaptureQueriesContext(connection) as queries:
        search(desk, f"seen-{uuid4()}")
    asked = [one["sql"] for one in queries]
    assert not [one for one in asked if "LIKE" in one.upper() or "COUNT(" in one.upper()]
    assert own.player.token not in str(found(desk, own.player.token[:-1]))


def test_staff_without_rights_find_nothing(
    unique: Callable[[str], str], played: dict[str, Played], clerk: Callable[..., Desk]
) -> None:
    own = played["alpha"]
    desk = clerk().pick(own.operator)
    for typed in (own.bets[0].pk, own.player.token, own.round.pk, own.operator.slug):
        assert found(desk, typed) == {}
    answer = clerk("view_betstate").pick(own.operator)
    assert search(answer, own.bets[0].pk)["Location"] == story_of("bet", own.bets[0].pk)
    assert found(answer, own.player.token) == {}
