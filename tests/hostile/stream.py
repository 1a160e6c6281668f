"""
A stream of hostile calls over HTTP, and what must hold of every answer to one of them.

Each input is a good call of the OpenAPI document with one to three things spoilt: a value in its body, the body's text
itself, a query, an id in its path (another operator's among them), a header, the method, or who calls. So it comes past
the first check more often than noise would.
"""

import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode

from tests.acceptance.worlds import World
from tests.hostile import values
from tests.hostile.operations import (
    PLAIN,
    RUINOUS,
    Operation,
    filled_body,
    filled_path,
    operations,
    path_value,
    places,
    replaced,
)
from tests.hostile.raw import Answer

KINDS = ("body value", "body text", "query", "path", "header", "method", "caller")
SLOW_S = 30.0
"""A machine that tests has other work besides; what is looked for takes minutes or for ever."""
PRINTED = 0.05
"""How many of the calls for something printed are made: each takes as long as hundreds of the others."""
OWN_CALLS = "/api/v1/calls"
"""The request log shows operators what they themselves have sent, another's ids among it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Somebody with a credential, or without one. `world` is whose it is; None: nobody's."""

    name: str
    credential: str | None
    world: World | None


@dataclass(slots=True, kw_only=True)
class Input:
    """One call before it is bytes."""

    operation: Operation
    caller: Caller
    method: str
    path: str
    query: list[tuple[str, str]]
    headers: list[str]
    body: bytes | None
    kinds: tuple[str, ...] = ()

    def encoded(self) -> bytes:
        """As bytes, with a Content-Length that is right: what is wrong with framing is tried elsewhere."""
        target = self.path + (f"?{urlencode(self.query, errors='surrogatepass')}" if self.query else "")
        lines = [f"{self.method} {target} HTTP/1.1", "Host: localhost", *self.headers]
        names = {line.partition(":")[0].lower() for line in self.headers}
        if self.caller.credential and "authorization" not in names:
            lines.append(f"Authorization: Bearer {self.caller.credential}")
        if self.body is not None:
            lines.append(f"Content-Length: {len(self.body)}")
            if "content-type" not in names:
                lines.append("Content-Type: application/json")
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + (self.body or b"")


