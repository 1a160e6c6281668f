"""What an operator says about a session: checked to the letter, kept, and told to the client."""

import json
from typing import Any
from uuid import uuid4

import pytest

from operators.jurisdictions import Jurisdiction
from operators.models import Operator
from operators.tenancy import tenant_context
from players.models import Session
from tests.support.api import call, refusal
from tests.support.bets import backend, everything

pytestmark = pytest.mark.django_db
ADDRESSES = ("lobby_url", "cashier_url", "history_url", "reality_check_url")


@pytest.fixture
def secret(operator_a: Operator) -> str:
    return backend(operator_a).secret


def ask(**changed: Any) -> dict[str, Any]:
    return {"player_token": f"p-{uuid4().hex[:8]}", "currency": "KES"} | changed


def opened(secret: str, **changed: Any) -> dict[str, Any]:
    response = call("POST", "sessions", credential=secret, body=ask(**changed))
    assert response.status_code == 201, response.content
    found: dict[str, Any] = json.loads(response.content)
    return found


def entered(secret: str, **changed: Any) -> dict[str, Any]:
    launch = opened(secret, **changed)["launch_token"]
    response = call("POST", "sessions/enter", body={"launch_token": launch})
    assert response.status_code == 201, response.content
    found: dict[str, Any] = json.loads(response.content)
    return found


class TestWhatTheClientIsTold:
    def test_everything_that_the_operator_said_and_null_for_what_it_did_not(self, secret: str) -> None:
        Jurisdiction.objects.create(code="kx", name="Land", minimum_age=21)
        said = {
            "brand": "Lucky & Söhne – ዕድል",
            "jurisdiction": "kx",
            "session_reference": "op:77/a?b",
            "lobby_url": "https://casino.example/lobby?from=keno#top",
            "cashier_url": "http://localhost:9000/cashier",
        }
        made = opened(secret, **said)
        assert (made["session_reference"], made["mode"], made["currency"]) == ("op:77/a?b", "real", "KES")
        told = json.loads(call("POST", "sessions/enter", body={"launch_token": made["launch_token"]}).content)
        assert {name: told[name] for name in said} == said
        assert (told["history_url"], told["reality_check_url"], told["minimum_age"]) == (None, None, 21)
        assert (told["session_id"], told["operator_slug"]) == (made["session_id"], "alpha")
        assert (told["min_bet"], told["max_bet"], told["pending_bets"]) == ("1.00", "1000.00", [])

    def test_without_a_word_it_is_the_operators_name_and_jurisdiction(self, secret: str, operator_a: Operator) -> None:
        told = entered(secret)
        profile = operator_a.jurisdiction
        assert (told["brand"], told["mode"], told["session_reference"]) == ("Alpha", "real", "")
        assert (told["jurisdiction"], told["minimum_age"]) == (profile.code, profile.minimum_age)
        assert [told[name] for name in ADDRESSES] == [None] * 4

    def test_staff_find_the_session_by_the_operators_own_reference(self, secret: str, operator_a: Operator) -> None:
        made = opened(secret, session_reference="ref-1")
        with tenant_context(operator_a):
            assert str(Session.objects.get(reference="ref-1").pk) == made["session_id"]


class TestReturnAddresses:
    @pytest.mark.parametrize(
        "address",
        [
            "https://casino.example",
            "https://casino.example:8443/a/b?c=d&e=%20#f",
            "http://localhost:3000/x",
            "http://127.0.0.1/",
            "http://shop.localhost:8000/",
            "https://" + "a" * 60 + ".example/" + "p" * 900,
        ],
    )
    def test_an_absolute_https_address_is_kept_as_it_is(self, secret: str, address: str) -> None:
        assert entered(secret, lobby_url=address)["lobby_url"] == address

    @pytest.mark.parametrize("name", ADDRESSES)
    @pytest.mark.parametrize(
        "address",
        [
            "http://casino.example/",
            "javascript:alert(1)",
            "JAVASCRIPT://casino.example/%0aalert(1)",
            "data:text/html,x",
            "//casino.example/",
            "/lobby",
            "casino.example",
            "https:casino.example",
            "https:///x",
            "https://",
            "https://user:secret@casino.example/",
            "https://casino.example\\@evil.example/",
            "https://casino.example/\n",
            " https://casino.example/",
            "https://casino.example/a b",
            "https://casino.example/<script>",
            'https://casino.example/"x',
            "https://casino.example:99999/",
            "https://[::1/",
            "https://bücher.example/",
            "http://localhost.evil.example/",
            "http://evil.example#.localhost/",
            "https://casino.example/" + "p" * 1000,
        ],
    )
    def test_every_other_is_refused_by_name(self, secret: str, name: str, address: str) -> None:
        response = call("POST", "sessions", credential=secret, body=ask(**{name: address}))
        assert refusal(response, 422, "return_address_invalid")["params"] == {"field": name}

    def test_a_null_or_another_type_is_refused(self, secret: str) -> None:
        for wrong in (None, 1, ["https://casino.example"]):
            response = call("POST", "sessions", credential=secret, body=ask(lobby_url=wrong))
            refusal(response, 422, "parameter_invalid")


@pytest.mark.parametrize(
    ("field", "wrong"),
    [
        ("brand", "x" * 81),
        ("brand", " Lucky"),
        ("brand", "Lucky\n"),
        ("brand", "Luc\u202eky"),
        ("brand", "Luc\u200bky"),
        ("brand", "Luc\u00a0ky"),
        ("session_reference", "x" * 129),
        ("session_reference", "a b"),
        ("session_reference", "é"),
        ("session_reference", "a\n"),
        ("jurisdiction", "nowhere"),
        ("jurisdiction", ""),
        ("jurisdiction", "x" * 1000),
    ],
)
def test_what_is_not_of_its_form_is_refused_by_name_and_leaves_nothing(secret: str, field: str, wrong: str) -> None:
    before = everything(("op_alpha",))
    response = call("POST", "sessions", credential=secret, body=ask(**{field: wrong}))
    assert refusal(response, 422, "session_details_invalid")["params"] == {"field": field}
    assert everything(("op_alpha",)) == before


def test_a_mode_or_a_member_that_does_not_exist_is_refused(secret: str) -> None:
    for changed in ({"mode": "fun"}, {"mode": None}, {"demo_for": "x"}, {"player_token": None}):
        refusal(call("POST", "sessions", credential=secret, body=ask(**changed)), 422, "parameter_invalid")
