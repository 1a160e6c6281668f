"""Calls of an operator's backend: signed where the operator wants it, from where it allows, before any parser."""

import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import LazySettings
from django.test import Client, RequestFactory

from operators.authentication import check_request
from operators.models import ApiKey
from operators.origins import client_address
from operators.selectors import find_valid_key
from operators.services import (
    Integration,
    change_integration,
    issue_key,
)
from operators.signing import IpNotAllowed, SignatureInvalid, check_incoming
from tests.operators.conftest import PATH, Backend
from tests.operators.signed import Message, by_hmac, by_library
from tests.support.api import call, refusal
from tests.support.bets import new_player

pytestmark = pytest.mark.django_db

FORMS = pytest.mark.parametrize("form", ["ed25519", "hmac"])


class TestRequired:
    def test_a_call_without_a_signature_is_refused(self, strict: Backend) -> None:
        problem = refusal(call("GET", PATH, credential=strict.secret), 401, "signature_missing")
        assert problem["params"] == {}

    @FORMS
    def test_a_signed_call_is_answered(self, strict: Backend, form: str) -> None:
        answer = strict.send(strict.signed(form))
        assert answer.status_code == 200, answer.content
        assert json.loads(answer.content)["signed_calls_required"] is True

    @FORMS
    def test_a_signed_call_with_a_body_a_query_and_an_escaped_path_is_answered(
        self, strict: Backend, form: str
    ) -> None:
        body = {"player_token": "p-1", "amount": "1.00", "currency": "KES", "reference": "ü"}
        paid = strict.signed(
            form, method="POST", path="/api/v1/wallet/deposits", body=body, headers={"Idempotency-Key": f"d-{form}"}
        )
        assert strict.send(paid).status_code == 201
        assert strict.send(strict.signed(form, path="/api/v1/bets?status=pending&limit=2")).status_code == 200
        escaped = strict.signed(form, path="/api/v1/wallet/accounts/a%20b~%C3%BC")
        refusal(strict.send(escaped), 404, "player_not_found")  # so its signature was good

    @FORMS
    def test_the_signature_is_checked_before_the_body_is_parsed(self, strict: Backend, form: str) -> None:
        """A body that no parser would take is refused for what it is only when it is signed."""
        message = strict.signed(form, method="POST", path="/api/v1/wallet/deposits", headers={"Idempotency-Key": "k-1"})
        message.body = b'{"a": NaN'
        refusal(strict.send(message), 401, "signature_invalid")
        bad = Message(
            method="POST", url="http://testserver/api/v1/wallet/deposits", headers={"Idempotency-Key": "k-1"}, body=b"{"
        )
        now = int(time.time())
        signed = (
            by_hmac(bad, strict.shared, strict.hmac.key_id, created=now)
            if form == "hmac"
            else by_library(bad, strict.private, strict.ed25519.key_id, created=now)
        )
        refusal(strict.send(signed), 400, "malformed_request")

    @FORMS
    def test_a_replay_inside_the_window_moves_no_money_twice(self, strict: Backend, form: str) -> None:
        body = {"player_token": f"replay-{form}", "amount": "5.00", "currency": "KES", "reference": "r"}
        paid = strict.signed(
            form, method="POST", path="/api/v1/wallet/deposits", body=body, headers={"Idempotency-Key": f"r-{form}"}
        )
        first, second = strict.send(paid), strict.send(paid)
        assert (first.status_code, first.content) == (second.status_code, second.content)
        account = strict.signed(form, path=f"/api/v1/wallet/accounts/replay-{form}")
        assert json.loads(strict.send(account).content)["balance"] == "5.00"

    @FORMS
    @pytest.mark.parametrize("off", [-302, 302])
    def test_a_clock_that_is_off_is_told_the_servers_time(self, strict: Backend, form: str, off: int) -> None:
        message = strict.signed(form, created=int(time.time()) + off)
        problem = refusal(strict.send(message), 401, "clock_skew")
        assert problem["params"]["server_time"].startswith("20")

    def test_a_signature_for_another_host_is_refused(self, strict: Backend) -> None:
        message = strict.signed("ed25519")
        refusal(strict.send(message, client=Client(SERVER_NAME="beta.localhost")), 401, "signature_invalid")

    def test_a_body_that_is_too_large_is_told_so(self, strict: Backend, settings: LazySettings) -> None:
        message = strict.signed("hmac", method="POST", path="/api/v1/bets", body="x" * 600_000)
        refusal(strict.send(message), 413, "payload_too_large")

    def test_players_sessions_sign_nothing(self, strict: Backend) -> None:
        from tests.support.bets import player_client

        player = new_player(strict.operator)
        session = player_client(strict.operator, player).secret
        assert call("GET", "games", credential=session).status_code == 200

    def test_the_provider_signs_nothing(self, strict: Backend) -> None:
        _, provider = issue_key(operator=None, label="test", actor="test")
        assert call("GET", "operators", credential=provider).status_code == 200


class TestNotRequired:
    def test_a_call_without_a_signature_is_answered(self, backend: Backend) -> None:
        assert call("GET", PATH, credential=backend.secret).status_code == 200

    @FORMS
    def test_one_with_a_good_signature_too_and_one_with_a_bad_one_is_refused(self, backend: Backend, form: str) -> None:
        assert backend.send(backend.signed(form)).status_code == 200
        message = backend.signed(form)
        message.url += "?x=1"
        refusal(backend.send(message), 401, "signature_invalid")

    def test_a_signature_without_a_valid_api_key_is_worth_nothing(self, backend: Backend) -> None:
        refusal(backend.send(backend.signed("hmac"), credential="ko_nobody"), 401, "unauthenticated")


