"""An operator's looks as staff change them: tried in the real client before they are saved, saved on record."""

import re
from html import unescape
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.contrib.auth.models import Permission, User
from django.core.management import call_command
from django.test import Client

from operators.models import Operator
from operators.selectors import get_operator
from operators.tenancy import tenant_context
from players.models import Player
from rounds.models import Game
from tests.admin.desk import Desk, last_entry, page_address, told
from tests.support.api import call
from tests.support.bets import changes_nothing
from tests.support.rounds import new_game

pytestmark = pytest.mark.usefixtures("committed")
ASKED: dict[str, Any] = {
    "name": "Simba",
    "logo_url": "/static/play/savanna.svg",
    "primary_color": "#ffd000",
    "languages": ["en", "ar"],
    "default_language": "ar",
    "second_language": "",
    "board_order": "mirrored",
    "home_url": "https://simba.example/",
    "cashier_url": "",
    "preview_language": "ar",
    "preview_theme": "dark",
}


def frames_of(page: Any) -> list[str]:
    return [unescape(address) for address in re.findall(r'<iframe src="([^"]+)"', page.content.decode())]


def visit(address: str) -> Any:
    parts = urlsplit(address)
    return Client().get(f"{parts.path}?{parts.query}", headers={"Host": parts.netloc})


def test_looks_are_tried_in_the_client_and_nothing_is_saved(desk: Desk, new_operator: Operator) -> None:
    address = page_address(new_operator, "dress")
    page = changes_nothing(lambda: desk.client.get(address))
    assert "As it is saved now." in page.content.decode()
    tried = changes_nothing(lambda: desk.take(address, **ASKED, preview="1"))
    assert tried.status_code == 200
    assert "Not saved yet." in tried.content.decode()
    phone, desktop = frames_of(tried)
    assert phone == desktop
    assert urlsplit(phone).hostname == f"{new_operator.slug}.localhost"
    led = visit(phone)
    shown = Client().get(led["Location"], headers={"Host": urlsplit(phone).netloc})
    root = re.findall(r"<html[^>]*>", shown.content.decode())[0]
    for said in ('data-name="Simba"', 'lang="ar" dir="rtl"', 'data-board-order="mirrored"', 'data-theme="dark"'):
        assert said in root
    assert "frame-ancestors http://testserver" in shown["Content-Security-Policy"]
    assert get_operator(slug=new_operator.slug).name == new_operator.name


def test_looks_are_saved_and_recorded(desk: Desk, new_operator: Operator) -> None:
    answer = desk.take(page_address(new_operator, "dress"), **ASKED, save="1")
    assert answer.status_code == 302
    assert "is saved" in told(answer)
    now = get_operator(slug=new_operator.slug)
    assert (now.name, now.primary_color, now.languages, now.default_language, now.board_order, now.home_url) == (
        *("Simba", "#ffd000", ["en", "ar"], "ar", "mirrored"),
        "https://simba.example/",
    )
    entry = last_entry("operator.brand_changed")
    assert (entry.actor, entry.operator_id) == (f"staff:{desk.user.username}", new_operator.pk)
    assert (entry.before or {})["primary_color"] == "#1f6feb"
    assert (entry.after or {})["primary_color"] == "#ffd000"


@pytest.mark.parametrize(
    "wrong",
    [
        {"primary_color": "red"},
        {"logo_url": "http://cdn.example.com/a.svg"},
        {"default_language": "fr"},
        {"home_url": "javascript:alert(1)"},
        {"name": ""},
    ],
)
def test_what_cannot_be_shown_is_refused_and_the_page_stays(
    desk: Desk, new_operator: Operator, wrong: dict[str, Any]
) -> None:
    for button in ("preview", "save"):
        answer = desk.take(page_address(new_operator, "dress"), **(ASKED | wrong), **{button: "1"})
        assert answer.status_code == 200
        assert "operator_invalid" in told(answer) or "This field is required" in answer.content.decode()
        assert "As it is saved now." in answer.content.decode()
    assert get_operator(slug=new_operator.slug).name == new_operator.name


def test_who_may_only_look_tries_and_saves_nothing(new_operator: Operator, unique: Any) -> None:
    user = User.objects.create_user(unique("looker"), is_staff=True)
    user.user_permissions.set(
        Permission.objects.filter(content_type__app_label="operators", codename__startswith="view_")
    )
    looker, address = Desk(user), page_address(new_operator, "dress")
    assert looker.get(address).status_code in (302, 403)
    assert looker.client.post(address, ASKED | {"save": "1"}).status_code in (302, 403)
    assert get_operator(slug=new_operator.slug).name == new_operator.name


def test_the_preview_is_played_for_play_money_by_one_player_of_each_operator(
    desk: Desk, new_operator: Operator
) -> None:
    call_command("ensure_play_money", verbosity=0)
    game = new_game()
    Game.objects.filter(pk=game.pk).update(active=True)
    try:
        [address, _] = frames_of(desk.take(page_address(new_operator, "dress"), **ASKED, preview="1"))
        entered = []
        for _ in range(2):
            token = re.findall(r"[?&]launch=([^&]+)", visit(address)["Location"])[0]
            entered.append(call("POST", "sessions/enter", body={"launch_token": token}).json())
        assert {one["player_token"] for one in entered} == {f"{new_operator.slug}:preview"}
        one = entered[0]
        assert (one["mode"], one["currency"], one["operator_slug"]) == ("demo", "XTS", new_operator.slug)
        assert (one["brand"], one["lobby_url"], one["cashier_url"]) == ("Simba", "https://simba.example/", None)
        with tenant_context(new_operator):
            assert not Player.objects.exists()
    finally:
        Game.objects.filter(pk=game.pk).update(active=False)
