"""Sessions: a launch that works once, a token that is the player's alone, and an end that is at once."""

import json
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import pytest
from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from audit.models import AuditEntry
from operators.models import Operator
from operators.selectors import hash_secret
from operators.tenancy import tenant_context
from players.models import Player, Session
from players.services import set_blocked
from tests.support.api import call, refusal
from tests.support.bets import backend, everything, new_player

pytestmark = pytest.mark.django_db


@pytest.fixture
def secret(operator_a: Operator) -> str:
    return backend(operator_a).secret


def ask(**changed: Any) -> dict[str, Any]:
    """The body of a good opening, but for what is named."""
    return {"player_token": f"p-{uuid4().hex[:8]}", "currency": "KES", "language": "sw", "country": "KE"} | changed


def opened(secret: str, **changed: Any) -> dict[str, Any]:
    response = call("POST", "sessions", credential=secret, body=ask(**changed))
    assert response.status_code == 201, response.content
    found: dict[str, Any] = json.loads(response.content)
    return found


def enter(launch: str) -> Any:
    """The client's call; it carries no credential."""
    return call("POST", "sessions/enter", body={"launch_token": launch})


def entered(secret: str, **changed: Any) -> dict[str, Any]:
    response = enter(opened(secret, **changed)["launch_token"])
    assert response.status_code == 201, response.content
    found: dict[str, Any] = json.loads(response.content)
    return found


def only_session(operator: Operator, session_id: str) -> Any:
    """The row, to be changed as time would change it. Inside the operator's schema."""
    return Session.objects.filter(pk=session_id)


class TestLaunch:
    def test_a_backend_opens_a_session_and_the_client_enters_it(self, secret: str) -> None:
        made = opened(secret, player_token="p-launch")
        launch = urlsplit(made["launch_url"])
        assert launch.hostname == "alpha.localhost"
        assert parse_qs(launch.query) == {"launch": [made["launch_token"]]}
        found = json.loads(enter(made["launch_token"]).content)
        assert (found["player_token"], found["currency"], found["currency_exponent"]) == ("p-launch", "KES", 2)
        assert (found["language"], found["operator"]) == ("sw", "Alpha")
        assert call("GET", "games", credential=found["session_token"]).status_code == 200

    def test_a_launch_token_works_once(self, secret: str) -> None:
        made = opened(secret)
        first = json.loads(enter(made["launch_token"]).content)["session_token"]
        response = enter(made["launch_token"])
        refusal(response, 401, "session_expired")
        assert response["WWW-Authenticate"] == "Bearer"
        assert call("GET", "games", credential=first).status_code == 200

    def test_a_launch_token_is_good_for_a_minute_by_the_databases_clock(
        self, secret: str, operator_a: Operator
    ) -> None:
        made = opened(secret)
        with tenant_context(operator_a):
            within = Now() + timedelta(seconds=61)
            assert only_session(operator_a, made["session_id"]).filter(launch_expires_at__lt=within).exists()
            only_session(operator_a, made["session_id"]).update(launch_expires_at=Now())
        refusal(enter(made["launch_token"]), 401, "session_expired")

    def test_a_revoked_session_cannot_be_entered(self, secret: str) -> None:
        made = opened(secret)
        assert call("DELETE", f"sessions/{made['session_id']}", credential=secret).status_code == 204
        refusal(enter(made["launch_token"]), 401, "session_expired")

    def test_another_operators_name_on_a_launch_token_opens_nothing(self, secret: str) -> None:
        _, _, launch = opened(secret)["launch_token"].partition(".")
        refusal(enter(f"beta.{launch}"), 401, "session_expired")
        assert enter(f"alpha.{launch}").status_code == 201

    def test_what_is_no_launch_token_looks_like_one_that_is_used_up(self, secret: str) -> None:
        for text in ("", ".", "alpha", "alpha.", "alpha.x", "nobody.x", "op_alpha.x", "a" * 9000, "ps.alpha.x"):
            refusal(enter(text), 401, "session_expired")
        refusal(call("POST", "sessions/enter", body={"launch_token": None}), 422, "parameter_invalid")
        refusal(call("POST", "sessions/enter", body={}), 422, "parameter_invalid")

    def test_only_hashes_of_the_tokens_are_kept(self, secret: str, operator_a: Operator) -> None:
        made = opened(secret)
        token = json.loads(enter(made["launch_token"]).content)["session_token"]
        hidden = [made["launch_token"].partition(".")[2], token.rpartition(".")[2]]
        assert all(len(one) >= 43 for one in hidden)
        with tenant_context(operator_a), connection.cursor() as cursor:
            for name in everything(("public", "op_alpha")):
                for one in hidden:
                    cursor.execute(f"SELECT count(*) FROM {name} t WHERE t::text LIKE %s", [f"%{one}%"])
                    assert cursor.fetchone() == (0,), name
            row = Session.objects.get(pk=made["session_id"])
        assert bytes(row.token_hash or b"") == hash_secret(hidden[1])