@dataclass(slots=True, kw_only=True)
class Stream:
    """Makes inputs, and judges answers. `faults` are those that must not be: 5xx, leaks, answers of no known form."""

    worlds: tuple[World, World]
    callers: list[Caller]
    chance: random.Random
    known: list[Operation] = field(default_factory=operations)
    sent: Counter[str] = field(default_factory=Counter)
    statuses: Counter[int] = field(default_factory=Counter)
    reached: set[tuple[str, int]] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    slowest_s: float = 0.0

    def make(self) -> Input:
        """The next input."""
        chance = self.chance
        caller = chance.choice(self.callers)
        usable = [
            one
            for one in self.known
            if (caller.name != "provider" or one.name not in RUINOUS)
            and (not one.path.endswith("pdf") or chance.random() < PRINTED)
        ]
        one = self._good(chance.choice(usable), caller)
        kinds = chance.sample(KINDS, k=chance.choice((1, 1, 1, 2, 3)))
        for kind in kinds:
            self._spoil(one, kind)
        one.kinds = tuple(kinds)
        return one

    def judge(self, one: Input, answer: Answer, took_s: float) -> None:
        """Count an answer; what must not be is kept as a fault."""
        self.sent.update(one.kinds)
        self.statuses[answer.status] += 1
        self.reached.add((one.operation.name, answer.status))
        self.slowest_s = max(self.slowest_s, took_s)
        wrong = self._wrong_with(one, answer, took_s)
        if wrong:
            self.faults.append(
                f"{wrong}\n  sent: {one.encoded()[:1500]!r}\n  got: {answer.status} {answer.body[:600]!r}"
            )

    @property
    def total(self) -> int:
        return sum(self.statuses.values())

    def summary(self) -> str:
        kinds = ", ".join(f"{count} {kind}" for kind, count in sorted(self.sent.items()))
        told = ", ".join(f"{count} x {status}" for status, count in sorted(self.statuses.items()))
        return (
            f"{self.total} calls to {len(self.known)} operations ({kinds})\nanswers: {told}\n"
            f"{len(self.reached)} pairs of operation and status, slowest {self.slowest_s:.1f} s; "
            f"{len(self.faults)} faults"
        )

    # --- making ---------------------------------------------------------------------------------------------------
    def _good(self, operation: Operation, caller: Caller) -> Input:
        own = caller.world or self.chance.choice(self.worlds)
        path = filled_path(operation, {name: path_value(own, name, self.chance) for name in operation.path_names})
        query = [(name, PLAIN[name]) for name in operation.query_names if name in PLAIN and self.chance.random() < 0.4]
        body = None
        if operation.method != "GET":
            body = b"" if operation.body is None else json.dumps(filled_body(operation, own)).encode()
        headers = [f"Idempotency-Key: {self.chance.getrandbits(64):x}"]
        return Input(
            operation=operation,
            caller=caller,
            method=operation.method,
            path=path,
            query=query,
            headers=headers,
            body=body,
        )

    def _spoil(self, one: Input, kind: str) -> None:
        match kind:
            case "body value":
                self._spoil_value(one)
            case "body text":
                one.body = self._cut(one.body or b"{}")
            case "query":
                names = [*one.operation.query_names, "x", "cursor", "limit"]
                one.query.append((self.chance.choice(names), self._text()))
            case "path":
                self._spoil_path(one)
            case "header":
                one.headers = [line for line in one.headers if self.chance.random() < 0.8]
                one.headers.append(self.chance.choice(values.HEADERS))
            case "method":
                one.method = self.chance.choice(("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE"))
            case _:
                one.caller = self.chance.choice(self.callers)

    def _spoil_value(self, one: Input) -> None:
        own = one.caller.world or self.worlds[0]
        body = filled_body(one.operation, own) if one.operation.body is not None else {}
        place = self.chance.choice(list(places(body)))
        if self.chance.random() < 0.15 and isinstance(body, dict):
            body["surprise"], place = 1, ("surprise",)
        one.body = replaced(body, place, self.chance.choice(values.JSON_VALUES))

    def _cut(self, body: bytes) -> bytes:
        chance = self.chance
        low = chance.randrange(len(body) + 1)
        high = min(len(body), low + chance.randrange(1, 9))
        piece = bytes(chance.randrange(256) for _ in range(chance.randrange(4)))
        match chance.randrange(5):
            case 0:
                return body[:low] + piece + body[high:]
            case 1:
                return body[:low]
            case 2:
                return body[:low] + body[low:high] * 3 + body[high:]
            case 3:
                return chance.choice((b"\xef\xbb\xbf", b"\xff\xfe", b"\x00", b" ")) + body
            case _:
                return body[:-1] + b"," + body[1:]  # every member twice, with the last value

    def _spoil_path(self, one: Input) -> None:
        chance, names = self.chance, one.operation.path_names
        if not names or chance.random() < 0.2:
            at = chance.randrange(len(one.path) + 1)
            one.path = one.path[:at] + chance.choice(values.RAW_PATHS) + one.path[at:]
            return
        chosen = chance.choice(names)
        filled = {name: path_value(chance.choice(self.worlds), name, chance) for name in names}
        path = one.operation.path
        for name, value in filled.items():
            text = self._text() if name == chosen and chance.random() < 0.6 else value
            path = path.replace("{" + name + "}", quote(text, safe="", errors="surrogatepass"))
        one.path = path

    def _text(self) -> str:
        if self.chance.random() < 0.3:
            return self.chance.choice(list(self.chance.choice(self.worlds).ids.values()))
        return self.chance.choice(values.TEXTS)

    # --- judging --------------------------------------------------------------------------------------------------
    def _wrong_with(self, one: Input, answer: Answer, took_s: float) -> str:
        if answer.status == 0 or answer.status >= 500:
            return "a fault of ours"
        if took_s > SLOW_S:
            return f"it took {took_s:.1f} s"
        if b"Traceback" in answer.body or b'File "/' in answer.body:
            return "it shows its inside"
        of_api = one.path.partition("#")[0].startswith("/api/")  # a spoilt path may lead to a page
        if answer.status >= 400 and of_api and one.method != "HEAD" and not self._is_problem(answer):
            return "it is no problem document"
        return self._leak(one, answer)

    def _is_problem(self, answer: Answer) -> bool:
        if answer.headers.get("content-type") != "application/problem+json":
            return answer.status in (400, 431) and answer.headers.get("connection") == "close"  # no request at all
        try:
            problem: Any = json.loads(answer.body)
        except ValueError:
            return False
        return problem["status"] == answer.status and bool(problem["code"])

    def _leak(self, one: Input, answer: Answer) -> str:
        """Nobody but its owner reads a mark of a world that it has not itself sent."""
        text, own = answer.body.decode("utf-8", "replace"), one.encoded().decode("utf-8", "replace")
        for world in self.worlds:
            if one.caller.world is world or one.caller.name == "provider" or one.path.startswith(OWN_CALLS):
                continue
            for mark in world.marks:
                if mark in text and mark not in own and mark != world.ids["game"]:
                    return f"it shows {mark} of {world.operator.slug} to {one.caller.name}"
        return ""
