"""Every single alteration of a document, found by walking its JSON; and documents signed again by the house."""

import copy
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from tests.fairness.house import HOUSE_KEY, Document, sign

Path = tuple[str | int, ...]

STATUSES = ("scheduled", "open", "closed", "drawn", "settled", "revealed", "void")
_HEX = re.compile(r"(0x)?((?:[0-9a-f]{2})+)", re.I)
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Alteration:
    """One change at one place. `value` is None for null, and `removed` says that the member is gone."""

    path: Path
    what: str
    value: Any = None
    removed: bool = False

    @property
    def name(self) -> str:
        return f"{text_of(self.path)} {self.what}"

    def apply(self, document: Document) -> Document:
        """A copy with the change."""
        altered = copy.deepcopy(document)
        holder: Any = altered
        for step in self.path[:-1]:
            holder = holder[step]
        if self.removed:
            del holder[self.path[-1]]
        else:
            holder[self.path[-1]] = self.value
        return altered


def text_of(path: Path) -> str:
    """`commit.path[3]`"""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")


def alterations(document: Document) -> Iterator[Alteration]:
    """All of them, for every member at every depth."""
    for path, value in _walk(document, ()):
        for what, altered in _altered_values(path, value):
            yield Alteration(path=path, what=what, value=altered)
        if path and isinstance(path[-1], str):
            yield Alteration(path=path, what="removed", removed=True)
            if value is not None:
                yield Alteration(path=path, what="set null")
        if isinstance(value, dict):
            yield Alteration(path=(*path, "surprise"), what="added", value=1)


def _walk(value: Any, path: Path) -> Iterator[tuple[Path, Any]]:
    yield path, value
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for step, inner in items:
        yield from _walk(inner, (*path, step))


def _altered_values(path: Path, value: Any) -> Iterator[tuple[str, Any]]:
    match value:
        case bool():
            yield "turned round", not value
        case int():
            yield "one more", value + 1
            yield "one less", value - 1
        case str():
            yield from _altered_texts(path, value)
        case [_, _, *_]:
            yield "shortened at its end", value[:-1]
            yield "shortened at its beginning", value[1:]
            yield "first two swapped", [value[1], value[0], *value[2:]]
            yield "first one twice", [value[0], *value]
        case [_]:
            yield "emptied", []


def _altered_texts(path: Path, value: str) -> Iterator[tuple[str, str]]:
    if path[-1] == "status":
        others = STATUSES if path == ("status",) else ("won", "lost")
        yield from ((f"changed to {other}", other) for other in others if other != value)
    elif _UUID.fullmatch(value):
        yield "changed in its last digit", value[:-1] + ("1" if value[-1] != "1" else "2")
    elif path[-1] == "multiplier" or "multipliers" in path:
        yield "doubled", str(int(value) * 2) if value.isdecimal() else value.replace(".", "")
        yield "changed in its last digit", value[:-1] + ("1" if value[-1] != "1" else "2")
    elif not value:
        yield "filled", "00"
    elif (found := _HEX.fullmatch(value)) and len(value) > 12:
        yield from _flipped(found[1] or "", bytes.fromhex(found[2]))
    else:
        yield "one character changed", ("x" if value[0] != "x" else "y") + value[1:]
        yield "one character added", value + "x"


def _flipped(prefix: str, data: bytes) -> Iterator[tuple[str, str]]:
    for where, at, mask in (("first", 0, 0x80), ("middle", len(data) // 2, 0x10), ("last", len(data) - 1, 0x01)):
        flipped = data[:at] + bytes([data[at] ^ mask]) + data[at + 1 :]
        yield f"flipped in a {where} bit", prefix + flipped.hex()
    yield "shortened by a byte", prefix + data[:-1].hex()


def signed_again(document: Document, alteration: Alteration) -> Document:
    """The altered document, with every signature that the house itself can give again."""
    altered = alteration.apply(document)
    for holder in _signed_parts(altered):
        inside = alteration.path and alteration.path[-1] == "message"
        if inside and isinstance(holder.get("message"), str) and not alteration.removed:
            holder.update(HOUSE_KEY.part(bytes.fromhex(holder["message"])))
    return altered if alteration.path[:1] == ("signed",) else sign(altered)


def _signed_parts(document: Document) -> Iterator[Document]:
    commit = document.get("commit")
    for part in (document.get("close"), commit.get("statement") if isinstance(commit, dict) else None):
        if isinstance(part, dict):
            yield part
