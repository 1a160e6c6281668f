"""An operator's looks: what is asked is checked, kept, recorded and shown; what cannot be shown changes nothing."""

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, transaction
from django.test import Client

from audit.models import AuditEntry
from operators.models import Operator
from operators.preview import LIFETIME_S, Preview, find_preview
from operators.selectors import get_operator
from operators.services import Brand, OperatorInvalid, change_brand, check_brand, issue_key
from tests.support.api import call, refusal
from tests.support.bets import backend, changes_nothing, new_player, player_client

pytestmark = pytest.mark.usefixtures("committed")
EVERY = [code for code, _ in settings.LANGUAGES]
LOOKS: dict[str, Any] = {
    "name": "Simba",
    "logo_url": "https://cdn.example.com/simba.svg",
    "primary_color": "#ffd000",
    "languages": ["en", "ar", "sw"],
    "default_language": "sw",
    "second_language": "en",
    "board_order": "mirrored",
    "home_url": "https://simba.example/",
    "cashier_url": "https://simba.example/pay",
}
PLAIN: dict[str, Any] = {
    "name": "Alpha",
    "logo_url": "",
    "primary_color": "#1f6feb",
    "languages": [],
    "default_language": "en",
    "second_language": "",
    "board_order": "ltr",
    "home_url": "",
    "cashier_url": "",
}


@pytest.fixture
def restored(operator_a: Operator) -> Iterator[Operator]:
    """Alpha, whose looks this test may change."""
    yield operator_a
    Operator.objects.filter(pk=operator_a.pk).update(**PLAIN)


def patch(secret: str, body: dict[str, Any], path: str = "brand") -> Any:
    return call("PATCH", path, credential=secret, body=body)


@pytest.fixture
def provider() -> str:
    return issue_key(operator=None, label="test", actor="test")[1]


def test_an_operator_reads_and_changes_its_own_looks(restored: Operator) -> None:
    own = backend(restored)
    assert own.get("brand").json() == PLAIN | {"languages": EVERY}
    changed = patch(own.secret, LOOKS)
    assert changed.status_code == 200, changed.content
    assert changed.json() == LOOKS
    assert own.get("brand").json() == LOOKS
    assert patch(own.secret, {"languages": []}).json() == LOOKS | {"languages": EVERY}


def test_the_provider_reads_and_changes_any_operators_looks(restored: Operator, provider: str) -> None:
    assert patch(provider, {"name": "Simba"}, "operators/alpha/brand").json()["name"] == "Simba"
    assert call("GET", "operators/alpha/brand", credential=provider).json()["name"] == "Simba"
    assert get_operator(slug="alpha").name == "Simba"
    refusal(patch(provider, {}, "operators/nobody/brand"), 404, "not_found")
    refusal(patch(backend(restored).secret, {}, "operators/alpha/brand"), 403, "caller_not_allowed")


def test_a_player_changes_no_looks(restored: Operator, unique: Callable[[str], str]) -> None:
    player = player_client(restored, new_player(restored, token=unique("p")))
    refusal(patch(player.secret, {"name": "Mine"}), 401, "unauthenticated")


