"""The whole story of a bet, a round and a player, told to those who may hear it, and noted."""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

import pytest
from django.urls import reverse

from audit.models import AuditEntry
from bets.models import Bet
from desk.addresses import story_of
from keno_platform.core import ids
from operators.models import Operator
from operators.tenancy import tenant_context
from tests.admin.desk import PICK, Desk, Played, last_entry

pytestmark = pytest.mark.usefixtures("committed")


def won_bet(story: Played) -> Any:
    [won] = [bet for bet in story.bets if bet.picks == (story.round.numbers_drawn[0],)]
    return won


def test_a_bets_story_has_every_step_in_the_order_of_time(desk: Desk, played: dict[str, Played]) -> None:
    own = played["alpha"]
    page = desk.pick(own.operator).get(story_of("bet", won_bet(own).pk))
    assert page.status_code == 200
    happenings = page.context["story"].happenings
    assert [one.at for one in happenings] == sorted(one.at for one in happenings)
    told = [one.what for one in happenings]
    steps = ["Round committed", "Betting opened", "Bet accepted", "Betting closed", "Numbers drawn", "Seed revealed"]
    assert [one for one in told if one in steps] == steps
    assert {"Stake of -10.00 KES", "Payout of 35.50 KES", "Bet won"} <= set(told)
    text = page.content.decode()
    assert own.player.token in text
    assert "35.50 KES (× 3.55)" in text
    assert bytes(won_bet(own).leaf_hash).hex() in text


def test_the_proof_is_checked_while_the_page_is_made(desk: Desk, played: dict[str, Played]) -> None:
    own = played["alpha"]
    checks = desk.pick(own.operator).get(story_of("bet", won_bet(own).pk)).context["story"].checks
    tones = {check.claim: check.tone for check in checks}
    assert len(checks) == 13
    assert "bad" not in tones.values()
    for claim in (
        "The documents are signed by the house",
        "The numbers follow from seed and beacon",
        "The bets were fixed at the close, before any outcome could be known",
        "The bet was paid by its paytable",
    ):
        assert tones[claim] == "good"
    assert tones["The epoch's root is final on the chain"] == "open"  # no chain here


def test_a_cancelled_bet_says_so_and_got_its_stake_back(desk: Desk, played: dict[str, Played]) -> None:
    own = played["alpha"]
    page = desk.pick(own.operator).get(story_of("bet", own.cancelled.pk))
    told = [one.what for one in page.context["story"].happenings]
    assert "Bet cancelled" in told
    assert "Refund of 10.00 KES" in told
    assert "rolled_back" in page.content.decode()


def test_a_rounds_story_has_its_books_and_its_highest_wins(desk: Desk, played: dict[str, Played]) -> None:
    own = played["alpha"]
    page = desk.pick(own.operator).get(story_of("round", own.round.pk))
    told = [one.what for one in page.context["story"].happenings]
    assert {"Round committed", "Settled for Alpha", "Result put into a tree", "Seed revealed"} <= set(told)
    text = page.content.decode()
    assert "In the books of Alpha" in text
    assert "Highest wins" in text
    assert "800.00 KES" in text  # eighty stakes
    [books] = [part for part in page.context["story"].sections if part.title == "Operators with bets in it"]
    assert ("Alpha" in str(books.rows), "not yet" in str(books.rows)) == (True, False)
    assert "bad" not in {check.tone for check in page.context["story"].checks}


def test_a_rounds_story_without_an_operator_has_no_books(desk: Desk, played: dict[str, Played]) -> None:
    text = desk.pick(None).get(story_of("round", played["alpha"].round.pk)).content.decode()
    assert "Numbers drawn" in text
    assert "In the books of" not in text


