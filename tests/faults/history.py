"""
What clients asked for and what they were told, as they know it themselves: the one witness that the platform cannot
have written. Each operation is begun on record before it is sent, and ended with one of three words:

- ok: it was told done, and what it became
- fail: it was told that nothing has moved and nothing will
- unknown: whoever asked does not know. The answer was lost, or said so itself
"""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

OK, FAIL, UNKNOWN = "ok", "fail", "unknown"


@dataclass(slots=True, kw_only=True)
class Operation:
    """
    One operation under one idempotency key. `body` with `path` is what is sent; `told` the words of every attempt.
    `became` is what an ok said: ids of bets, or of a movement.
    """

    key: str
    kind: str
    operator: str
    path: str
    body: dict[str, Any]
    at: float
    outcome: str = UNKNOWN
    told: list[str] = field(default_factory=list)
    became: list[str] = field(default_factory=list)
    item: int | None = None
    """Its place in a bulk call, whose key is the part before the #."""


class Record:
    """A history that is being written: whatever was begun is in the file before it is sent."""

    def __init__(self, file: Path) -> None:
        self._file: IO[str] = file.open("a", buffering=1)

    def write(self, operation: Operation) -> None:
        self._file.write(json.dumps(asdict(operation)) + "\n")

    def close(self) -> None:
        self._file.close()


def read(files: Iterable[Path]) -> dict[tuple[str, str], Operation]:
    """Every operation as it stood last, by operator and key."""
    found: dict[tuple[str, str], Operation] = {}
    for file in files:
        for line in file.read_text().splitlines() if file.exists() else ():
            one = Operation(**json.loads(line))
            found[one.operator, one.key] = one
    return found


def count(operations: Iterable[Operation]) -> dict[str, dict[str, int]]:
    """Operations by kind and outcome."""
    counted: dict[str, Counter[str]] = {}
    for one in operations:
        counted.setdefault(one.kind, Counter())[one.outcome] += 1
    return {kind: dict(counts) for kind, counts in sorted(counted.items())}
