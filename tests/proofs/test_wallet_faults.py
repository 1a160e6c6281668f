"""
`make faults`: an installation plays for MINUTES (10) with an operator whose wallet is wrong in every way that
the sandbox wallet knows, some at a time, while bets go on. Afterwards, when it is well again: nothing is open, no
bet was paid twice, none is in a draw without its debit, and our books and the operator's are equal. Then the faults
that no protocol can mend, such as a debit taken twice, which reconciliation has to find.
"""

import asyncio
import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import psycopg
import pytest

from keno_kit.sandbox.faults import FAULTS
from keno_platform.local.programs import PROJECT
from tests.support.installation import Front, installation, pid_of

MINUTES = float(os.environ.get("MINUTES", "10"))
BETS_AT_ONCE = 24
PHASE_S, AT_A_TIME, SHARE = 20.0, 5, 0.06
DEFINITE_WITHIN_S = 420
MENDABLE = sorted(name for name, fault in FAULTS.items() if fault.books == "equal")
UNMENDABLE = ("double-apply", "loses-credits", "loses-rollbacks", "refuses-but-takes")


@pytest.mark.proof
def test_a_wallet_that_is_wrong_in_every_way_costs_nobody_a_cent() -> None:
    with installation() as front:
        demo = json.loads(front.home.demo.read_text())
        sandbox = demo["sandbox"]
        answers = asyncio.run(_play(demo, sandbox, seconds=MINUTES * 60))
        print(f"\n{json.dumps(answers, indent=2)}", flush=True)
        environment = _environment(front)
        _wait_until_definite(environment["DATABASE_URL"])
        print(_figures(environment["DATABASE_URL"]), flush=True)
        first = _reconcile(environment, sandbox, front.home.path / "state.json")
        invariants = _manage(environment, "check_invariants")
        asyncio.run(_provoke_differences(demo, sandbox))
        _wait_until_definite(environment["DATABASE_URL"])
        second = _reconcile(environment, sandbox, front.home.path / "state.json")
        after = _manage(environment, "check_invariants")
    assert answers["201"] > 100
    assert invariants.returncode == 0, invariants.stdout
    assert first.returncode == 0, first.stdout
    assert second.returncode == 1, second.stdout
    assert "different_amount" in second.stdout
    assert after.returncode == 0, after.stdout  # our own books hold whatever the operator's do


async def _play(demo: dict[str, Any], sandbox: dict[str, Any], *, seconds: float) -> dict[str, int]:
    """Bets without a pause, and every 20 seconds other faults; at the end the wallet is well."""
    told: Counter[str] = Counter()
    end = time.monotonic() + seconds
    async with httpx.AsyncClient(timeout=30) as client, asyncio.TaskGroup() as group:
        group.create_task(_spoil(client, sandbox, MENDABLE, end))
        for number in range(BETS_AT_ONCE):
            group.create_task(_bet(client, demo, sandbox, number, end, told))
    return dict(told)


async def _spoil(client: httpx.AsyncClient, sandbox: dict[str, Any], names: list[str], end: float) -> None:
    chance = random.Random(7)
    left: list[str] = []
    while time.monotonic() < end:
        if len(left) < AT_A_TIME:
            left = chance.sample(names, len(names))
        now, left = left[:AT_A_TIME], left[AT_A_TIME:]
        print(f"{time.strftime('%X')} {', '.join(now)}", flush=True)
        faults = [{"fault": name, "share": SHARE} for name in now]
        (await client.post(f"{sandbox['page']}faults", json={"faults": faults})).raise_for_status()
        await asyncio.sleep(min(PHASE_S, max(0.0, end - time.monotonic())))
    (await client.delete(f"{sandbox['page']}faults")).raise_for_status()


