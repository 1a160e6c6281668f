"""A seamless operator and its wallet: the sandbox wallet of `keno_kit`, over HTTP, with its faults on demand."""

import argparse
import asyncio
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
from aiohttp import web

from bets.door.desk import place_together
from bets.services.placement import Placed
from keno_kit.commands import wallet
from operators.models import Operator
from operators.selectors import get_operator
from operators.services import OperatorTerms, connect_wallet, create_operator
from players.models import Player
from tests.support.bets import new_player, slip
from wallet.services import delivery

START = 10_000_00
"""What each player has at the operator to begin with, in minor units."""


class Sandbox:
    """The sandbox wallet in a thread of this process."""

    def __init__(self, port: int, *options: str) -> None:
        self.url = f"http://127.0.0.1:{port}"
        parser = argparse.ArgumentParser()
        wallet.add_to(parser.add_subparsers())
        arguments = ["wallet", "--port", str(port), "--balance", "10000.00", "--open", "p-", *options]
        self._chosen = parser.parse_args(arguments)
        self._port = port
        self._started = threading.Event()
        self._loop: asyncio.AbstractEventLoop
        self._end = asyncio.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        self._thread.start()
        assert self._started.wait(20), "the sandbox wallet did not start"

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._end.set)
        self._thread.join(20)

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        runner = web.AppRunner(wallet.build(self._chosen), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", self._port).start()
        self._started.set()
        await self._end.wait()
        await runner.cleanup()

    @contextmanager
    def fault(self, name: str, *calls: str, share: float = 1.0) -> Iterator[None]:
        """The wallet is wrong in this way, inside."""
        body: dict[str, Any] = {"fault": name, "share": share}
        httpx.post(f"{self.url}/faults", json=body | ({"calls": list(calls)} if calls else {})).raise_for_status()
        try:
            yield
        finally:
            httpx.delete(f"{self.url}/faults").raise_for_status()

    def effective(self) -> dict[str, int]:
        """By transaction id: what the wallet has moved for it in the end, in minor units, unless that is nothing."""
        moved = {one["transaction_id"]: _minor(one["effective"]) for one in self.state()["transactions"]}
        return {each: amount for each, amount in moved.items() if amount}

    def state(self) -> dict[str, Any]:
        """The wallet's books, as it tells them."""
        answer = httpx.get(f"{self.url}/state", timeout=30)
        answer.raise_for_status()
        state: dict[str, Any] = answer.json()
        return state


def _minor(text: str) -> int:
    return int(text.replace(".", ""))


def free_port() -> int:
    """A port that nobody listens on, below those that the system gives to outgoing connections."""
    for port in range(21_000, 32_000):
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise RuntimeError("no free port")


def new_seamless_operator(slug: str, *, url: str, **options: Any) -> tuple[Operator, str]:
    """An operator in seamless mode with calls signed by HMAC, and their secret."""
    create_operator(
        terms=OperatorTerms(
            slug=slug,
            name=slug.title(),
            currency_code="KES",
            domain=f"{slug}.localhost",
            min_bet=100,
            max_bet=100_000,
            max_win_per_ticket=1_000_000_000,
        )
    )
    operator = get_operator(slug=slug)
    settings = {"signing": "hmac", "is_local": True, "actor": "test"} | options
    secret = connect_wallet(operator=operator, url=url, **settings)
    assert secret is not None
    return get_operator(slug=slug), secret


def place_seamless(operator: Operator, player: Player, **changed: Any) -> Placed:
    """One slip through the operator's wallet: its bets or its refusal."""
    [placed] = place_together(operator, [slip(operator, player, **changed)])
    return placed


def deliver(operator: Operator, *, seconds: float = 0.5) -> int:
    """Deliver what is due."""
    return delivery.deliver(seconds=seconds)


__all__ = ["START", "Sandbox", "deliver", "free_port", "new_player", "new_seamless_operator", "place_seamless"]