class TestSessionTokens:
    def test_a_token_is_refused_once_its_session_has_expired(self, secret: str, operator_a: Operator) -> None:
        made = opened(secret)
        token = json.loads(enter(made["launch_token"]).content)["session_token"]
        with tenant_context(operator_a):
            only_session(operator_a, made["session_id"]).update(expires_at=Now())
        refusal(call("GET", "games", credential=token), 401, "session_expired")

    def test_a_revoked_token_is_refused_at_once_and_revoking_again_changes_nothing(self, secret: str) -> None:
        made = opened(secret)
        token = json.loads(enter(made["launch_token"]).content)["session_token"]
        assert call("GET", "games", credential=token).status_code == 200
        for _ in range(2):
            assert call("DELETE", f"sessions/{made['session_id']}", credential=secret).status_code == 204
            refusal(call("GET", "games", credential=token), 401, "session_expired")

    def test_a_token_with_another_operators_name_is_refused(self, secret: str) -> None:
        token = entered(secret)["session_token"]
        prefix, slug, own = token.split(".")
        assert (prefix, slug) == ("ps", "alpha")
        for forged in (f"ps.beta.{own}", f"ps.nobody.{own}", f"ps.op_alpha.{own}", f"ps.ALPHA.{own}", f"ps..{own}"):
            refusal(call("GET", "games", credential=forged), 401, "session_expired")

    def test_a_token_of_another_form_is_refused_and_looks_the_same(self, secret: str) -> None:
        token = entered(secret)["session_token"]
        told = []
        for wrong in ("ps.", "ps.alpha", "ps.alpha.", f"{token}.x", token[:-1], f"{token}A", "ps.alpha.%00", "ps..."):
            response = call("GET", "games", credential=wrong)
            problem = refusal(response, 401, "session_expired")
            told.append({name: value for name, value in problem.items() if not name.startswith("request_")})
        assert all(each == told[0] for each in told)

    def test_a_launch_token_is_no_session_token(self, secret: str) -> None:
        launch = opened(secret)["launch_token"]
        refusal(call("GET", "games", credential=launch), 401, "unauthenticated")
        refusal(call("GET", "games", credential=f"ps.{launch}"), 401, "session_expired")

    def test_two_sessions_of_one_player_end_each_by_itself(self, secret: str) -> None:
        first, second = opened(secret, player_token="p-two"), opened(secret, player_token="p-two")
        tokens = [json.loads(enter(made["launch_token"]).content)["session_token"] for made in (first, second)]
        call("DELETE", f"sessions/{first['session_id']}", credential=secret)
        assert [call("GET", "games", credential=token).status_code for token in tokens] == [401, 200]

    @pytest.mark.parametrize(
        ("method", "path"),
        [
            ("GET", "wallet/transactions"),
            ("POST", "wallet/deposits"),
            ("POST", "wallet/withdrawals"),
            ("POST", "sessions"),
            ("GET", "rounds"),
            ("GET", "keys"),
            ("POST", "bets/batch"),
            ("GET", "operators"),
        ],
    )
    def test_a_player_makes_no_call_of_the_backend(self, secret: str, method: str, path: str) -> None:
        token = entered(secret)["session_token"]
        body = {"player_token": "p", "amount": "1.00", "currency": "KES"} if method == "POST" else None
        response = call(method, path, credential=token, body=body, headers={"Idempotency-Key": "k"})
        assert response.status_code in (401, 403)
        refusal(response, response.status_code, json.loads(response.content)["code"])