def test_every_change_is_on_record_with_what_was_before_and_nothing_else_is(restored: Operator) -> None:
    count = AuditEntry.objects.filter(event_type="operator.brand_changed").count()
    change_brand(operator=restored, change=Brand(name="Simba", primary_color="#1f6feb"), actor="test")
    entry = AuditEntry.objects.filter(event_type="operator.brand_changed").latest("pk")
    assert (entry.actor, entry.operator_id) == ("test", restored.pk)
    assert (entry.before, entry.after) == ({"name": "Alpha"}, {"name": "Simba"})
    change_brand(operator=restored, change=Brand(name="Simba"), actor="test")
    assert AuditEntry.objects.filter(event_type="operator.brand_changed").count() == count + 1


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", ""),
        ("name", " Alpha"),
        ("name", "a" * 81),
        ("name", "Alpha\u202e"),
        ("logo_url", "http://cdn.example.com/a.svg"),
        ("logo_url", "//cdn.example.com/a.svg"),
        ("logo_url", "https://cdn.example.com:8443/a.svg"),
        ("logo_url", "javascript:alert(1)"),
        ("logo_url", "https://a.example; script-src *"),
        ("logo_url", "/" + "a" * 500),
        ("logo_url", "https://[broken"),
        ("primary_color", "red"),
        ("primary_color", "#fff"),
        ("primary_color", "#ffffff;}body{display:none"),
        ("languages", ["en", "xx"]),
        ("languages", ["fr"]),
        ("default_language", "xx"),
        ("second_language", "xx"),
        ("board_order", "rtl"),
        ("home_url", "http://casino.example/"),
        ("home_url", "javascript:alert(1)"),
        ("cashier_url", "https://user:word@casino.example/"),
        ("cashier_url", "/pay"),
    ],
)
def test_what_cannot_be_shown_is_refused_by_the_name_of_the_field_and_changes_nothing(
    restored: Operator, field: str, value: Any
) -> None:
    own = backend(restored)
    answer = changes_nothing(lambda: patch(own.secret, {"name": "Simba"} | {field: value}))
    assert refusal(answer, 422, "operator_invalid")["params"] == {"field": field}


def test_the_default_language_is_always_one_that_is_offered(restored: Operator) -> None:
    change_brand(operator=restored, change=Brand(languages=("en", "fr")), actor="test")
    for change, field in (
        (Brand(default_language="sw"), "default_language"),
        (Brand(languages=("fr", "sw")), "languages"),
        (Brand(languages=("fr",), default_language="en"), "default_language"),
    ):
        with pytest.raises(OperatorInvalid) as refused:
            change_brand(operator=restored, change=change, actor="test")
        assert refused.value.params == {"field": field}
    change_brand(operator=restored, change=Brand(languages=("sw", "fr"), default_language="sw"), actor="test")
    assert get_operator(slug="alpha").offered_languages == ["fr", "sw"], "in the order in which the client lists them"


@pytest.mark.parametrize("fields", [{"board_order": "up"}, {"languages": ["fr", "sw"]}])
def test_the_database_lets_nothing_else_in(restored: Operator, fields: dict[str, Any]) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Operator.objects.filter(pk=restored.pk).update(**fields)


def test_a_session_is_opened_in_a_language_that_is_offered_and_in_no_other(
    restored: Operator, unique: Callable[[str], str]
) -> None:
    change_brand(operator=restored, change=Brand(languages=("en", "fr")), actor="test")
    own, body = backend(restored), {"player_token": unique("p"), "currency": "KES"}
    assert own.post("sessions", body | {"language": "fr"}).status_code == 201
    refused = refusal(own.post("sessions", body | {"language": "ar"}), 422, "parameter_invalid")
    assert refused["detail"] == "language must be one of en, fr."


def test_ways_that_a_session_does_not_name_are_the_operators_own(
    restored: Operator, unique: Callable[[str], str]
) -> None:
    change_brand(
        operator=restored,
        change=Brand(home_url="https://simba.example/", cashier_url="https://simba.example/pay"),
        actor="test",
    )
    own, body = backend(restored), {"player_token": unique("p"), "currency": "KES"}

    def ways(**asked: str) -> tuple[str, str]:
        launch = own.post("sessions", body | asked).json()["launch_token"]
        entered = call("POST", "sessions/enter", body={"launch_token": launch}).json()
        return entered["lobby_url"], entered["cashier_url"]

    assert ways() == ("https://simba.example/", "https://simba.example/pay")
    assert ways(lobby_url="https://x.example/") == ("https://x.example/", "https://simba.example/pay")


