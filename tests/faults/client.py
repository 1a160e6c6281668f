"""An operator's backend as a careful one is written: it asks, and believes nothing but what it is told."""

import time
from dataclasses import replace
from typing import Any

import httpx

from tests.faults.history import FAIL, OK, UNKNOWN, Operation

TIMEOUT_S = 12.0
NO_ANSWER = "no answer"
BROKEN = "500"
BULK = "/api/v1/bets/batch"


class Backend:
    """The calls of one operator. `stranger` counts answers that the API does not promise."""

    def __init__(self, base_url: str, operator: str, api_key: str) -> None:
        self.operator = operator
        self._http = httpx.AsyncClient(
            base_url=base_url, headers={"Authorization": f"Bearer {api_key}"}, timeout=TIMEOUT_S, trust_env=False
        )

    async def attempt(self, operation: Operation) -> Operation:
        """The operation after one more attempt under its own key."""
        word, answer = await self._send(operation.path, operation.body, operation.key)
        return after(operation, word, answer)

    async def attempt_bulk(self, operations: list[Operation]) -> list[Operation]:
        """The same of a bulk call, whose items have keys of their own."""
        key = operations[0].key.partition("#")[0]
        word, answer = await self._send(BULK, {"bets": [one.body for one in operations]}, key)
        if word != "200":
            return [after(one, word, answer) for one in operations]
        return [
            after(one, str(item["status"]), item["bet"] or item["problem"])
            for one, item in zip(operations, answer["results"], strict=True)
        ]

    async def read(self, path: str) -> tuple[str, Any]:
        """The status and the body of a read."""
        try:
            answer = await self._http.get(path)
        except httpx.HTTPError:
            return NO_ANSWER, {}
        return str(answer.status_code), _json(answer)

    async def close(self) -> None:
        await self._http.aclose()

    async def _send(self, path: str, body: dict[str, Any], key: str) -> tuple[str, Any]:
        try:
            answer = await self._http.post(path, json=body, headers={"Idempotency-Key": key})
        except httpx.HTTPError:
            return NO_ANSWER, {}
        return str(answer.status_code), _json(answer)


def begin(kind: str, operator: str, key: str, path: str, body: dict[str, Any], item: int | None = None) -> Operation:
    """An operation that is about to be sent."""
    return Operation(key=key, kind=kind, operator=operator, path=path, body=body, at=time.time(), item=item)


def after(operation: Operation, word: str, answer: Any) -> Operation:
    """An operation after one more answer: done, refused for good, or still not known."""
    if word in ("200", "201"):
        return replace(operation, outcome=OK, told=[*operation.told, word], became=_ids(answer))
    problem = answer if isinstance(answer, dict) else {}
    told = [*operation.told, f"{word} {problem.get('code', '')}".strip()]
    definite = problem.get("money_moved") == "no" and problem.get("retry") in ("never", "new_key")
    if problem.get("money_moved") == "yes":  # what was asked for is done already, by an earlier attempt
        return replace(operation, outcome=OK, told=told)
    return replace(operation, outcome=FAIL if definite else UNKNOWN, told=told)


def _ids(answer: Any) -> list[str]:
    if "ticket" in answer:
        return [one["id"] for one in answer["ticket"]] or [answer["id"]]
    return [answer.get("id") or answer["transaction_id"]]


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return {}