async def _bet(
    client: httpx.AsyncClient,
    demo: dict[str, Any],
    sandbox: dict[str, Any],
    number: int,
    end: float,
    told: Counter[str],
) -> None:
    """One player after the other: each bet is definite before the next, as a careful backend does it."""
    chance = random.Random(number)
    while time.monotonic() < end:
        key, body = uuid4().hex, _body(sandbox, chance)
        for _ in range(20):
            try:
                headers = {"Authorization": f"Bearer {sandbox['api_key']}", "Idempotency-Key": key}
                answer = await client.post(f"{demo['base_url']}/api/v1/bets", json=body, headers=headers)
            except httpx.HTTPError:
                told["no answer"] += 1
                continue
            code = "201" if answer.status_code == 201 else answer.json()["code"]
            told[code] += 1
            if code not in ("request_in_progress", "maintenance"):
                break
            await asyncio.sleep(0.5)
        await asyncio.sleep(chance.uniform(0, 0.2))


def _body(sandbox: dict[str, Any], chance: random.Random) -> dict[str, Any]:
    return {
        "game": "keno-10s",
        "player_token": f"fault-{chance.randrange(60)}",
        "picks": chance.sample(range(1, 81), chance.randint(1, 4)),
        "stake": f"{chance.randint(1, 9)}.{chance.randint(0, 99):02d}",
        "currency": sandbox["currency"],
        "rounds": chance.choice([1, 1, 1, 1, 3]),
    }


async def _provoke_differences(demo: dict[str, Any], sandbox: dict[str, Any]) -> None:
    async with httpx.AsyncClient(timeout=30) as client:
        faults = [{"fault": name, "share": 0.2} for name in UNMENDABLE]
        (await client.post(f"{sandbox['page']}faults", json={"faults": faults})).raise_for_status()
        told: Counter[str] = Counter()
        async with asyncio.TaskGroup() as group:
            for number in range(4):
                group.create_task(_bet(client, demo, sandbox, number, time.monotonic() + 15, told))
        await asyncio.sleep(12)
        (await client.delete(f"{sandbox['page']}faults")).raise_for_status()


def _wait_until_definite(address: str) -> None:
    """Rounds end, and pauses between attempts run out: some are minutes long by now."""
    deadline = time.monotonic() + DEFINITE_WITHIN_S
    with psycopg.connect(address, autocommit=True) as connection:
        while True:
            row = connection.execute(_OPEN).fetchone()
            if row is not None and row[0] == 0:
                return
            assert time.monotonic() < deadline, f"still open: {connection.execute(_WHICH).fetchall()}"
            time.sleep(2)


def _figures(address: str) -> str:
    with psycopg.connect(address) as connection:
        return json.dumps(connection.execute(_FIGURES).fetchall(), default=str)


def _reconcile(environment: dict[str, str], sandbox: dict[str, Any], file: Path) -> "subprocess.CompletedProcess[str]":
    """Compare with what the wallet says of itself."""
    file.write_text(httpx.get(f"{sandbox['page']}state", timeout=60).text)
    done = _manage(environment, "reconcile", "--operator", "sandbox", "--file", str(file))
    print(done.stdout, done.stderr, flush=True)
    return done


def _manage(environment: dict[str, str], *arguments: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "manage.py", *arguments],
        cwd=PROJECT, env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip


def _environment(front: Front) -> dict[str, str]:
    """What the installation's own processes see, read from one of them."""
    with open(f"/proc/{pid_of(front, 'web')}/environ", encoding="utf-8") as file:
        return dict(pair.split("=", 1) for pair in file.read().split("\0") if "=" in pair)


_OPEN = """
    SELECT (SELECT count(*) FROM op_sandbox.wallet_walletcall WHERE due_at IS NOT NULL OR state = 'in_doubt')
         + (SELECT count(*) FROM op_sandbox.bets_betstate WHERE settlement_status = 'pending')
"""
_WHICH = """
    SELECT kind, state, reason, attempts, error, due_at, count(*) FROM op_sandbox.wallet_walletcall
    WHERE due_at IS NOT NULL OR state = 'in_doubt' GROUP BY 1, 2, 3, 4, 5, 6 LIMIT 20
"""
_FIGURES = """
    SELECT kind, state, reason, count(*), max(attempts) FROM op_sandbox.wallet_walletcall
    GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