def test_the_clients_page_says_whose_it_is(restored: Operator) -> None:
    own = backend(restored)
    assert patch(own.secret, LOOKS).status_code == 200
    page = Client().get("/", headers={"Host": "alpha.localhost"}).content.decode()
    root = re.findall(r"<html[^>]*>", page)[0]
    for said in (
        'lang="sw"',
        'data-name="Simba"',
        'data-second-language="en"',
        'data-board-order="mirrored"',
        'data-home="https://simba.example/"',
        'data-cashier="https://simba.example/pay"',
    ):
        assert said in root
    assert "Kiswahili" in root
    assert "Français" not in root


class TestPreview:
    def preview(self, operator: Operator, **looks: Any) -> Preview:
        return Preview(
            operator_id=operator.pk,
            origin="https://admin.example",
            language="fr",
            theme="dark",
            looks=check_brand(operator, Brand(**looks)),
        )

    def get(self, path: str, signed: str, host: str = "alpha.localhost") -> Any:
        return Client().get(f"{path}?preview={signed}", headers={"Host": host})

    def test_the_page_wears_looks_that_are_not_saved_and_changes_none(self, operator_a: Operator) -> None:
        signed = self.preview(operator_a, name="Simba", primary_color="#ffd000", board_order="mirrored").sign()
        page = changes_nothing(lambda: self.get("/", signed))
        root = re.findall(r"<html[^>]*>", page.content.decode())[0]
        for said in ('lang="fr"', 'data-name="Simba"', 'data-board-order="mirrored"', 'data-theme="dark"'):
            assert said in root
        [sheet] = re.findall(r'href="(/brand.css[^"]*)"', page.content.decode())
        assert b"--brand:#ffd000" in Client().get(sheet, headers={"Host": "alpha.localhost"}).content
        assert b"--brand:#1f6feb" in Client().get("/brand.css", headers={"Host": "alpha.localhost"}).content
        assert 'data-name="Alpha"' in Client().get("/", headers={"Host": "alpha.localhost"}).content.decode()
        assert get_operator(slug="alpha").name == "Alpha"

    def test_only_the_staffs_page_shows_it_in_a_frame(self, operator_a: Operator) -> None:
        page = self.get("/", self.preview(operator_a).sign())
        assert "frame-ancestors https://admin.example" in page["Content-Security-Policy"]
        assert "X-Frame-Options" not in page
        assert "no-store" in page["Cache-Control"]

    def test_what_is_forged_too_old_or_another_operators_is_not_found(
        self, operator_a: Operator, operator_b: Operator, settings: Any
    ) -> None:
        signed = self.preview(operator_a).sign()
        assert find_preview(signed, operator_a) == self.preview(operator_a)
        for path in ("/", "/brand.css", "/preview"):
            assert self.get(path, signed[:-1]).status_code == 404
            assert self.get(path, signed, "beta.localhost").status_code == 404
        assert Client().get("/preview", headers={"Host": "alpha.localhost"}).status_code == 404
        settings.SECRET_KEY = "another installation's"
        assert find_preview(signed, operator_a) is None

    def test_it_is_good_for_ten_minutes(self, operator_a: Operator, monkeypatch: pytest.MonkeyPatch) -> None:
        signed, now = self.preview(operator_a).sign(), time.time()
        monkeypatch.setattr(time, "time", lambda: now + LIFETIME_S - 5)
        assert find_preview(signed, operator_a) is not None
        monkeypatch.setattr(time, "time", lambda: now + LIFETIME_S + 5)
        assert find_preview(signed, operator_a) is None

    def test_without_play_money_the_page_is_shown_before_its_door(self, operator_a: Operator) -> None:
        Operator.objects.filter(slug="play-money").update(status="suspended")
        try:
            led = self.get("/preview", self.preview(operator_a).sign())
            assert led.status_code == 302
            assert led["Location"].startswith("/?preview=")
            assert "launch" not in led["Location"]
        finally:
            Operator.objects.filter(slug="play-money").update(status="active")


def test_a_member_that_is_not_known_is_refused(restored: Operator) -> None:
    refusal(patch(backend(restored).secret, {"colour": "#000000"}), 422, "parameter_invalid")
