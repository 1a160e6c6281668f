"""Responsible play on the page without scripts: limits, breaks and reality checks by forms alone."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from operators.models import Operator
from operators.tenancy import tenant_context
from players.details import SessionDetails
from players.models import Session
from players.services import open_session
from rounds.models import Game
from tests.support.bets import balance, new_player
from tests.support.lite import Phone, open_for, phone_of

pytestmark = pytest.mark.usefixtures("committed")


def test_a_limit_is_set_counts_at_once_and_a_looser_one_waits(operator_a: Operator, own_game: Game) -> None:
    player = new_player(operator_a, money=500_00)
    phone = phone_of(operator_a, player)
    open_for(own_game)
    phone.open("/lite/limits")
    assert phone.send("/lite/limits/set", what="stake/bet", value="20").status_code == 200, phone.text
    assert "20.00" in phone.text
    phone.open(f"/lite?game={own_game.code}")
    phone.send("/lite/bets", n=["1"], stake="30.00")
    assert phone.page.status_code == 409
    assert "20.00" in phone.text
    assert balance(operator_a, player) == 500_00
    phone.open("/lite/limits")
    forms = [form["action"] for form in phone.forms()]
    phone.send("/lite/limits/set", what="stake/bet", remove="1", value=None)
    assert "no limit" in phone.text
    phone.open("/lite/limits")
    phone.send("/lite/limits/set", what="stake/bet", keep="1", value=None)
    assert "no limit" not in phone.text.replace("no limits", "")
    assert forms.count("/lite/limits/set") == 2


@pytest.mark.parametrize("value", ["", "abc", "-5", "10.001"])
def test_what_is_no_limit_is_refused_and_the_page_stays(operator_a: Operator, value: str) -> None:
    phone = phone_of(operator_a, new_player(operator_a))
    phone.open("/lite/limits")
    assert phone.send("/lite/limits/set", what="stake/day", value=value).status_code == 422
    assert 'role="alert"' in phone.text


def test_a_break_needs_its_box_ticked_and_ends_the_session(operator_a: Operator) -> None:
    player = new_player(operator_a)
    phone = phone_of(operator_a, player)
    phone.open("/lite/limits")
    [form] = [form for form in phone.forms() if form["action"] == "/lite/break"]
    assert form["fields"]["choice"][0].startswith("cool_off:")
    phone.send("/lite/break", sure=None)
    assert phone.page.status_code == 422
    assert "Tick the box" in phone.text
    phone.send("/lite/break", sure="1")
    assert "You are on a break until" in phone.text
    assert "Open the game from your operator" in phone.open("/lite").content.decode()


def test_a_reality_check_stands_before_the_game_until_it_is_answered(operator_a: Operator, own_game: Game) -> None:
    player = new_player(operator_a, money=100_00)
    open_for(own_game)
    with tenant_context(operator_a):
        details = SessionDetails(jurisdiction_code="ke")
        _, token = open_session(operator=operator_a, player=player, language="en", country="", details=details)
    phone = Phone()
    phone.open(f"/lite?launch={token}")
    phone.send("/lite/enter")
    assert "Reality check" not in phone.text
    with tenant_context(operator_a):
        long_ago = Now() - timedelta(hours=3)
        Session.objects.filter(player=player).update(launched_at=long_ago, created_at=long_ago)
    phone.open("/lite")
    assert "Reality check" in phone.text
    assert "You have been playing for 3:00:" in phone.text
    assert "Place bet" not in phone.text
    check = phone.page
    phone.send("/lite/check", **{"continue": "1"})
    assert "Place bet" in phone.text
    phone.page = check
    phone.send("/lite/check", stop="1")
    assert "The session has ended" in phone.text
