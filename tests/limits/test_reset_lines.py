"""A line to Redis that was reset while nobody used it: told as unreachable, whatever the event loop calls it."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any

import pytest
import redis
import uvloop
from django.conf import settings

from keno_platform.limits.line import Line, Unreachable
from keno_platform.limits.reaching import PAUSE_S

ONE = "return 1"


@pytest.mark.parametrize("run", [asyncio.run, uvloop.run], ids=["asyncio", "uvloop"])
def test_a_line_that_was_reset_is_unreachable_once_and_then_opened_again(
    run: Callable[[Coroutine[Any, Any, None]], None],
) -> None:
    async def story() -> None:
        line = Line()
        assert await line.run(ONE, [], []) == 1
        host, port = line._connection._writer.get_extra_info("sockname")
        with redis.Redis.from_url(settings.REDIS_URL) as other:
            other.execute_command("CLIENT", "KILL", "ADDR", f"{host}:{port}")
        await asyncio.sleep(0.1)
        with pytest.raises(Unreachable):
            await line.run(ONE, [], [])
        await asyncio.sleep(PAUSE_S)
        assert await line.run(ONE, [], []) == 1
        await line.close()

    run(story())
