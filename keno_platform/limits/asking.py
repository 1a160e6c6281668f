"""Asking from threads: a call of Django's, one question to Redis."""

import os
from functools import cache

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.commands.core import Script
from redis.retry import Retry

from keno_platform.limits import gcra
from keno_platform.limits.demands import FREE, Demands, LimitsUnavailable, Verdict
from keno_platform.limits.reaching import PATIENCE_S, Reach

reach = Reach()


def take(demands: Demands, *, money: bool) -> Verdict:
    """
    Take what a call demands, all of it or nothing. The caller looks at the verdict, or has it `require`.

    :raises LimitsUnavailable: nobody could be asked, and the call moves money.
    """
    if not demands:
        return FREE
    if reach.may_try():
        try:
            keys, arguments = gcra.ask([demands])
            told = _script(settings.REDIS_URL, os.getpid())(keys=keys, args=arguments)
        except redis.RedisError as error:
            reach.failed(error)
        else:
            reach.answered()
            return gcra.read([demands], told)[0]
    if money:
        raise LimitsUnavailable()
    return FREE


@cache
def _script(url: str, process_id: int) -> Script:
    # No retries: a question that is asked twice takes twice.
    client = redis.Redis.from_url(
        url, socket_timeout=PATIENCE_S, socket_connect_timeout=PATIENCE_S, retry=Retry(NoBackoff(), 0)
    )
    return client.register_script(gcra.SCRIPT)
