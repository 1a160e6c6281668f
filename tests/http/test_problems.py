"""Every refusal leaves as one form of document, with the status and the headers of its kind."""

import json
from collections.abc import Iterator
from typing import Any
from unittest import mock
from uuid import UUID

import polib
import pytest
from django.conf import settings
from django.db import connection
from django.test import Client, override_settings
from django.utils import translation

from keno_platform.core import request_ids
from keno_platform.core.errors import Kind, Maintenance, MoneyMoved, NotFound, Refusal, RequestInProgress, Retry
from keno_platform.docs import all_refusals
from keno_platform.http.problems import STATUS, Unauthenticated, plain_problem, problem, respond
from operators.tenancy import tenant_context
from tests.support.api import PROBLEM_MEMBERS, call, refusal
from tests.support.bets import backend, new_player

STATUSES = {
    Kind.MALFORMED: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.NOT_ALLOWED: 405,
    Kind.CONFLICT: 409,
    Kind.GONE: 410,
    Kind.TOO_LARGE: 413,
    Kind.UNSUPPORTED: 415,
    Kind.INVALID: 422,
    Kind.LIMITED: 429,
    Kind.UNAVAILABLE: 503,
}
OTHER_TYPES = [
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain",
    "text/json",
    "application/xml",
    "application/vnd.api+json",
    "application/jsonx",
    "json",
]
LANGUAGES = [code for code, _ in settings.LANGUAGES if code != "en"]


def test_every_kind_of_refusal_has_its_status() -> None:
    assert STATUS == STATUSES
    assert set(STATUSES) == set(Kind)


@pytest.mark.parametrize("one", all_refusals(), ids=lambda one: one.__name__)
def test_every_refusal_is_a_complete_document(one: type[Refusal]) -> None:
    response = respond(one())
    body = problem(one())
    assert response.status_code == body["status"] == STATUSES[one.kind]
    assert body["type"] == f"/api/v1/docs/errors#{one.code}"
    assert body["code"] == one.code
    assert body["title"] == one.title
    assert body["params"] == {}
    assert "detail" not in body
    assert (response.get("WWW-Authenticate") == "Bearer") == (one.kind is Kind.UNAUTHENTICATED)
    retryable = one.kind is Kind.UNAVAILABLE or issubclass(one, RequestInProgress)
    assert response.has_header("Retry-After") == retryable
    if retryable:
        assert int(response["Retry-After"]) >= 1


@pytest.mark.parametrize("one", all_refusals(), ids=lambda one: one.__name__)
def test_every_refusal_says_whether_to_try_again_and_what_became_of_money(one: type[Refusal]) -> None:
    body = problem(one())
    assert (body["retry"], body["money_moved"]) == (one.retry.value, one.money_moved.value)
    assert body["doc_url"] == f"/api/v1/docs/errors#{one.code}"
    if one.money_moved is MoneyMoved.UNKNOWN:
        assert one.retry is not Retry.NEVER, "whoever cannot know must be able to find out"


@pytest.mark.parametrize(
    "one",
    [one for one in all_refusals() if one.kind in (Kind.CONFLICT, Kind.LIMITED, Kind.UNAVAILABLE)],
    ids=lambda one: one.__name__,
)
def test_a_refusal_for_the_state_of_things_has_thought_about_another_try(one: type[Refusal]) -> None:
    """What is wrong in itself is never right later; here only its author knows."""
    assert any("retry" in vars(own) for own in one.__mro__ if own is not Refusal)


@pytest.mark.parametrize("one", [one for one in all_refusals() if one.kind in (Kind.MALFORMED, Kind.UNSUPPORTED)])
def test_what_could_not_be_read_has_moved_nothing(one: type[Refusal]) -> None:
    assert (one.retry, one.money_moved) == (Retry.NEVER, MoneyMoved.NO)


def test_a_document_names_the_call_that_it_answers() -> None:
    with request_ids.answering("caller-0001"):
        body = problem(NotFound())
        with request_ids.answering("caller-0002"):
            assert problem(NotFound())["request_id"] == "caller-0002"
        assert problem(NotFound())["request_id"] == "caller-0001"
    assert body["request_id"] == "caller-0001"
    assert body["request_log_url"] == "/api/v1/calls?q=caller-0001"
    assert problem(NotFound())["request_id"] == ""


@pytest.mark.django_db
def test_each_refusal_of_a_batch_is_a_whole_document(operator_a: Any) -> None:
    response = backend(operator_a).post("bets/batch", {"bets": [{"player_token": "p", "picks": [1]}, {}]})
    assert response.status_code in (200, 422)
    for item in json.loads(response.content).get("results", []):
        assert set(item["problem"]) - {"detail"} == PROBLEM_MEMBERS
        assert item["problem"]["request_id"] == response["X-Request-Id"]


