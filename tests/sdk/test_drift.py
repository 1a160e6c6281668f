"""The client is what the platform's OpenAPI document says: what is checked in is what the generator makes of it."""

import copy
import inspect
import json
import re
from typing import Any

import keno_operator
import msgspec
import pytest
from django.test import Client
from generate import PACKAGE, write
from keno_operator import AsyncKenoClient, KenoClient
from openapi_document import LEFT_OUT, CannotWrite, Document, python_name

pytestmark = pytest.mark.django_db
WHAT_TO_DO = (
    "The platform's OpenAPI document has changed, and the SDK has not. Write it anew:\n"
    "    python manage.py spectacular --format openapi-json | python sdk/python/generate.py -\n"
    "and, if an operator's engineer has to know of the change, say it in docs/sdk.md."
)


@pytest.fixture
def document() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(Client().get("/api/v1/schema").content)
    return found


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, one) for path, methods in document["paths"].items() for method, one in methods.items()]


def test_the_client_is_what_the_document_says(document: dict[str, Any]) -> None:
    differing = [name for name, text in write(document).items() if (PACKAGE / name).read_text(encoding="utf-8") != text]
    assert not differing, f"{', '.join(differing)}: {WHAT_TO_DO}"


def test_a_new_operation_or_member_or_type_makes_a_difference(document: dict[str, Any]) -> None:
    def changed(change: Any) -> set[str]:
        other = copy.deepcopy(document)
        change(other)
        now, then = write(document), write(other)
        return {name for name in now if now[name] != then[name]}

    def add_operation(other: dict[str, Any]) -> None:
        other["paths"]["/api/v1/games/all"] = {
            "get": other["paths"]["/api/v1/games"]["get"] | {"operationId": "all_games"}
        }

    def add_member(other: dict[str, Any]) -> None:
        other["components"]["schemas"]["GameOutput"]["properties"]["colour"] = {"type": "string"}

    def change_type(other: dict[str, Any]) -> None:
        other["components"]["schemas"]["GameOutput"]["properties"]["name"] = {"type": "integer"}

    def add_parameter(other: dict[str, Any]) -> None:
        [one] = [each for _, _, each in operations(other) if each["operationId"] == "list_rounds"]
        one["parameters"].append({"in": "query", "name": "colour", "schema": {"type": "string"}})

    assert changed(add_operation) >= {"client.py", "async_client.py"}
    assert changed(add_member) == {"types.py"}
    assert changed(change_type) == {"types.py"}
    assert changed(add_parameter) == {"client.py", "async_client.py"}


@pytest.mark.parametrize("client", [KenoClient, AsyncKenoClient])
def test_every_operation_of_an_operator_is_a_method_with_its_arguments(
    document: dict[str, Any], client: type[Any]
) -> None:
    """Read from the document by other code than the generator's."""
    for path, _, one in operations(document):
        name = one["operationId"]
        if name in LEFT_OUT:
            assert not hasattr(client, name)
            continue
        assert hasattr(client, name), f"{name} of {path} is missing. {WHAT_TO_DO}"
        arguments = inspect.signature(getattr(client, name)).parameters
        wanted = {python_name(each["name"]) for each in one.get("parameters", [])}
        if "requestBody" in one:
            schema = one["requestBody"]["content"]["application/json"]["schema"]
            shape = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            wanted |= {python_name(each) for each in shape["properties"]}
            required = {python_name(each) for each in shape.get("required", [])}
            assert required <= {each for each in arguments if arguments[each].default is inspect.Parameter.empty}
        assert set(arguments) - {"self"} == wanted, name


def test_the_members_of_every_type_are_the_document_s(document: dict[str, Any]) -> None:
    from keno_operator import types

    compared = 0
    for name, shape in document["components"]["schemas"].items():
        struct = getattr(types, name, None)
        if struct is None:
            continue
        members = {field.encode_name: field.required for field in msgspec.structs.fields(struct)}
        assert set(members) == set(shape["properties"]), name
        assert {each for each, required in members.items() if required} == set(shape.get("required", ())), name
        compared += 1
    assert compared > 15


def test_only_the_provider_s_the_players_and_the_lottery_members_calls_are_left_out(document: dict[str, Any]) -> None:
    named = {one["operationId"]: path for path, _, one in operations(document)}
    members = {one["operationId"] for _, _, one in operations(document) if one.get("security") == [{"member": []}]}
    members.add("banker_sign_in")
    assert set(LEFT_OUT) <= set(named), "an operation is left out that there is not any more"
    for name in LEFT_OUT.keys() - members:
        assert re.match(r"/api/v1/(operators\b|sessions/enter$|protection\b)", named[name]), (
            f"{name} is an operator's: do not leave it out"
        )


def test_what_the_generator_was_not_taught_is_an_error_that_says_what_to_do(document: dict[str, Any]) -> None:
    [games] = [one for _, _, one in operations(document) if one["operationId"] == "list_games"]
    games["security"] = [{"session": []}]
    with pytest.raises(CannotWrite, match=r"list_games takes no operator's key: name it in LEFT_OUT"):
        Document(document).operations()


def test_a_page_of_nobody_knows_what_is_an_error_that_says_what_to_do(document: dict[str, Any]) -> None:
    [bets] = [one for path, method, one in operations(document) if one["operationId"] == "list_bets"]
    bets["operationId"] = "list_marbles"
    bets["responses"]["200"]["content"]["application/json"]["schema"] = {
        "type": "object",
        "properties": {"next": {"type": "string"}, "previous": {"type": "string"}, "results": {"type": "array"}},
    }
    with pytest.raises(CannotWrite, match=r"list_marbles answers pages of what\? Name it in ITEMS"):
        Document(document).operations()


def test_what_the_package_offers_is_there() -> None:
    assert sorted(keno_operator.__all__) == keno_operator.__all__
    assert all(hasattr(keno_operator, name) for name in keno_operator.__all__)
