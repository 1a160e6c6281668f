"""Batches: what comes while a flush runs shares the next, a lone item waits for nothing, and nobody is forgotten."""

import asyncio
from collections.abc import Sequence

import pytest

from keno_platform.core import loops
from keno_platform.core.batching import FEW, Batcher


class _Doubling:
    """Doubles numbers, and keeps what was flushed together; `gate` holds a flush up."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, items: Sequence[int]) -> list[int]:
        self.batches.append(list(items))
        await self.gate.wait()
        if 13 in items:
            raise ValueError("thirteen")
        return [item * 2 for item in items]


def test_what_arrives_during_a_flush_goes_into_the_next_one() -> None:
    async def story() -> tuple[list[int], list[list[int]]]:
        work = _Doubling()
        batcher = Batcher(work, size=3)
        work.gate.clear()
        waiting = [asyncio.ensure_future(batcher.submit(number)) for number in range(6)]
        await asyncio.sleep(0)
        await asyncio.sleep(0)
        work.gate.set()
        return await asyncio.gather(*waiting), work.batches

    results, batches = asyncio.run(story())
    assert results == [0, 2, 4, 6, 8, 10]
    assert batches == [[0], [1, 2, 3], [4, 5]]


def test_a_failure_is_told_to_its_own_batch_and_the_next_goes_on() -> None:
    async def story() -> tuple[object, int]:
        batcher = Batcher(_Doubling())
        failed = await asyncio.gather(batcher.submit(13), return_exceptions=True)
        return failed[0], await batcher.submit(4)

    failed, after = asyncio.run(story())
    assert isinstance(failed, ValueError)
    assert after == 8


def test_whoever_gives_up_waiting_spoils_nothing_for_the_others() -> None:
    async def story() -> int:
        work = _Doubling()
        batcher = Batcher(work)
        work.gate.clear()
        lost, kept = asyncio.ensure_future(batcher.submit(1)), asyncio.ensure_future(batcher.submit(2))
        await asyncio.sleep(0)
        lost.cancel()
        work.gate.set()
        return await kept

    assert asyncio.run(story()) == 4


@pytest.mark.parametrize("few", [True, False])
def test_only_a_busy_batcher_is_paced(few: bool) -> None:
    async def story() -> bool:
        work = _Doubling()
        batcher = Batcher(work, pace_s=60)
        work.gate.clear()
        first = [asyncio.ensure_future(batcher.submit(1))]
        await asyncio.sleep(0)
        first += [asyncio.ensure_future(batcher.submit(number)) for number in range(FEW if few else FEW + 1)]
        await asyncio.sleep(0)
        work.gate.set()
        await asyncio.gather(*first)
        last = asyncio.ensure_future(batcher.submit(5))
        done, _ = await asyncio.wait([last], timeout=0.2)
        last.cancel()
        return bool(done)

    assert asyncio.run(story()) is few


def test_coroutines_of_several_threads_share_one_loop() -> None:
    async def which() -> int:
        return id(asyncio.get_running_loop())

    assert loops.run(which()) == loops.run(which())