def test_a_players_story_is_told_page_by_page_without_a_gap(desk: Desk, played: dict[str, Played]) -> None:
    own = played["alpha"]
    desk.pick(own.operator)
    address: str | None = story_of("player", own.player.token)
    links: list[str] = []
    for _ in range(10):
        page = desk.get(address)
        assert page.status_code == 200
        story = page.context["story"]
        links += [one.link for one in story.happenings if one.source == "bet"]
        if story.older is None:
            break
        address = f"{story_of('player', own.player.token)}&before={story.older}"
    with tenant_context(own.operator):
        keys = Bet.objects.filter(player=own.player).order_by("-pk").values_list("pk", flat=True)
        wanted = [story_of("bet", key) for key in keys]
    assert links == wanted
    assert len(wanted) > 80
    assert any(one.what.startswith("Deposit of") for one in story.happenings)


def test_whose_story_was_opened_is_on_record(desk: Desk, played: dict[str, Played]) -> None:
    own = played["alpha"]
    desk.pick(own.operator)
    for kind, key, page in (("bet", won_bet(own).pk, "desk.bet"), ("player", own.player.token, "desk.player")):
        desk.get(story_of(kind, key))
        entry = last_entry("staff.viewed")
        assert entry.after["page"] == page
        assert entry.operator_id == own.operator.pk
        assert entry.actor == f"staff:{desk.user.username}"


def test_opening_a_rounds_story_is_nobodys_business(desk: Desk, played: dict[str, Played]) -> None:
    desk.pick(played["alpha"].operator)
    before = AuditEntry.objects.filter(event_type="staff.viewed").count()
    desk.get(story_of("round", played["alpha"].round.pk))
    assert AuditEntry.objects.filter(event_type="staff.viewed").count() == before


def test_another_operators_bet_and_player_are_not_found(desk: Desk, played: dict[str, Played]) -> None:
    own, other = played["alpha"], played["beta"]
    desk.pick(own.operator)
    for address in (story_of("bet", other.bets[0].pk), story_of("player", other.player.token)):
        answer = desk.get(address)
        assert answer.status_code == 404
        assert "Search for it" in answer.content.decode()


@pytest.mark.parametrize(
    "address",
    [
        lambda: story_of("bet", ids.bet_id()),
        lambda: story_of("round", 999_999_999),
        lambda: story_of("round", 2**63 - 1),
        lambda: story_of("player", "nobody"),
        lambda: story_of("player", "no\x00body"),
        lambda: story_of("player", ""),
    ],
)
def test_what_is_not_there_is_said_in_words(desk: Desk, operator_a: Operator, address: Callable[[], str]) -> None:
    assert desk.pick(operator_a).get(address()).status_code == 404


def test_a_time_that_is_none_is_refused(desk: Desk, played: dict[str, Played]) -> None:
    own = played["alpha"]
    answer = desk.pick(own.operator).get(f"{story_of('player', own.player.token)}&before=yesterday")
    assert answer.status_code == 422


def test_without_an_operator_its_stories_lead_to_the_picker_and_back(desk: Desk, played: dict[str, Played]) -> None:
    address = story_of("bet", played["alpha"].bets[0].pk)
    answer = desk.pick(None).get(address)
    assert answer.status_code == 302
    assert answer["Location"].startswith(reverse(PICK))
    back = desk.client.post(reverse(PICK), {"operator": str(played["alpha"].operator.pk), "next": address})
    assert back["Location"] == address


def test_a_void_rounds_story_says_why(desk: Desk, operator_a: Operator) -> None:
    from rounds.services.voiding import void_round
    from tests.support.bets import new_player, place
    from tests.support.rounds import new_game, open_round

    one = open_round(new_game(f"void-{uuid4().hex[:8]}"))
    bet = place(operator_a, new_player(operator_a, money=10_000), round_id=one.pk)
    void_round(round_id=one.pk, reason="the lamp fell over", actor="staff:test")
    page = desk.pick(operator_a).get(story_of("bet", bet.pk))
    told = {one.what: one for one in page.context["story"].happenings}
    assert "the lamp fell over" in told["Round void"].detail
    assert told["Round voided"].source == "staff"
