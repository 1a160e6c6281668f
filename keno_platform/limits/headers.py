"""RateLimit headers, as in the IETF's draft-ietf-httpapi-ratelimit-headers: one item for each limit of a call."""

import math
from collections.abc import Iterable

from keno_platform.limits.demands import Answer, Verdict

NAME, POLICY_NAME = "RateLimit", "RateLimit-Policy"


def headers_of(verdict: Verdict) -> dict[str, str]:
    """
    What the limits of a call allow (`q` in a window of `w` seconds) and what is left (`r`, whole again after `t`).

    Nothing where nothing was limited.
    """
    if not verdict.answers:
        return {}
    return {POLICY_NAME: _joined(_policy(one) for one in verdict.answers), NAME: _joined(map(_left, verdict.answers))}


def _policy(one: Answer) -> str:
    return f'"{one.demand.name}";q={one.demand.rate.burst};w={one.demand.rate.window_s}'


def _left(one: Answer) -> str:
    rate = one.demand.rate
    return f'"{one.demand.name}";r={one.left};t={math.ceil((rate.burst - one.left) / rate.per_second)}'


def _joined(items: Iterable[str]) -> str:
    return ", ".join(items)
