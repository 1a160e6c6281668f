"""When blocks are made: as soon as there is a transaction, and now and then without one."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Callable

from eth.abc import SignedTransactionAPI
from eth_typing import Address

from keno_platform.local.chain.ledger import Ledger, Refused

_log = logging.getLogger(__name__)


class Producer:
    """
    Makes the blocks of a ledger, whose time stamps are the real time and strictly grow.

    A second has one block: what comes while the last block's second runs waits for its end, together.
    """

    def __init__(self, ledger: Ledger, *, block_seconds: int, clock: Callable[[], float] = time.time) -> None:
        """
        :param block_seconds: the age of the newest block at which an empty one follows, so that whoever waits
            for confirmations gets them.
        """
        self._ledger, self._block_seconds, self._clock = ledger, block_seconds, clock
        self._waiting: list[tuple[SignedTransactionAPI, asyncio.Future[None]]] = []
        self._wake = asyncio.Event()

    def fund(self, account: Address) -> None:
        """Give an account money if it has next to none."""
        self._ledger.fund(account, timestamp=self._choose_timestamp())

    async def send(self, transaction: SignedTransactionAPI) -> None:
        """
        Have a transaction mined; when this returns it is in a block that stays.

        :raises Refused: it cannot be.
        """
        result = asyncio.get_running_loop().create_future()
        self._waiting.append((transaction, result))
        self._wake.set()
        await result

    async def run(self) -> None:
        """Make blocks for ever."""
        while True:
            await self._wait_for_reason()
            await asyncio.sleep(self._find_rest_of_second())
            self.add_block()

    async def _wait_for_reason(self) -> None:
        age_s = self._clock() - self._ledger.head.timestamp
        patience_s = min(max(self._block_seconds - age_s, 0), self._block_seconds)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._wake.wait(), patience_s)

    def _find_rest_of_second(self) -> float:
        """Seconds until the next block may have the time at which it is made."""
        rest_s = self._ledger.head.timestamp + 1 - self._clock()
        return rest_s if 0 < rest_s <= 1 else 0  # more: the clock was set back, and nobody waits for it

    def add_block(self) -> None:
        """Put everything that waits into a block, and say to each sender what became of it."""
        self._wake.clear()
        # A sender's own order, however the requests were mixed on their way.
        waiting = sorted(self._waiting, key=lambda each: each[0].nonce)
        self._waiting = []
        try:
            refusals = self._ledger.add_block([each for each, _ in waiting], timestamp=self._choose_timestamp())
        except BaseException as error:
            for _, result in waiting:
                result.set_exception(error)
            raise
        if None in refusals:
            _log.info("block %s: %s transactions", self._ledger.head.block_number, refusals.count(None))
        for (_, result), refused in zip(waiting, refusals, strict=True):
            _resolve(result, refused)

    def _choose_timestamp(self) -> int:
        return max(int(self._clock()), self._ledger.head.timestamp + 1)


def _resolve(result: asyncio.Future[None], refused: Refused | None) -> None:
    if result.done():
        return  # nobody waits any more
    if refused:
        result.set_exception(refused)
    else:
        result.set_result(None)
