"""An installation that plays on while its chain's node is stopped, and what must be true afterwards."""

import json
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import httpx
import psycopg
from psycopg.rows import dict_row

from keno_platform.local.programs import PROJECT
from tests.support.anvil import ANCHORED_TOPIC
from tests.support.installation import Front, start_server, stop_server

CAUGHT_UP_WITHIN_S = 90


@dataclass
class Outage:
    """What was seen around an outage."""

    front: Front

    def __post_init__(self) -> None:
        ports = json.loads((self.front.home.path / "ports.json").read_text())
        self.database = f"postgresql://keno@127.0.0.1:{ports['postgres']}/keno"
        self.base = f"http://127.0.0.1:{self.front.port}"
        self.chain = json.loads(self.front.home.demo.read_text())["chain"]["url"]

    def rows(self, statement: str) -> list[dict[str, Any]]:
        with psycopg.connect(self.database, row_factory=dict_row) as connection:
            return connection.execute(statement).fetchall()

    def read(self, path: str) -> Any:
        return httpx.get(self.base + path, timeout=10).json()

    def play_without_the_chain(self, seconds: float) -> None:
        """Stop the node, let the demo play so long, start it again and wait until every root is final."""
        self.began = self.rows("SELECT clock_timestamp() AS at")[0]["at"]
        stop_server(self.front, "chain")
        end = time.monotonic() + seconds
        self.notices: set[str] = set()
        while time.monotonic() < end:
            assert self.front.process.poll() is None, self.front.printed[-2000:]
            self.notices.add(self.read("/health/ready")["notices"]["chain"])
            time.sleep(2)
        start_server(self.front, "chain")
        self.ended = self.rows("SELECT clock_timestamp() AS at")[0]["at"]
        end = time.monotonic() + CAUGHT_UP_WITHIN_S
        while waiting := self.waiting() or self.unfinished():
            assert time.monotonic() < end, f"roots are not final, or rounds not at their end: {waiting}"
            time.sleep(1)

    def waiting(self) -> list[int]:
        """Roots registered until the node came back, that are not final yet."""
        return [
            row["seq"]
            for row in self.rows(
                f"""SELECT r.seq FROM anchors_root r WHERE r.created_at < '{self.ended.isoformat()}' AND NOT EXISTS (
                    SELECT 1 FROM anchors_transaction t WHERE t.seq = r.seq AND t.status = 'final') ORDER BY 1"""
            )
        ]

    def unfinished(self) -> list[int]:
        """Rounds that closed before the node came back and are still on their way: the last ones, for a moment."""
        return [
            row["id"]
            for row in self.rows(
                f"""SELECT id FROM rounds_round WHERE closes_at < '{self.ended.isoformat()}'
                    AND status NOT IN ('revealed', 'void') ORDER BY 1"""
            )
        ]

    def rounds(self, game: str) -> list[dict[str, Any]]:
        """The game's rounds that should have opened while the node was stopped."""
        return self.rows(
            f"""SELECT r.id, r.number, r.status, r.signed_only, r.void_cause, e.anchor_seq,
                       e.committed_at > '{self.began.isoformat()}' AS committed_meanwhile
                FROM rounds_round r JOIN rounds_game g ON g.id = r.game_id JOIN rounds_epoch e ON e.id = r.epoch_id
                WHERE g.code = '{game}' AND r.opens_at > '{self.began.isoformat()}'
                  AND r.closes_at < '{self.ended.isoformat()}' ORDER BY r.number"""
        )

    def anchored(self) -> list[tuple[int, str]]:
        """(seq, root) of every event of the contract, as the chain itself tells them."""
        contract = self.read("/.well-known/keno-keys.json")["chain"]["contract"]
        asked = {"address": contract, "fromBlock": "0x0", "toBlock": "latest", "topics": [ANCHORED_TOPIC]}
        body = {"jsonrpc": "2.0", "id": 1, "method": "eth_getLogs", "params": [asked]}
        logs = httpx.post(self.chain, json=body, timeout=10).json()["result"]
        return [(int(log["topics"][1], 16), log["topics"][2][2:]) for log in logs]

    def verify(self, round_id: int, *options: str) -> "subprocess.CompletedProcess[str]":
        """What a stranger's verifier says of a round."""
        address = f"{self.base}/api/v1/rounds/{round_id}/proof"
        command = [sys.executable, "-m", "fairness", "verify", address, "--rpc", self.chain, *options]
        return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)


def check(outage: Outage) -> dict[str, object]:
    """Rounds behaved by policy, everything was caught up, nothing was anchored twice and nothing left out."""
    free, demanding = outage.rounds("keno-10s"), outage.rounds("keno-20s")
    assert {one["status"] for one in free} == {"revealed"}, "games that do not demand anchoring go on"
    assert any(one["signed_only"] for one in free), "the outage was too short to matter"
    assert all(one["signed_only"] == one["committed_meanwhile"] for one in free)
    for one in demanding:
        expected = ("void", 4) if one["committed_meanwhile"] else ("revealed", None)
        assert (one["status"], one["void_cause"]) == expected, one
    assert any("chain_unreachable" in notice for notice in outage.notices), outage.notices

    events = outage.anchored()
    registered = [
        (row["seq"], row["root"].hex()) for row in outage.rows("SELECT seq, root FROM anchors_root ORDER BY seq")
    ]
    assert [seq for seq, _ in events] == list(range(1, len(events) + 1)), "a gap, or a root anchored twice"
    assert events == registered[: len(events)]

    late = next(one for one in free if one["signed_only"])
    refused = outage.verify(late["id"])
    assert refused.returncode == 1
    assert "AnchoredAfterOpening" in refused.stdout + refused.stderr
    assert outage.verify(late["id"], "--allow-signed-only").returncode == 0
    on_time = next((one for one in free if not one["signed_only"]), None)
    if on_time:
        assert outage.verify(on_time["id"]).returncode == 0
    return {
        "rounds_meanwhile": len(free),
        "signed_only": sum(one["signed_only"] for one in free),
        "void_for_want_of_an_anchor": sum(one["status"] == "void" for one in demanding),
        "roots_on_the_chain": len(events),
    }