def test_a_detail_and_facts_are_part_of_the_document() -> None:
    body = problem(NotFound("One more sentence.", player_token="p-1"))
    assert body["detail"] == "One more sentence."
    assert body["params"] == {"player_token": "p-1"}


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.django_db
def test_a_title_is_in_the_language_asked_for_and_the_code_is_not(language: str) -> None:
    catalogue = polib.pofile(str(settings.BASE_DIR / "locale" / language / "LC_MESSAGES" / "django.po"))
    entry = catalogue.find(Unauthenticated.title)
    assert entry is not None
    assert entry.msgstr not in ("", Unauthenticated.title)
    response = call("GET", "games", headers={"Accept-Language": f"{language};q=0.9, en;q=0.1"})
    assert refusal(response, 401, "unauthenticated")["title"] == entry.msgstr


@pytest.mark.django_db
@pytest.mark.parametrize("asked", ["", "en", "xx", "de-DE, *;q=0.1", "\u0663", "a" * 5000])
def test_a_language_that_is_not_known_gets_english(asked: str) -> None:
    response = call("GET", "games", headers={"Accept-Language": asked})
    assert refusal(response, 401, "unauthenticated")["title"] == Unauthenticated.title


def test_the_document_outside_the_api_is_the_same_one() -> None:
    with translation.override("en"):
        response = plain_problem(mock.sentinel.request, Maintenance())
    assert response.status_code == 503
    assert response["Content-Type"] == "application/problem+json"
    assert json.loads(response.content) == problem(Maintenance())


@pytest.mark.django_db
class TestWhatIsNotACall:
    def test_without_a_credential_the_answer_is_401_and_says_how_to_authenticate(self) -> None:
        response = call("GET", "games")
        refusal(response, 401, "unauthenticated")
        assert response["WWW-Authenticate"] == "Bearer"

    @pytest.mark.parametrize(
        "path", ["/api/v1/nowhere", "/api/v1/", "/nowhere", "/api/v1/rounds/", "/api/v1/rounds/-1"]
    )
    def test_an_unknown_address_answers_404(self, path: str) -> None:
        refusal(call("GET", path), 404, "not_found")

    @pytest.mark.parametrize("path", ["bets/1234", "bets/%00", "rounds/1e2", "rounds/%D9%A3", "games/a%20b/draws"])
    def test_an_id_of_another_form_answers_404(self, path: str) -> None:
        refusal(call("GET", path), 404, "not_found")

    def test_a_host_that_is_not_served_answers_400(self, caplog: pytest.LogCaptureFixture) -> None:
        response = call("GET", "games", headers={"Host": "evil.example"})
        refusal(response, 400, "malformed_request")

    def test_a_method_that_an_address_does_not_answer_is_405_with_those_that_it_does(self, operator_a: Any) -> None:
        secret = backend(operator_a).secret
        for method, path in (
            ("DELETE", "games"),
            ("PUT", "bets"),
            ("TRACE", "games"),
            ("TRACE", "/.well-known/keno-keys.json"),
            ("TRACE", "/.well-known/keno-call-keys.json"),
            ("PATCH", f"keys/{UUID(int=0)}"),
        ):
            response = call(method, path, credential=secret, body={})
            refusal(response, 405, "method_not_allowed")
            assert response["Allow"]
            assert method not in response["Allow"]

    def test_a_method_in_a_header_or_the_query_overrides_nothing(self, operator_a: Any) -> None:
        secret = backend(operator_a).secret
        response = call("GET", "games?_method=DELETE", credential=secret, headers={"X-HTTP-Method-Override": "DELETE"})
        assert response.status_code == 200

    @pytest.mark.parametrize("content_type", OTHER_TYPES)
    def test_a_body_of_another_type_answers_415(self, operator_a: Any, content_type: str) -> None:
        response = call(
            "POST",
            "wallet/deposits",
            credential=backend(operator_a).secret,
            body=b"{}",
            content_type=content_type,
            headers={"Idempotency-Key": "k"},
        )
        refusal(response, 415, "unsupported_media_type")

    def test_a_body_above_the_cap_answers_413_and_one_at_the_cap_is_read(self, operator_a: Any) -> None:
        secret, cap = backend(operator_a).secret, settings.BODY_MAX_BYTES
        headers = {"Idempotency-Key": "k"}
        over = call("POST", "wallet/deposits", credential=secret, body=b" " * (cap + 1), headers=headers)
        assert refusal(over, 413, "payload_too_large")["params"] == {"bytes_max": cap}
        filled = b"{" + b" " * (cap - 2) + b"}"
        at = call("POST", "wallet/deposits", credential=secret, body=filled, headers=headers)
        refusal(at, 422, "parameter_invalid")

    def test_a_compressed_body_is_not_unpacked(self, operator_a: Any) -> None:
        import gzip

        body = gzip.compress(b'{"player_token": "p", "amount": "1.00", "currency": "KES"}')
        response = call(
            "POST",
            "wallet/deposits",
            credential=backend(operator_a).secret,
            body=body,
            headers={"Idempotency-Key": "k", "Content-Encoding": "gzip"},
        )
        refusal(response, 400, "malformed_request")


