"""
The search for beacon values, in the background: one thread with an event loop, so that the tick never waits for a
network. Whoever wants a value asks again and again, and gets it once it is there and verified.
"""

import asyncio
import logging
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass

from fairness.networks import Network, beacon_time
from keno_platform.core import clock
from rounds.beacons.relays import Board, Patience, Relays, RelayStatus

logger = logging.getLogger(__name__)
Key = tuple[bytes, int]
VALUES_MAX = 1024
SEARCHES_MAX = 256
"""More are taken up when these are done: each is asked for again by whoever wants it."""
TURNS = 4
"""How many searches ask relays at a time: after an outage hundreds are due at once, and relays are a public service."""
LATE_S, LATE_LOG_S = 10.0, 60.0
RESTART_S = 5.0
CLOSE_S = 3.0


@dataclass(slots=True, kw_only=True)
class _Search:
    """One value that is wanted. Times are those of the monotonic clock, but for `due`: seconds since 1970."""

    network: Network
    beacon_round: int
    due: int
    idle_at: float = 0.0
    vain_since: float | None = None
    vain_at: float = 0.0
    vain_late_s: float = 0.0
    """How long after its time all relays were last asked in vain."""

    @property
    def key(self) -> Key:
        return self.network.chain_hash, self.beacon_round


class Fetcher:
    """
    Fetches, verifies and keeps beacon values. Its methods never wait for the network, and any thread may call them.

    Whoever asks for the same value shares one search. It begins when the value is due, goes on with growing pauses
    until a relay has told the truth, and ends when nobody has asked for a while.
    """

    def __init__(self, *, relays: Sequence[str], patience: Patience | None = None) -> None:
        self._patience = patience or Patience()
        self._board = Board(relays)
        self._lock = threading.Lock()
        self._values: OrderedDict[Key, bytes] = OrderedDict()
        self._searches: dict[Key, _Search] = {}
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._queue: asyncio.Queue[_Search | None] = asyncio.Queue()
        self._start_after = 0.0
        self._late_logged = -LATE_LOG_S
        self._closed = False

    def find(self, network: Network, beacon_round: int) -> bytes | None:
        """The verified value, if it is there by now; else its search goes on, or begins."""
        with self._lock:
            value = self._values.get((network.chain_hash, beacon_round))
            if value is None:
                self._want(network, beacon_round)
            return value

    def is_missing(self, network: Network, beacon_round: int, *, after_s: float, vain_s: float) -> bool:
        """
        Whether relays have been asked in vain for `vain_s` seconds, the last time more than `after_s` after its time.

        Time that passed without asking does not count: a value that came while this process was down is not missing.
        """
        with self._lock:
            search = self._searches.get((network.chain_hash, beacon_round))
            if search is None or search.vain_since is None:
                return False
            return search.vain_at - search.vain_since >= vain_s and search.vain_late_s > after_s

    def relay_status(self) -> tuple[RelayStatus, ...]:
        """Every relay, as this process has met it."""
        return self._board.statuses()

    def close(self) -> None:
        """End the thread and its connections, whatever they wait for."""
        with self._lock:
            self._closed = True
            loop, thread = self._loop, self._thread
        if loop is not None and thread is not None:
            with suppress(RuntimeError):  # it has ended by itself
                loop.call_soon_threadsafe(self._queue.put_nowait, None)
            thread.join(CLOSE_S)

    def _want(self, network: Network, beacon_round: int) -> None:
        """Keep a search alive, or begin it. Called with the lock."""
        key = network.chain_hash, beacon_round
        search = self._searches.get(key)
        if search is None:
            loop = self._running_loop() if len(self._searches) < SEARCHES_MAX else None
            if loop is None:
                return
            search = _Search(network=network, beacon_round=beacon_round, due=beacon_time(network, beacon_round))
            self._searches[key] = search
            loop.call_soon_threadsafe(self._queue.put_nowait, search)
        search.idle_at = time.monotonic() + max(_until(search.due), 0) + self._patience.idle_s

    def _running_loop(self) -> asyncio.AbstractEventLoop | None:
        """The loop of the thread, which begins here; None while one that has failed must wait. Called with the lock."""
        if self._loop is None and not self._closed and time.monotonic() >= self._start_after:
            self._start_after = time.monotonic() + RESTART_S
            self._queue, self._loop = asyncio.Queue(), asyncio.new_event_loop()
            self._thread = threading.Thread(target=self._run, args=(self._loop,), name="beacons", daemon=True)
            self._thread.start()
        return self._loop

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        try:
            loop.run_until_complete(self._serve())
        except Exception:
            logger.exception("the search for beacons has failed, and begins anew")
        finally:
            with self._lock:
                self._loop = None
                self._searches.clear()
            loop.close()

    async def _serve(self) -> None:
        """Take searches up until there is a None in their queue."""
        running: set[asyncio.Task[None]] = set()
        turns = asyncio.Semaphore(TURNS)
        async with Relays(self._board, self._patience) as relays:
            while (search := await self._queue.get()) is not None:
                task = asyncio.get_running_loop().create_task(self._pursue(search, relays, turns))
                running.add(task)
                task.add_done_callback(running.discard)
            for task in running:
                task.cancel()
            await asyncio.gather(*running, return_exceptions=True)

    async def _pursue(self, search: _Search, relays: Relays, turns: asyncio.Semaphore) -> None:
        await asyncio.sleep(max(_until(search.due), 0))
        for pause_s in self._pauses():
            async with turns:
                value = await relays.ask_all(network=search.network, beacon_round=search.beacon_round)
            if self._is_over(search, value):
                return
            await asyncio.sleep(pause_s)

    def _pauses(self) -> Iterator[float]:
        """Growing, and never quite the same, so that installations do not come all at once after an outage."""
        pause_s, chance = self._patience.pause_min_s, secrets.SystemRandom()
        while True:
            yield pause_s * chance.uniform(0.7, 1.3)
            pause_s = min(2 * pause_s, self._patience.pause_max_s)

    def _is_over(self, search: _Search, value: bytes | None) -> bool:
        """Keep what was found, or note that it was not. Whether the search ends here."""
        with self._lock:
            if value is not None:
                self._values[search.key] = value
                if len(self._values) > VALUES_MAX:
                    self._values.popitem(last=False)
            else:
                self._note_vain(search)
            over = value is not None or time.monotonic() > search.idle_at
            if over:
                self._searches.pop(search.key, None)
            return over

    def _note_vain(self, search: _Search) -> None:
        now = time.monotonic()
        search.vain_at, search.vain_late_s = now, -_until(search.due)
        if search.vain_since is None:
            search.vain_since = now
        if search.vain_late_s > LATE_S and now - self._late_logged >= LATE_LOG_S:
            self._late_logged = now
            logger.warning(
                "round %s of %s is %.0f s late: none of %s relays has it",
                search.beacon_round,
                search.network.name,
                search.vain_late_s,
                len(self._board.statuses()),
            )


def _until(second: int) -> float:
    """Seconds from now to this second since 1970, by the machine's clock."""
    return second - clock.now().timestamp()
