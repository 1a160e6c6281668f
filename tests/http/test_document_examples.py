"""The examples of the OpenAPI document are what the calls take, and what they answer."""

import json
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from django.test import Client

from keno_platform.collection.answers import ANSWERS
from operators.models import Operator
from operators.services import issue_key
from tests.support.members import Api

pytestmark = pytest.mark.django_db


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    from drf_spectacular.generators import SchemaGenerator

    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)
    return found


def structs() -> dict[str, list[type[msgspec.Struct]]]:
    """The server's own structs by their names; the SDK's are written from the document and have the same."""
    found: dict[str, list[type[msgspec.Struct]]] = {}
    waiting: list[type[msgspec.Struct]] = [msgspec.Struct]
    while waiting:
        for one in waiting.pop().__subclasses__():
            waiting.append(one)
            if one.__module__.partition(".")[0] not in ("keno_operator", "tests"):
                found.setdefault(one.__name__, []).append(one)
    return found


def examples(document: dict[str, Any]) -> Iterator[tuple[str, Any, str]]:
    """(operation and side, example, the name of its schema) of each example whose schema has a name."""
    for methods in document["paths"].values():
        for one in methods.values():
            sides = {"request": one.get("requestBody", {}), **one["responses"]}
            for side, described in sides.items():
                content = described.get("content", {}).get("application/json", {})
                if "example" in content and "$ref" in content["schema"]:
                    yield (
                        f"{one['operationId']} {side}",
                        content["example"],
                        content["schema"]["$ref"].rpartition("/")[2],
                    )


def test_every_example_of_the_document_has_the_shape_that_its_schema_says(document: dict[str, Any]) -> None:
    shapes, wrong, seen = structs(), {}, 0
    for name, example, schema in examples(document):
        try:
            msgspec.convert(example, shapes[schema][0], strict=True)
        except msgspec.ValidationError as error:
            wrong[name] = str(error)
        seen += 1
    assert wrong == {}
    assert seen > 60


def test_no_two_shapes_share_a_name_in_the_document_where_one_would_stand_for_both(document: dict[str, Any]) -> None:
    shapes = structs()
    shared = {
        name: sorted(one.__module__ for one in shapes[name])
        for name in document["components"]["schemas"]
        if len(shapes.get(name, ())) > 1
    }
    assert shared == {}


def test_every_request_with_a_body_has_an_example_without_a_variable_left_in_it(document: dict[str, Any]) -> None:
    for methods in document["paths"].values():
        for one in methods.values():
            content = one.get("requestBody", {}).get("content", {}).get("application/json")
            if content is not None:
                assert "{{" not in json.dumps(content["example"]), one["operationId"]


def test_every_answer_that_is_written_down_is_of_an_operation_and_in_the_document(document: dict[str, Any]) -> None:
    shown = {name.partition(" ")[0] for name, _, _ in examples(document) if not name.endswith(" request")}
    assert set(ANSWERS) == shown


def test_the_example_of_a_slip_is_read_by_the_server_as_the_example_of_its_answer_says(
    document: dict[str, Any], operator_a: Operator
) -> None:
    """Not only the shape: what the example asks is answered by what the example says, in the operator's currency."""
    call = document["paths"]["/api/v1/banker/slips/preview"]["post"]
    asked = call["requestBody"]["content"]["application/json"]["example"]
    told = call["responses"]["200"]["content"]["application/json"]["example"]
    backend = Api(issue_key(operator=operator_a, label="tests", actor="tests")[1])
    assert backend.post("slips/preview", asked) == told | {"currency": operator_a.currency_code}


def test_the_document_that_is_served_is_the_one_with_examples() -> None:
    served = json.loads(Client().get("/api/v1/schema").content)
    content = served["paths"]["/api/v1/banker/slips/preview"]["post"]["requestBody"]["content"]["application/json"]
    assert content["example"] == {"text": "123 500R200\n1** 10"}
