"""Players that bet without end, over HTTP as an operator's backend would, so that the demo has a life of its own."""

import asyncio
import logging
import random
from typing import Any
from uuid import uuid4

import httpx

logger = logging.getLogger(__name__)
BETS_A_ROUND = (2, 12)
RETRY_S = 1.0
_ORDINARY = {"round_not_open", "wallet_unavailable", "insufficient_funds"}
"""What a bet meets without anything being wrong here: it came late, or the operator's wallet had a bad moment."""


class Crowd:
    """The demo players of one operator."""

    def __init__(self, client: httpx.AsyncClient, operator: dict[str, Any], *, chance: random.Random) -> None:
        self._client, self._operator, self._chance = client, operator, chance
        self._headers = {"Authorization": f"Bearer {operator['api_key']}"}

    async def play(self, game: str) -> None:
        """Bet in every round of this game, until cancelled."""
        last = 0
        while True:
            current = (await self._call("GET", f"/api/v1/games/{game}/rounds/current")).json()
            if current.get("status") != "open" or current["round_id"] == last:
                await asyncio.sleep(0.5)
                continue
            last = current["round_id"]
            await asyncio.sleep(self._chance.uniform(0, 3))
            await self._bet(last)

    async def _bet(self, round_id: int) -> None:
        bets = [self._slip(round_id) for _ in range(self._chance.randint(*BETS_A_ROUND))]
        answer = await self._call("POST", "/api/v1/bets/batch", {"bets": bets}, key=uuid4().hex)
        if answer.status_code != 200:
            logger.warning("a batch was refused: %s", answer.text)
            return
        for slip, result in zip(bets, answer.json()["results"], strict=True):
            problem = result["problem"]
            if problem and problem["code"] == "insufficient_funds" and self._operator["wallet_mode"] == "transfer":
                await self._top_up(slip["player_token"])
            elif problem and problem["code"] not in _ORDINARY:
                logger.warning("a bet was refused: %s", problem)

    def _slip(self, round_id: int) -> dict[str, Any]:
        count = self._chance.randint(1, 10)
        return {
            "round_id": round_id,
            "player_token": self._chance.choice(self._operator["players"][1:]),  # the first is a visitor's
            "picks": sorted(self._chance.sample(range(1, 81), count)),
            "stake": self._operator["stake"],
            "currency": self._operator["currency"],
        }

    async def _top_up(self, player: str) -> None:
        body = {
            "player_token": player,
            "amount": self._operator["money"],
            "currency": self._operator["currency"],
            "reference": "demo top-up",
        }
        await self._call("POST", "/api/v1/wallet/deposits", body, key=uuid4().hex)

    async def _call(self, method: str, path: str, body: Any = None, *, key: str = "") -> httpx.Response:
        """One call, repeated with the same key until the server gives a definite answer."""
        headers = {**self._headers, **({"Idempotency-Key": key} if key else {})}
        while True:
            try:
                answer = await self._client.request(method, path, json=body, headers=headers)
                if answer.status_code < 500 and "Retry-After" not in answer.headers:
                    return answer
            except httpx.HTTPError as error:
                logger.info("no answer (%s); trying again with the same key", type(error).__name__)
            await asyncio.sleep(RETRY_S)


async def play_demo(demo: dict[str, Any], *, seed: int | None = None) -> None:
    """All players of all operators of a demo, until cancelled."""
    chance = random.Random(seed)  # noqa: S311  # players choose numbers; nothing is drawn with this
    async with (
        httpx.AsyncClient(base_url=demo["base_url"], timeout=10) as client,
        asyncio.TaskGroup() as group,
    ):
        for operator in demo["operators"]:
            crowd = Crowd(client, operator, chance=chance)
            for game in operator["games"]:
                group.create_task(crowd.play(game))