class TestAddresses:
    @pytest.fixture
    def limited(self, backend: Backend) -> Callable[..., Any]:
        """Calls of an operator that calls from one network and one address only."""
        networks = ("198.51.100.0/24", "2001:db8::7")
        change_integration(operator=backend.operator, change=Integration(allowed_addresses=networks), actor="test")

        def send(address: str, **headers: str) -> Any:
            client = Client(REMOTE_ADDR=address)
            return call("GET", PATH, credential=backend.secret, headers=headers, client=client)

        return send

    @pytest.mark.parametrize("address", ["198.51.100.1", "198.51.100.255", "2001:db8::7", "::ffff:198.51.100.9"])
    def test_a_call_from_an_allowed_address_is_answered(self, limited: Callable[..., Any], address: str) -> None:
        assert limited(address).status_code == 200

    @pytest.mark.parametrize("address", ["198.51.101.1", "127.0.0.1", "2001:db8::8", "::1", "", "nonsense"])
    def test_one_from_elsewhere_is_refused_and_told_what_we_see(
        self, limited: Callable[..., Any], address: str
    ) -> None:
        problem = refusal(limited(address), 403, "ip_not_allowed")
        assert problem["params"] == {"address": address if address != "nonsense" else ""}

    def test_nobody_but_a_trusted_proxy_says_where_a_call_comes_from(
        self, limited: Callable[..., Any], settings: LazySettings
    ) -> None:
        refusal(limited("127.0.0.1", **{"X-Forwarded-For": "198.51.100.1"}), 403, "ip_not_allowed")
        settings.TRUSTED_PROXIES = ["127.0.0.0/8"]
        assert limited("127.0.0.1", **{"X-Forwarded-For": "198.51.100.1"}).status_code == 200
        refusal(limited("203.0.113.1", **{"X-Forwarded-For": "198.51.100.1"}), 403, "ip_not_allowed")
        refusal(limited("127.0.0.1", **{"X-Forwarded-For": "198.51.100.1, 203.0.113.9"}), 403, "ip_not_allowed")

    @pytest.mark.parametrize(
        ("remote", "forwarded", "client"),
        [
            ("203.0.113.1", "", "203.0.113.1"),
            ("203.0.113.1", "198.51.100.1", "203.0.113.1"),
            ("10.0.0.1", "198.51.100.1", "198.51.100.1"),
            ("10.0.0.1", "198.51.100.1, 10.0.0.2", "198.51.100.1"),
            ("10.0.0.1", "192.0.2.1, 198.51.100.1, 10.0.0.2", "198.51.100.1"),
            ("10.0.0.1", " 198.51.100.1 ", "198.51.100.1"),
            ("10.0.0.1", "10.0.0.3, 10.0.0.2", "10.0.0.3"),
            ("10.0.0.1", "", "10.0.0.1"),
            ("10.0.0.1", "unknown", ""),
            ("10.0.0.1", "198.51.100.1, unknown", ""),
            ("10.0.0.1", "198.51.100.1:8080", ""),
            ("10.0.0.1", ",", ""),
            ("::ffff:10.0.0.1", "2001:db8::1", "2001:db8::1"),
            ("", "198.51.100.1", ""),
        ],
    )
    def test_the_first_address_that_is_no_trusted_proxy_is_the_clients(
        self, settings: LazySettings, remote: str, forwarded: str, client: str
    ) -> None:
        settings.TRUSTED_PROXIES = ["10.0.0.0/8"]
        assert client_address(remote, forwarded) == client

    def test_players_are_not_asked_where_they_come_from(self, limited: Callable[..., Any], backend: Backend) -> None:
        from tests.support.bets import player_client

        session = player_client(backend.operator, new_player(backend.operator)).secret
        assert call("GET", "games", credential=session, client=Client(REMOTE_ADDR="203.0.113.1")).status_code == 200


class TestWithoutDjangosViews:
    """The same check for whoever answers a request by itself."""

    def check(self, backend: Backend, message: Message, **options: Any) -> None:
        key = find_valid_key(backend.secret)
        assert isinstance(key, ApiKey)
        parts = message.call()
        check_incoming(
            backend.operator,
            key,
            method=message.method,
            authority=parts.authority,
            path=parts.path,
            query=parts.query,
            headers=parts.headers,
            body=message.body,
            remote=options.get("remote", "127.0.0.1"),
        )

    @FORMS
    def test_it_says_nothing_of_a_good_call_and_refuses_a_bad_one(self, backend: Backend, form: str) -> None:
        good = backend.signed(form, method="POST", path="/api/v1/bets?x=%20", body={"a": 1})
        self.check(backend, good)
        good.body += b" "
        with pytest.raises(SignatureInvalid):
            self.check(backend, good)

    def test_an_unsigned_call_asks_no_database(self, backend: Backend, django_assert_num_queries: Any) -> None:
        key = find_valid_key(backend.secret)
        assert key is not None
        request = RequestFactory().post(PATH, b"{}", content_type="application/json")
        with django_assert_num_queries(0):
            check_request(backend.operator, key, request)
        backend.operator.allowed_addresses = ["198.51.100.1"]
        with django_assert_num_queries(0), pytest.raises(IpNotAllowed):
            check_request(backend.operator, key, request)

    def test_the_raw_path_of_an_asgi_server_is_what_is_signed(self, backend: Backend) -> None:
        key = find_valid_key(backend.secret)
        assert key is not None
        message = backend.signed("hmac", path="/api/v1/%69ntegration")
        request = RequestFactory().get("/api/v1/integration", headers=message.headers)
        with pytest.raises(SignatureInvalid):
            check_request(backend.operator, key, request)
        request.scope = {"raw_path": b"/api/v1/%69ntegration"}  # type: ignore[attr-defined]
        check_request(backend.operator, key, request)
