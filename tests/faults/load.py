"""
The load, as a process of its own: `python -m tests.faults.load JOB.json`, with {"base_url", "operators", "seed",
"history", "reads", "storm"}. Players bet, one call after the other, alone and in bulk, over one round and several, take
bets back, bring money and take it away, and read. Ends by SIGTERM, with every operation on record.

What is not known is asked again under the same key, as the API says; now and then it is not, as by a backend that has
crashed. While the file `storm` is there, every call is made three times at once.
"""

import asyncio
import json
import random
import signal
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import uuid4

from tests.faults.client import Backend, begin
from tests.faults.history import OK, UNKNOWN, Operation, Record

GAMES = ("keno-10s", "keno-20s")
ATTEMPTS_MAX = 5
GIVES_UP = 0.2
"""How often whoever does not know asks no more."""
PAUSE_S = (0.5, 3.5)
PATHS = {"deposit": "/api/v1/wallet/deposits", "withdraw": "/api/v1/wallet/withdrawals"}
KINDS = {"bet": 44, "ticket": 8, "bulk": 8, "cancel": 8, "deposit": 6, "withdraw": 6, "read": 20}


@dataclass(slots=True, kw_only=True)
class Player:
    """One player at one operator, and the backend that acts for it."""

    backend: Backend
    described: dict[str, Any]
    token: str
    chance: random.Random
    record: Record
    storm: Path
    reads: Counter[str]
    bets: list[str] = field(default_factory=list)
    """The last bets that were accepted."""

    async def play(self, stopped: asyncio.Event) -> None:
        """One thing after the other, until stopped."""
        acts: dict[str, Callable[[], Any]] = {
            "bet": self._bet, "ticket": self._ticket, "bulk": self._bulk, "cancel": self._cancel,
            "deposit": lambda: self._transfer("deposit"), "withdraw": lambda: self._transfer("withdraw"),
            "read": self._read,
        }  # fmt: skip
        kinds = [kind for kind in KINDS if self._can(kind)]
        while not stopped.is_set():
            [kind] = self.chance.choices(kinds, [KINDS[kind] for kind in kinds])
            await acts[kind]()
            await asyncio.sleep(self.chance.uniform(*PAUSE_S))

    def _can(self, kind: str) -> bool:
        return kind not in ("deposit", "withdraw") or self.described["wallet_mode"] != "seamless"

    async def _bet(self) -> None:
        await self._carry_out([self._placement("bet")])

    async def _ticket(self) -> None:
        await self._carry_out([self._placement("ticket", game=GAMES[0], rounds=self.chance.randint(2, 3))])

    async def _bulk(self) -> None:
        key, many = self._key(), self.chance.randint(2, 6)
        await self._carry_out([self._placement("bulk", key=f"{key}#{item}", item=item) for item in range(many)])

    async def _cancel(self) -> None:
        if not self.bets:
            await self._bet()
            return
        bet_id = self.bets.pop()
        path = f"/api/v1/bets/{bet_id}/cancel"
        await self._carry_out([begin("cancel", self.backend.operator, f"cancel:{bet_id}", path, {})])

    async def _transfer(self, kind: str) -> None:
        amount = f"{self.chance.randint(1, 400)}.00"
        body = {"player_token": self.token, "amount": amount, "currency": self.described["currency"]}
        await self._carry_out([begin(kind, self.backend.operator, self._key(), PATHS[kind], body)])

    async def _read(self) -> None:
        paths = [f"/api/v1/wallet/accounts/{self.token}", f"/api/v1/bets?player_token={self.token}", *self._of_bets()]
        status, answer = await self.backend.read(self.chance.choice(paths))
        self.reads[status] += 1
        if status == "200" and any(token != self.token for token in _tokens(answer)):
            self.reads["of another player"] += 1

    def _of_bets(self) -> list[str]:
        return [f"/api/v1/bets/{one}" for one in self.bets[-1:]]

    def _placement(self, kind: str, *, key: str = "", item: int | None = None, **more: Any) -> Operation:
        body = {
            "game": self.chance.choice(GAMES),
            "player_token": self.token,
            "picks": self.chance.sample(range(1, 81), self.chance.randint(1, 10)),
            "stake": self.described["stake"],
            "currency": self.described["currency"],
            **more,
        }
        return begin(kind, self.backend.operator, key or self._key(), "/api/v1/bets", body, item)

    def _key(self) -> str:
        return uuid4().hex

    async def _carry_out(self, operations: list[Operation]) -> None:
        """Until all of it is known, or given up."""
        for one in operations:
            self.record.write(one)
        for number in range(ATTEMPTS_MAX):
            operations = await self._attempt(operations)
            if all(one.outcome != UNKNOWN for one in operations) or self.chance.random() < GIVES_UP:
                break
            await asyncio.sleep(min(0.4 * 2**number, 4) * self.chance.uniform(0.5, 1.5))
        for one in operations:
            self.record.write(one)
            if one.outcome == OK and one.kind in ("bet", "bulk"):
                self.bets = [*self.bets[-9:], *one.became]

    async def _attempt(self, operations: list[Operation]) -> list[Operation]:
        times = 3 if self.storm.exists() else 1
        answers = await asyncio.gather(*(self._once(operations) for _ in range(times)))
        return [_best(each) for each in zip(*answers, strict=True)]

    async def _once(self, operations: list[Operation]) -> list[Operation]:
        if operations[0].item is None:
            return [await self.backend.attempt(operations[0])]
        return await self.backend.attempt_bulk(operations)


def _best(answers: Sequence[Operation]) -> Operation:
    """Of one operation that was asked for several times at once: done, if any answer says so."""
    told = [word for one in answers for word in one.told]
    done = next((one for one in answers if one.outcome == OK), None)
    unknown = next((one for one in answers if one.outcome == UNKNOWN), None)
    chosen = done or unknown or answers[0]
    chosen.told = told
    return chosen


def _tokens(answer: Any) -> list[str]:
    rows = answer.get("results", [answer])
    return [one["player_token"] for one in rows if "player_token" in one]


async def bet(job: dict[str, Any]) -> Counter[str]:
    """All players of all operators, until SIGTERM. Returns what reads were answered."""
    stopped, record, reads = asyncio.Event(), Record(Path(job["history"])), Counter[str]()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stopped.set)
    backends = [Backend(job["base_url"], one["slug"], one["api_key"]) for one in job["operators"]]
    async with asyncio.TaskGroup() as group:
        for backend, described in zip(backends, job["operators"], strict=True):
            for token in described["players"]:
                chance = random.Random(f"{job['seed']}:{backend.operator}:{token}")
                player = Player(
                    backend=backend, described=described, token=token, chance=chance, record=record,
                    storm=Path(job["storm"]), reads=reads,
                )  # fmt: skip
                group.create_task(player.play(stopped))
    for backend in backends:
        await backend.close()
    record.close()
    return reads


if __name__ == "__main__":
    described = json.loads(Path(sys.argv[1]).read_text())
    Path(described["reads"]).write_text(json.dumps(asyncio.run(bet(described))))