class TestWhoMayPlay:
    def test_the_player_is_made_when_seen_first_and_found_again(self, secret: str, operator_a: Operator) -> None:
        for _ in range(2):
            opened(secret, player_token="p-once")
        with tenant_context(operator_a):
            assert Player.objects.filter(token="p-once").count() == 1

    def test_a_blocked_player_gets_no_session(self, secret: str, operator_a: Operator) -> None:
        player = new_player(operator_a)
        with tenant_context(operator_a):
            set_blocked(operator=operator_a, token=player.token, blocked=True, actor="staff")
        response = call("POST", "sessions", credential=secret, body=ask(player_token=player.token))
        refusal(response, 403, "player_blocked")
        with tenant_context(operator_a):
            set_blocked(operator=operator_a, token=player.token, blocked=False, actor="staff")
        opened(secret, player_token=player.token)

    def test_blocking_is_on_record_once_for_each_change(self, operator_a: Operator) -> None:
        player = new_player(operator_a)
        with tenant_context(operator_a):
            for blocked in (True, True, False):
                set_blocked(operator=operator_a, token=player.token, blocked=blocked, actor="staff")
        told = AuditEntry.objects.filter(event_type__startswith="player.", after__player_id=player.pk).order_by("id")
        assert [one.event_type for one in told] == ["player.blocked", "player.unblocked"]

    def test_a_restricted_country_gets_no_session_and_others_do(self, secret: str, operator_a: Operator) -> None:
        Operator.objects.filter(pk=operator_a.pk).update(region_restrictions=["US", "FR"])
        problem = refusal(call("POST", "sessions", credential=secret, body=ask(country="FR")), 403, "region_restricted")
        assert problem["params"] == {"country": "FR"}
        opened(secret, country="KE")
        opened(secret, country="")

    @pytest.mark.parametrize("country", ["fr", "F", "FRA", "F1 ", "ＦＲ", "\u0130\u0130", 1, None])
    def test_what_is_no_country_is_refused(self, secret: str, country: Any) -> None:
        refusal(call("POST", "sessions", credential=secret, body=ask(country=country)), 422, "parameter_invalid")

    def test_every_language_of_the_platform_is_taken_and_no_other(self, secret: str, operator_a: Operator) -> None:
        for code, _ in settings.LANGUAGES:
            assert entered(secret, language=code)["language"] == code
        assert entered(secret, language=None)["language"] == operator_a.default_language
        for wrong in ("de", "EN", "en-GB", "sw ", "x" * 9):
            response = call("POST", "sessions", credential=secret, body=ask(language=wrong))
            refusal(response, 422, "parameter_invalid")

    @pytest.mark.parametrize("currency", ["XOF", "kes", "", "KESX", "ZZZ"])
    def test_another_currency_than_the_operators_is_refused(self, secret: str, currency: str) -> None:
        problem = refusal(
            call("POST", "sessions", credential=secret, body=ask(currency=currency)), 422, "currency_mismatch"
        )
        assert problem["params"] == {"expected": "KES"}

    def test_a_refused_opening_leaves_no_session(self, secret: str, operator_a: Operator) -> None:
        before = everything(("op_alpha",))
        for changed in ({"currency": "XOF"}, {"language": "xx"}, {"country": "x"}, {"player_token": "a b"}):
            assert call("POST", "sessions", credential=secret, body=ask(**changed)).status_code == 422
        assert everything(("op_alpha",)) == before

    @pytest.mark.parametrize(
        "token", ["", "a" * 65, "a b", "a/b", "é", "\u0663", "a\n", "<b>", "a'b", "a,b", "\u202e", "%00"], ids=ascii
    )
    def test_what_is_no_player_token_is_refused(self, secret: str, token: str) -> None:
        refusal(call("POST", "sessions", credential=secret, body=ask(player_token=token)), 422, "player_token_invalid")
