"""
A web process of its own, so to speak: for each line on standard input one bet over the API, and its answer as a line.

    python -m tests.recovery.bettor OPERATOR PLAYER GAME     (with the platform's environment)
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from keno_platform.local.programs import PROJECT


@dataclass(frozen=True, slots=True)
class Bettor:
    """The running process, as its parent sees it."""

    process: "subprocess.Popen[str]"

    def bet(self) -> dict[str, Any]:
        """One bet: `status`, and `bet` or `code`."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        self.process.stdin.write("bet\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        assert line, f"the process has ended with {self.process.wait(5)}"
        answer: dict[str, Any] = json.loads(line)
        return answer


@contextmanager
def bettor(address: str, *who: str, log: IO[bytes] | Path) -> Iterator[Bettor]:
    """Somebody who bets at the database behind this address; the process' own log goes to `log`."""
    environment = {**os.environ, "DATABASE_URL": address, "KENO_LOG_LEVEL": "INFO"}
    errors = log.open("wb") if isinstance(log, Path) else log
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.recovery.bettor", *who],
        cwd=PROJECT,
        env=environment,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=errors,
        text=True,
    )
    try:
        yield Bettor(process)
    finally:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.wait(30)
        process.stdout.close()
        errors.close()


def main(slug: str, token: str, game: str) -> None:
    """Answer each line with a bet."""
    import logging

    import django

    os.environ["DJANGO_SETTINGS_MODULE"] = "keno_platform.settings"
    django.setup()
    from django.db import close_old_connections
    from django.test import Client

    from tests.support.api import call

    client = Client(HTTP_HOST="localhost")
    secret = _key(slug)
    body = {"player_token": token, "game": game, "picks": [7, 21, 63], "stake": "1.00", "currency": "KES"}
    for number, _ in enumerate(sys.stdin):
        logging.getLogger("tests.bettor").info("bet %s, and %s", number, "words that fill a disk" * 200)
        key = {"Idempotency-Key": f"{os.getpid()}-{number}"}
        close_old_connections()  # a server does so before each request; the test's client does not
        answer = call("POST", "bets", credential=secret, body=body, headers=key, client=client)
        said = answer.json()
        shown = {"status": answer.status_code, "bet": said.get("bet_id") or said.get("id"), "code": said.get("code")}
        print(json.dumps(shown), flush=True)


def _key(slug: str) -> str:
    from operators.selectors import get_operator
    from operators.services import issue_key

    return issue_key(operator=get_operator(slug=slug), label="bettor", actor="test")[1]


if __name__ == "__main__":
    main(*sys.argv[1:])
