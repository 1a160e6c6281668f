"""Examples in the OpenAPI document: requests as the collections have them, answers as they are written down."""

from typing import Any

from keno_platform.collection import examples
from keno_platform.collection.answers import ANSWERS
from keno_platform.collection.operations import METHODS, VARIABLE, operations

EXAMPLE_ID = "019ab000-0000-7000-8000-000000000000"


def with_examples(result: dict[str, Any], generator: Any, request: Any, public: bool) -> dict[str, Any]:
    """The document with examples; a hook of drf-spectacular."""
    bodies = {one.name: one.body for one in operations(result) if one.has_body}
    for methods in result["paths"].values():
        for method, given in methods.items():
            if method in METHODS:
                _fill(given, bodies.get(given["operationId"]), ANSWERS.get(given["operationId"]))
    return result


def _fill(given: dict[str, Any], body: Any, answer: Any) -> None:
    asked = given.get("requestBody", {}).get("content", {}).get("application/json")
    if asked is not None and body is not None:
        asked["example"] = _plain(body)
    good: dict[str, Any] = next(
        (given["responses"][status] for status in sorted(given["responses"]) if status.startswith("2")), {}
    )
    told = good.get("content", {}).get("application/json")
    if told is not None and answer is not None:
        told["example"] = answer


def _plain(value: Any) -> Any:
    """The value with each variable of the collections in it as something that it may be."""
    if isinstance(value, dict):
        return {name: _plain(one) for name, one in value.items()}
    if isinstance(value, list):
        return [_plain(one) for one in value]
    return VARIABLE.sub(lambda found: _default(found[1]), value) if isinstance(value, str) else value


def _default(name: str) -> str:
    if name in examples.SECRET:
        return f"your-{name.replace('_', '-')}"
    default, _ = examples.VARIABLES.get(name, (EXAMPLE_ID, ""))
    return default or name
