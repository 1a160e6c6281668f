"""
What counting costs a bet in CPU: `python -m keno_platform.local with-servers -- python -m tests.limits.cost`.

The least of several repeats, in microseconds, without the call or the task around it.
"""

import asyncio
import gc
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import uuid4

REPEATS, BACKEND, PLAYERS = 9, 50_000, 5_000
COLLECT_AFTER = (20_000, 20, 50)


def measure(work: Callable[[], Awaitable[Any]], count: int) -> float:
    """CPU of one of so many, in microseconds."""

    async def timed() -> float:
        begun = time.process_time()
        await work()
        return (time.process_time() - begun) / count * 1e6

    return min(asyncio.run(timed()) for _ in range(REPEATS))


def main() -> None:
    """Print both."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "keno_platform.settings")
    import django

    django.setup()
    from bets.door.limits import DoorLimits
    from keno_platform.limits.gathering import Gatherer
    from operators.authentication import Caller
    from operators.models import Operator

    operator = Operator(slug="cost", schema_name="op_cost", operator_id=uuid4())
    backend, players = Caller(operator=operator), [Caller(operator=operator, player_id=n) for n in range(PLAYERS)]

    async def nothing(caller: Any, operator: Any, *, bets: int, address: str) -> None:
        pass

    async def one_by_one(count: Any) -> None:
        for _ in range(BACKEND):
            await count(backend, operator, bets=1, address="")

    async def together(count: Any) -> None:
        await asyncio.gather(
            *(
                asyncio.ensure_future(count(each, operator, bets=1, address=f"198.18.{n // 250}.{n % 250}"))
                for n, each in enumerate(players)
            )
        )

    async def counted(work: Callable[[Any], Awaitable[None]]) -> None:
        gatherer = Gatherer()
        await work(DoorLimits(gatherer).count)
        await gatherer.close()

    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECT_AFTER)
    one = measure(lambda: counted(one_by_one), BACKEND) - measure(lambda: one_by_one(nothing), BACKEND)
    many = measure(lambda: counted(together), PLAYERS) - measure(lambda: together(nothing), PLAYERS)
    print(f"a backend's bet: {one:.2f} microseconds; a player's, of {PLAYERS:,} together: {many:.1f} microseconds")


if __name__ == "__main__":
    main()
