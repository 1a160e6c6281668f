"""The OpenAPI document says what the server does, and its pages need no other host."""

import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from drf_spectacular.drainage import reset_generator_stats
from drf_spectacular.validation import validate_schema

METHODS = {"get", "post", "put", "patch", "delete"}
PLAIN_PAGES = {"/api/v1/schema", "/api/v1/asyncapi.json", "/api/v1/docs", "/api/v1/docs/errors"}
CREDENTIAL_FREE = {"enter_session", "banker_sign_in", "round_proof", "day_proofs", "list_roots", "list_leaves"}

pytestmark = pytest.mark.django_db


@pytest.fixture
def document() -> dict[str, Any]:
    response = Client().get("/api/v1/schema")
    assert response.status_code == 200, response.content[:400]
    found: dict[str, Any] = json.loads(response.content)
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            if method in METHODS:
                yield path, method, operation


def routes(resolver: Any = None, prefix: str = "/") -> Iterator[tuple[str, Any]]:
    """Every address of the URL conf, with its view, written as OpenAPI writes it."""
    for one in (resolver or get_resolver()).url_patterns:
        route = prefix + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from routes(one, route)
        elif isinstance(one, URLPattern):
            yield re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", route), one.callback


def references(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        if isinstance(value.get("$ref"), str):
            yield value["$ref"]
        for one in value.values():
            yield from references(one)
    elif isinstance(value, list):
        for one in value:
            yield from references(one)


def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert re.fullmatch(r"3\.1\.\d+", document["openapi"])
    validate_schema(document)


def test_the_document_is_made_without_a_warning_or_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    reset_generator_stats()  # each warning is told once a process
    Client().get("/api/v1/schema")
    told = capsys.readouterr().err
    assert "Warning" not in told
    assert "Error" not in told


def test_every_reference_inside_the_document_leads_somewhere(document: dict[str, Any]) -> None:
    known = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}
    used = set(references(document))
    assert used
    assert used - known == set()


def test_every_address_below_api_v1_is_in_the_document(document: dict[str, Any]) -> None:
    addresses = {path for path, _ in routes() if path.startswith("/api/v1/")} - PLAIN_PAGES
    assert len(addresses) > 20
    assert addresses - set(document["paths"]) == set()


def test_every_method_that_a_view_answers_is_in_the_document(document: dict[str, Any]) -> None:
    answered = {
        (path, method)
        for path, view in routes()
        if path.startswith("/api/v1/") and path not in PLAIN_PAGES
        for method in METHODS
        if hasattr(view.view_class, method)
    }
    assert answered == {(path, method) for path, method, _ in operations(document) if path.startswith("/api/v1/")}


def test_every_operation_has_a_name_of_its_own(document: dict[str, Any]) -> None:
    names = [operation["operationId"] for _, _, operation in operations(document)]
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in names)
    assert len(names) == len(set(names))


def test_every_operation_with_a_credential_documents_a_refusal_and_its_form(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        if not path.startswith("/api/v1/"):
            continue
        errors = {code: answer for code, answer in operation["responses"].items() if code >= "400"}
        assert errors, f"{method} {path} documents no refusal"
        for answer in errors.values():
            [content] = answer["content"].values()
            assert content["schema"] == {"$ref": "#/components/schemas/Problem"}


def test_only_what_anyone_may_call_is_documented_without_a_credential(document: dict[str, Any]) -> None:
    free = {
        operation["operationId"]
        for path, _, operation in operations(document)
        if path.startswith("/api/v1/") and {} in operation.get("security", [{}])
    }
    assert free == CREDENTIAL_FREE


def test_every_operation_with_a_body_documents_it(document: dict[str, Any]) -> None:
    bodies = {operation["operationId"] for _, _, operation in operations(document) if "requestBody" in operation}
    assert {"place_bet", "place_bets", "deposit", "withdraw", "open_session", "create_operator"} <= bodies


@pytest.mark.parametrize("page", ["/api/v1/docs", "/api/v1/docs/errors"])
def test_the_pages_of_the_documentation_name_no_other_host(page: str) -> None:
    response = Client().get(page)
    text = response.content.decode()
    assert response.status_code == 200
    loaded = re.findall(r"""(?:src|href|action)\s*=\s*["']?([^"'\s>]+)""", text)
    loaded += re.findall(r"url\(\s*[\"']?([^\"')]+)", text) + re.findall(r"""@import\s+["']([^"']+)""", text)
    assert [address for address in loaded if urlsplit(address).netloc] == []
    assert re.findall(r"""["'](?:https?:)?//[^"']+["']""", text) == []


def test_what_the_page_of_the_documentation_loads_is_served_from_here() -> None:
    text = Client().get("/api/v1/docs").content.decode()
    loaded = re.findall(r"""(?:src|href)\s*=\s*["']([^"']+)""", text)
    assets = [address for address in loaded if address.startswith("/static/")]
    assert len(assets) >= 2
    for address in assets:
        response = Client().get(address)
        assert response.status_code == 200, address
        response.close()


def test_the_page_of_codes_lists_every_refusal_with_its_status() -> None:
    from keno_platform.docs import all_refusals
    from keno_platform.http.problems import STATUS, problem

    text = Client().get("/api/v1/docs/errors").content.decode()
    for refusal in all_refusals():
        assert f'id="{refusal.code}"' in text
        row = text.partition(f'id="{refusal.code}"')[2].partition("id=")[0]
        assert str(STATUS[refusal.kind]) in row
        assert f"<code>{refusal.retry.value}</code>" in row
        assert f"<code>{refusal.money_moved.value}</code>" in row
        assert problem(refusal())["type"] == f"/api/v1/docs/errors#{refusal.code}"


def test_a_problem_in_the_document_has_the_members_that_are_sent(document: dict[str, Any]) -> None:
    from keno_platform.core.errors import MoneyMoved, NotFound, Retry
    from keno_platform.http.problems import problem

    schema = document["components"]["schemas"]["Problem"]
    assert set(schema["properties"]) == set(problem(NotFound("One more.")))
    assert set(schema["required"]) == set(problem(NotFound()))
    assert set(schema["properties"]["retry"]["enum"]) == {one.value for one in Retry}
    assert set(schema["properties"]["money_moved"]["enum"]) == {one.value for one in MoneyMoved}