@pytest.mark.django_db
class TestRequestIds:
    def test_a_callers_request_id_comes_back_on_answers_and_on_refusals(self, operator_a: Any) -> None:
        given = "Caller.id_0123-abcdef"
        good = call("GET", "games", credential=backend(operator_a).secret, headers={"X-Request-Id": given})
        refused = call("GET", "games", headers={"X-Request-Id": given})
        unknown = call("GET", "nowhere", headers={"X-Request-Id": given})
        page = call("GET", "/health/live", headers={"X-Request-Id": given})
        assert [one["X-Request-Id"] for one in (good, refused, unknown, page)] == [given] * 4
        assert (good.status_code, refused.status_code, unknown.status_code) == (200, 401, 404)

    @pytest.mark.parametrize("given", ["short", "a" * 65, "with space1", "nön-ascii1", "semi;colon", "<script>1", ""])
    def test_an_id_that_is_not_plain_is_replaced(self, given: str) -> None:
        answered = call("GET", "/health/live", headers={"X-Request-Id": given})["X-Request-Id"]
        assert answered != given
        assert UUID(answered).version == 7

    def test_without_one_every_answer_gets_its_own(self) -> None:
        ids = {call("GET", "/health/live")["X-Request-Id"] for _ in range(3)}
        assert len(ids) == 3


class TestADatabaseThatDoesNotAnswer:
    @pytest.fixture
    def impatient(self, committed: None) -> Iterator[None]:
        with connection.cursor() as cursor:
            cursor.execute("SET lock_timeout = '50ms'")
        yield
        connection.close()

    def test_a_busy_account_answers_409_with_retry_after_and_changes_nothing(
        self, impatient: None, operator_a: Any
    ) -> None:
        import psycopg

        player, secret = new_player(operator_a, money=500), backend(operator_a).secret
        body = {"player_token": player.token, "amount": "1.00", "currency": "KES"}
        headers = {"Idempotency-Key": f"busy-{player.token}"}
        with psycopg.connect(**_parameters()) as holder:
            holder.execute("SELECT 1 FROM op_alpha.wallet_account WHERE player_id = %s FOR UPDATE", [player.pk])
            response = call("POST", "wallet/deposits", credential=secret, body=body, headers=headers)
        refusal(response, 409, "request_in_progress")
        assert int(response["Retry-After"]) >= 1
        again = call("POST", "wallet/deposits", credential=secret, body=body, headers=headers)
        assert again.status_code == 201
        assert json.loads(again.content)["balance_after"] == "6.00"

    def test_a_lost_connection_answers_503_with_retry_after_and_without_internals(
        self, committed: None, operator_a: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        import psycopg

        secret = backend(operator_a).secret
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            [pid] = cursor.fetchone()
        with psycopg.connect(**_parameters(), autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        response = call("GET", "games", credential=secret)
        connection.close()
        body = refusal(response, 503, "maintenance")
        assert int(response["Retry-After"]) >= 1
        assert set(body) == PROBLEM_MEMBERS | {"detail"}
        assert "terminat" not in response.content.decode()
        assert "the database did not answer" in caplog.text
        assert call("GET", "games", credential=secret).status_code == 200

    def test_a_fault_of_ours_is_logged_with_its_trace_and_told_without(
        self, committed: None, operator_a: Any, caplog: pytest.LogCaptureFixture
    ) -> None:
        with tenant_context(operator_a), connection.cursor() as cursor:
            cursor.execute("ALTER TABLE op_alpha.bets_paytable RENAME TO bets_paytable_away")
        try:
            client = Client(raise_request_exception=False)
            response = call("GET", "paytables/active", credential=backend(operator_a).secret, client=client)
        finally:
            with tenant_context(operator_a), connection.cursor() as cursor:
                cursor.execute("ALTER TABLE op_alpha.bets_paytable_away RENAME TO bets_paytable")
        refusal(response, 503, "maintenance")
        assert b"bets_paytable" not in response.content
        assert any(record.exc_info for record in caplog.records)


def _parameters() -> dict[str, Any]:
    given = connection.settings_dict
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    return {name: given[key] for name, key in names.items() if given[key]}


@override_settings(ALLOWED_HOSTS=["*"])
@pytest.mark.django_db
def test_a_forwarded_host_of_the_caller_is_ignored(operator_a: Any) -> None:
    secret = backend(operator_a).secret
    response = call("GET", "rounds?limit=1", credential=secret, headers={"X-Forwarded-Host": "evil.example"})
    assert b"evil.example" not in response.content
