"""The operations of the OpenAPI document, filled with what really is there, to be spoilt one piece at a time."""

import copy
import json
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from keno_platform.core import clock
from tests.acceptance.worlds import World

METHODS = ("get", "post", "put", "patch", "delete")
PATH_IDS = {
    "bet_id": ("bet", "cancel"),
    "code": ("game",),
    "phase_id": ("phase", "sold"),
    "key_id": ("key", "caller_key"),
    "slug": ("operator",),
    "player_token": ("player",),
    **{f"{name}_id": (name,) for name in ("call", "delivery", "endpoint", "entry", "event", "flag", "member")},
    **{f"{name}_id": (name,) for name in ("paytable", "round", "run", "schedule", "session", "slip")},
}
"""By the name of a parameter, whose id it is in a world."""
PLAIN = {
    "number": "123",
    "part": "1",
    "seq": "1",
    "name": "turnover",
    "kind": "stake",
    "period": "day",
    "limit": "5",
    "count": "3",
    "first": "1",
    "second": "2",
    "after": "0",
    "rounds": "5",
    "at_least": "1",
    "from": "2026-01-01T00:00:00Z",
    "to": "2100-01-01T00:00:00Z",
    "day": "2026-11-20",
    "by": "total",
    "language": "en",
    "paper": "a4",
    "payout_max": "100.00",
    "status": "open",
    "source": "operator",
    "state": "failed",
}
"""Good values of what is no id."""
RUINOUS = {"create_operator", "suspend_operator", "revoke_key"}
"""What would end the play for all that comes after, or takes seconds when it succeeds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One method of one address. `body` is the document's own example."""

    name: str
    method: str
    path: str
    parameters: tuple[tuple[str, str], ...]
    body: Any

    @property
    def path_names(self) -> list[str]:
        return [name for place, name in self.parameters if place == "path"]

    @property
    def query_names(self) -> list[str]:
        return [name for place, name in self.parameters if place == "query"]


def operations() -> list[Operation]:
    """All of the document, as this code makes it."""
    from drf_spectacular.generators import SchemaGenerator

    document = SchemaGenerator().get_schema(request=None, public=True)
    return [
        Operation(
            name=given["operationId"],
            method=method.upper(),
            path=path,
            parameters=tuple((one["in"], one["name"]) for one in given.get("parameters", ())),
            body=given.get("requestBody", {}).get("content", {}).get("application/json", {}).get("example"),
        )
        for path, methods in document["paths"].items()
        for method, given in methods.items()
        if method in METHODS
    ]


def path_value(world: World, name: str, chance: random.Random) -> str:
    """An id of this world for a parameter of this name, or a good value of another kind."""
    owned = PATH_IDS.get(name)
    return world.ids[chance.choice(owned)] if owned else PLAIN.get(name, "x")


def filled_path(operation: Operation, values: Mapping[str, str]) -> str:
    """The path with these values quoted in it."""
    path = operation.path
    for name in operation.path_names:
        path = path.replace("{" + name + "}", quote(values[name], safe=""))
    return path


def filled_body(operation: Operation, world: World) -> Any:
    """The example with what this world has, so that it is good but for what is spoilt afterwards."""
    return _filled(copy.deepcopy(operation.body), world)


def _filled(value: Any, world: World, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _filled(one, world, key) for key, one in value.items()}
    if isinstance(value, list):
        return [_filled(one, world, name) for one in value]
    known = {
        "player_token": world.player.token,
        "currency": world.operator.currency_code,
        "game": world.ids["game"],
        "phase_id": world.ids["sold"],
        "operator": world.operator.slug,
        "password": "correct horse battery",
        "report": "turnover",
        "every": "day",
        "to": clock.to_text(clock.now()),
    }
    amount = isinstance(value, str) and value.endswith(".00") and world.operator.currency_exponent == 0
    return value[:-3] if amount else known.get(name, value)


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Every place in a JSON value, the whole of it first."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, one in inner:
        yield from places(one, (*path, step))


def replaced(value: Any, path: tuple[Any, ...], raw: str) -> bytes:
    """The JSON text of this value with raw text at one place."""
    mark = "@@hostile@@"
    if not path:
        return raw.encode("utf-8", "surrogatepass")
    changed = copy.deepcopy(value)
    holder = changed
    for step in path[:-1]:
        holder = holder[step]
    holder[path[-1]] = mark
    return json.dumps(changed).replace(f'"{mark}"', raw).encode("utf-8", "surrogatepass")
