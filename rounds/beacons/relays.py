"""Relays of a public beacon: asked over HTTPS, one after the other, and never believed without the signature."""

import asyncio
import logging
import time
from collections.abc import Coroutine, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any

import httpx

from fairness.networks import Network, beacon_time
from keno_platform.core import clock
from rounds.beacons.answers import Reason, Refused, read_signature

logger = logging.getLogger(__name__)
BODY_MAX_BYTES = 4096
KEEP_ALIVE_S = 30.0
"""Longer than the pause between two draws of a game, so that the next one needs no new handshake."""
YOUNG_S = 5.0
"""A beacon takes a moment to be made and spread: until then, a relay that has none yet does nothing wrong."""
LOG_AGAIN_S = 600.0
_Asking = asyncio.Task[tuple[str, bytes] | None]
"""A request to one relay; it comes back with that relay and the value, or with None."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long the network is given, in seconds."""

    deadline_s: float = 2.0
    """For one request, from the look-up of the name to the last byte, however the bytes come."""
    hedge_s: float = 0.4
    """After this, the next relay is asked beside the one that has not answered."""
    pause_min_s: float = 0.3
    pause_max_s: float = 5.0
    """Between two times of asking all relays: it doubles from the one to the other."""
    idle_s: float = 30.0
    """A value that nobody has asked for in this time is given up."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayStatus:
    """What this process knows of one relay. `refusal` is a `Reason`, or empty."""

    relay: str
    answered_at: datetime | None = None
    refused_at: datetime | None = None
    refusal: str = ""
    detail: str = ""


class Board:
    """The status of every relay. One thread writes; any may read."""

    def __init__(self, relays: Sequence[str]) -> None:
        self._states = {relay: RelayStatus(relay=relay) for relay in relays}
        self._logged: dict[tuple[str, Reason], float] = {}

    def statuses(self) -> tuple[RelayStatus, ...]:
        return tuple(self._states.values())

    def note_answer(self, relay: str) -> None:
        self._states[relay] = replace(self._states[relay], answered_at=clock.now())

    def note_refusal(self, relay: str, refused: Refused) -> None:
        """Kept, and logged once for each relay and reason in LOG_AGAIN_S: a fault may last, and be met every second."""
        known = self._states[relay]
        self._states[relay] = replace(
            known, refused_at=clock.now(), refusal=refused.reason.value, detail=refused.detail
        )
        key, now = (relay, refused.reason), time.monotonic()
        if now - self._logged.get(key, -LOG_AGAIN_S) >= LOG_AGAIN_S:
            self._logged[key] = now
            logger.warning("beacon relay %s is of no use: %s: %s", relay, refused.reason, refused.detail)


class Relays:
    """
    Asks relays for values; lives on one event loop, as a context.

    Relays are asked one after the other, each a moment after the one before, or at once when that one refuses. So a
    beacon costs one request as a rule, as befits a public service, and one that is down costs `hedge_s` once: whoever
    was first with a value is asked first the next time. A request that was outrun goes on to its own end, so that the
    status tells the truth about every relay that was asked.
    """

    def __init__(self, board: Board, patience: Patience) -> None:
        self._board, self._patience = board, patience
        self._order = [status.relay for status in board.statuses()]
        self._asking: set[_Asking] = set()
        self._client = httpx.AsyncClient(
            # Proxies and certificates named by the environment are meant for other programs.
            trust_env=False,
            follow_redirects=False,
            # For each step only: it begins anew with every byte, so `_get` has a deadline for the whole. A little
            # shorter, because httpx closes a handshake that it ends itself, and leaves a cancelled one behind.
            timeout=0.9 * patience.deadline_s,
            limits=httpx.Limits(max_connections=None, keepalive_expiry=KEEP_ALIVE_S),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[])),
            headers={"Accept": "application/json", "Accept-Encoding": "identity", "User-Agent": "keno-platform"},
        )

    async def __aenter__(self) -> "Relays":
        return self

    async def __aexit__(self, *_: object) -> None:
        for task in self._asking:
            task.cancel()
        await asyncio.gather(*self._asking, return_exceptions=True)
        await self._client.aclose()

    async def ask_all(self, *, network: Network, beacon_round: int) -> bytes | None:
        """The verified value from the first relay that has it; None when none of them has."""
        waiting: set[_Asking] = set()
        for relay in tuple(self._order):
            waiting.add(self._spawn(self._ask(relay, network, beacon_round)))
            waiting, value = await self._next(waiting, self._patience.hedge_s)
            if value is not None:
                return value
        while waiting:
            waiting, value = await self._next(waiting, None)
            if value is not None:
                return value
        return None

    async def _next(self, waiting: set[_Asking], timeout_s: float | None) -> tuple[set[_Asking], bytes | None]:
        """Who is still waited for after the next answer or this time, and the value when it was one."""
        done, rest = await asyncio.wait(waiting, timeout=timeout_s, return_when=asyncio.FIRST_COMPLETED)
        for answer in filter(None, (task.result() for task in done)):
            relay, value = answer
            self._order.remove(relay)
            self._order.insert(0, relay)
            return rest, value
        return rest, None

    def _spawn(self, asking: Coroutine[Any, Any, tuple[str, bytes] | None]) -> _Asking:
        task = asyncio.get_running_loop().create_task(asking)
        self._asking.add(task)
        task.add_done_callback(self._asking.discard)
        return task

    async def _ask(self, relay: str, network: Network, beacon_round: int) -> tuple[str, bytes] | None:
        url = f"{relay}/{network.chain_hash.hex()}/public/{beacon_round}"
        try:
            body = await self._get(url)
            value = read_signature(body, network=network, beacon_round=beacon_round)
        except Refused as refused:
            late_s = clock.now().timestamp() - beacon_time(network, beacon_round)
            if refused.reason is not Reason.NOT_YET or late_s > YOUNG_S:
                self._board.note_refusal(relay, refused)
            return None
        except Exception as error:
            self._board.note_refusal(relay, Refused(Reason.FAULT, repr(error)))
            return None
        self._board.note_answer(relay)
        return relay, value

    async def _get(self, url: str) -> bytes:
        """
        The body of a plain answer, of BODY_MAX_BYTES at most.

        :raises Refused: anything else, or nothing before the deadline.
        """
        try:
            async with asyncio.timeout(self._patience.deadline_s), self._client.stream("GET", url) as response:
                _require_plain(response)
                return await _read(response)
        except (TimeoutError, httpx.TimeoutException) as error:
            raise Refused(Reason.TIMEOUT, f"no whole answer within {self._patience.deadline_s:g} s") from error
        except httpx.HTTPError as error:
            raise Refused(Reason.UNREACHABLE, f"{type(error).__name__}: {error}") from error


async def _read(response: httpx.Response) -> bytes:
    body = b""
    async for chunk in response.aiter_raw():
        body += chunk
        if len(body) > BODY_MAX_BYTES:
            raise Refused(Reason.TOO_LARGE, f"the answer has more than {BODY_MAX_BYTES} bytes")
    return body


def _require_plain(response: httpx.Response) -> None:
    status = response.status_code
    if status == httpx.codes.OK:
        return
    if status in (httpx.codes.NOT_FOUND, httpx.codes.TOO_EARLY):
        raise Refused(Reason.NOT_YET, f"status {status}")
    if 300 <= status < 400:
        raise Refused(Reason.REDIRECT, f"status {status}; redirects are not followed")
    raise Refused(Reason.STATUS, f"status {status}")
