"""compose.yaml as Docker Compose reads it: variables put in, anchors merged, each service as what is run."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

_VARIABLE = re.compile(r"\$\{(?P<name>\w+)(?::(?P<kind>[-?])(?P<text>[^}]*))?\}")


class Missing(KeyError):
    """A variable that must be given is not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """One service, as far as it says how a process is run."""

    name: str
    image: str
    is_ours: bool
    command: list[str]
    environment: Mapping[str, str]
    health: list[str]
    """Empty: the image's own. `["NONE"]`: none."""
    scale: int
    profiles: list[str]
    read_only: bool
    tmpfs: list[str]
    volumes: Mapping[str, str]
    """Where in the container, by the name of the volume or the path of this machine."""


def read(path: Path, values: Mapping[str, str]) -> dict[str, Any]:
    """
    The whole document.

    :raises Missing: a variable without a default has no value.
    """
    return _put_in(yaml.safe_load(path.read_text(encoding="utf-8")), values)


def services(document: Mapping[str, Any]) -> dict[str, Service]:
    """Every service by its name, in the order of the file."""
    return {name: _service(name, one) for name, one in document["services"].items()}


def variables(path: Path) -> set[str]:
    """The names of all variables that the file takes from its surroundings."""
    return {match["name"] for match in _VARIABLE.finditer(path.read_text(encoding="utf-8"))}


def _put_in(found: Any, values: Mapping[str, str]) -> Any:
    """Variables stand in texts, and what is put in stays text: a number or nothing does not come of it."""
    match found:
        case str():
            return _VARIABLE.sub(lambda match: _value(match, values), found)
        case dict():
            return {name: _put_in(one, values) for name, one in found.items()}
        case list():
            return [_put_in(one, values) for one in found]
    return found


def _value(match: re.Match[str], values: Mapping[str, str]) -> str:
    found = values.get(match["name"], "")
    if not found and match["kind"] == "?":
        raise Missing(match["name"])
    return found or match["text"] or ""


def _service(name: str, one: Mapping[str, Any]) -> Service:
    check = one.get("healthcheck", {})
    test = ["NONE"] if check.get("disable") else list(check.get("test", []))
    volumes = (volume.split(":")[:2] for volume in one.get("volumes", []))
    return Service(
        name=name,
        image=one["image"],
        is_ours="build" in one,
        command=[str(part) for part in one.get("command", [])],
        environment={key: str(value) for key, value in one.get("environment", {}).items()},
        health=test[1:] if test[:1] == ["CMD"] else test,
        scale=int(one.get("scale", 1)),
        profiles=one.get("profiles", []),
        read_only=bool(one.get("read_only")),
        tmpfs=one.get("tmpfs", []),
        volumes=dict(volumes),
    )
