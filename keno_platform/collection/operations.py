"""The operations of an OpenAPI document with a request for each, in terms that every format can write."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from keno_platform.collection import examples

METHODS = ("get", "post", "put", "patch", "delete")
VARIABLE = re.compile(r"\{\{(\w+)\}\}")
DEPTH_MAX = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One request. Variables stand in it as `{{name}}`; `credential` is the variable of its bearer token."""

    name: str
    tag: str
    text: str
    method: str
    path: str
    query: tuple[tuple[str, str], ...]
    credential: str | None
    needs_key: bool
    body: Any
    statuses: tuple[int, ...]

    @property
    def has_body(self) -> bool:
        """Whether a body is sent; one that is empty is sent too."""
        return self.body is not None


def operations(document: dict[str, Any]) -> list[Operation]:
    """Every operation by tag and name."""
    found = (
        _operation(document, path, method, given)
        for path, methods in document["paths"].items()
        for method, given in methods.items()
        if method in METHODS
    )
    return sorted(found, key=lambda one: (one.tag, one.name))


def in_running_order(found: list[Operation]) -> list[Operation]:
    """The order in which all can be called one after the other: what ends something comes last."""

    def place(one: Operation) -> tuple[int, int]:
        late = one.name in examples.LAST
        return (2 if late else one.method == "DELETE", examples.LAST.index(one.name) if late else 0)

    return sorted(found, key=place)


def variables(found: list[Operation]) -> dict[str, tuple[str, str]]:
    """Every variable that these operations name, with its default and what it is."""
    named = {name for one in found for name in _named(one)} | {"base"}
    known = [name for name in examples.VARIABLES if name in named]
    return {
        name: examples.VARIABLES.get(name, (examples.NO_ID, f"the id of a {_spoken(name)}"))
        for name in (*known, *sorted(named - set(known)))
    }


def _spoken(name: str) -> str:
    return name.removesuffix("_id").replace("_", " ")


def _named(one: Operation) -> Iterator[str]:
    if one.credential:
        yield one.credential
    for text in (one.path, *(value for _, value in one.query), repr(one.body)):
        yield from VARIABLE.findall(text)


def _operation(document: dict[str, Any], path: str, method: str, given: dict[str, Any]) -> Operation:
    name, tag = given["operationId"], given.get("tags", ["other"])[0].strip(".")
    parameters = given.get("parameters", [])
    return Operation(
        name=name,
        tag=tag,
        text=" ".join(str(given.get("description", "")).split()),
        method=method.upper(),
        path=re.sub(r"\{(\w+)\}", lambda found: _in_path(tag, found[1]), path),
        query=tuple(_query(name, parameters)),
        credential=_credential(tag, given.get("security", [])),
        needs_key=any(one["name"] == "Idempotency-Key" for one in parameters),
        body=_body(document, name, given.get("requestBody", {}).get("content", {})),
        statuses=tuple(sorted(int(status) for status in given["responses"])),
    )


def _in_path(tag: str, parameter: str) -> str:
    if parameter in examples.PATH_VALUES:
        return examples.PATH_VALUES[parameter]
    if parameter == "key_id" and tag in examples.OWN_KEY_IDS:
        parameter = examples.OWN_KEY_IDS[tag]
    return f"{{{{{examples.PATH_VARIABLES.get(parameter, parameter)}}}}}"


def _query(name: str, parameters: list[dict[str, Any]]) -> Iterator[tuple[str, str]]:
    chosen = examples.QUERIES.get(name, {})
    yield from chosen.items()
    for one in parameters:
        if one["in"] == "query" and one.get("required") and one["name"] not in chosen:
            yield one["name"], str(examples.BY_NAME.get(one["name"], "example"))


def _credential(tag: str, security: list[dict[str, Any]]) -> str | None:
    schemes = [scheme for one in security for scheme in one]
    if "key" in schemes:
        return "provider_key" if tag in examples.PROVIDERS_OWN else "key"
    return next((scheme for scheme in ("session", "member") if scheme in schemes), None)


def _body(document: dict[str, Any], name: str, content: dict[str, Any]) -> Any:
    if name in examples.BODIES and content:
        return examples.BODIES[name]
    if "application/json" not in content:
        return None
    return _example(document, content["application/json"]["schema"], name, depth=0)


def _example(document: dict[str, Any], schema: dict[str, Any], name: str, *, depth: int) -> Any:
    """A value of this schema, of its required members only."""
    if name in examples.BY_NAME and depth:
        return examples.BY_NAME[name]
    if depth > DEPTH_MAX:
        return None
    if "$ref" in schema:
        schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for choice in schema.get("anyOf") or schema.get("oneOf") or ():
        return _example(document, choice, name, depth=depth + 1)
    if schema.get("enum"):
        return schema["enum"][0]
    members = schema.get("properties", {})
    match schema.get("type"):
        case "object":
            required = (member for member in members if member in schema.get("required", ()))
            return {one: _example(document, members[one], one, depth=depth + 1) for one in required}
        case "array":
            return [_example(document, schema.get("items", {}), name, depth=depth + 1)]
        case "integer" | "number":
            return schema.get("minimum", 1)
        case "boolean":
            return False
    return f"{{{{{name}}}}}" if schema.get("format") == "uuid" else "example"
