"""
`make soak`: an installation plays for MINUTES (30) with the demo's players, while with KILLS=1 one part after the
other is killed. Afterwards every round of every game is settled and revealed, every invariant holds, and without
kills no log holds an error.
"""

import json
import os
import re
import signal
import subprocess
import sys
import time

import psycopg
import pytest

from keno_platform.local.programs import PROJECT
from tests.support.installation import Front, installation, pid_of

MINUTES = float(os.environ.get("MINUTES", "30"))
KILLS = os.environ.get("KILLS") == "1"
PARTS = ("rounds", "settlement", "beat", "web", "valkey", "postgres")
OUR_LOGS = ("web", "rounds", "settlement", "beat", "players")
TROUBLE = re.compile(r"\b(ERROR|CRITICAL)\b|^Traceback", re.MULTILINE)


@pytest.mark.proof
def test_the_demo_plays_on_and_the_books_balance() -> None:
    with installation() as front:
        _play(front)
        environment = _environment(front)
        report = _summary(environment["DATABASE_URL"])
        print(f"\n{json.dumps(report, indent=2)}")
        checked = subprocess.run(
            [sys.executable, "manage.py", "check_invariants"],
            cwd=PROJECT, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        print(checked.stdout, checked.stderr)
        troubles = {name: TROUBLE.findall(front.home.log(name).read_text()) for name in OUR_LOGS}
    assert checked.returncode == 0, checked.stdout
    assert report["unfinished"] == 0
    assert report["bets"] > 0
    assert report["winners"] > 0
    assert KILLS or not any(troubles.values()), troubles


def _play(front: Front) -> None:
    end, parts = time.monotonic() + MINUTES * 60, list(PARTS) if KILLS else []
    pause = MINUTES * 60 / (len(parts) + 1)
    for part in parts:
        time.sleep(pause)
        os.kill(pid_of(front, part), signal.SIGKILL)
        print(f"{time.strftime('%X')} killed {part}", flush=True)
        front.wait_for_next_round(patience_s=35)
    while (left := end - time.monotonic()) > 0:
        assert front.process.poll() is None, front.printed[-2000:]
        time.sleep(min(left, 10))


def _environment(front: Front) -> dict[str, str]:
    """What the installation's own processes see, read from one of them."""
    with open(f"/proc/{pid_of(front, 'web')}/environ", encoding="utf-8") as file:
        return dict(pair.split("=", 1) for pair in file.read().split("\0") if "=" in pair)


def _summary(address: str) -> dict[str, object]:
    with psycopg.connect(address) as connection:
        schemas = [row[0] for row in connection.execute("SELECT schema_name FROM operators_operator")]
        [rounds] = connection.execute(_ROUNDS).fetchall()
        bets = [connection.execute(_BETS.format(schema=schema)).fetchone() for schema in schemas]
    names = ("finished", "unfinished", "open_late_s", "close_late_s", "draw_after_close_s", "settled_after_draw_s")
    return {
        **dict(zip(names, (str(value) if index > 1 else value for index, value in enumerate(rounds)), strict=True)),
        "bets": sum(row[0] for row in bets if row),
        "winners": sum(row[1] for row in bets if row),
    }


_ROUNDS = """
    SELECT count(*) FILTER (WHERE status IN ('revealed', 'void')),
           count(*) FILTER (WHERE status NOT IN ('revealed', 'void')),
           percentile_disc(0.99) WITHIN GROUP (ORDER BY opened_at - opens_at),
           percentile_disc(0.99) WITHIN GROUP (ORDER BY closed_at - closes_at),
           percentile_disc(0.99) WITHIN GROUP (ORDER BY drawn_at - closes_at),
           percentile_disc(0.99) WITHIN GROUP (ORDER BY settled_at - drawn_at)
    FROM rounds_round WHERE closes_at < clock_timestamp() - interval '15 seconds'
"""
_BETS = "SELECT (SELECT count(*) FROM {schema}.bets_bet), (SELECT count(*) FROM {schema}.bets_payout)"
