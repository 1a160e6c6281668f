"""What a call asks of its limits, and what they say."""

import math
from dataclasses import dataclass

from keno_platform.core.errors import Kind, MoneyMoved, Refusal, Retry
from keno_platform.limits.rates import Rate

PREFIX = "limit:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """
    So many units of one limit. `up_to` is for those who take ahead: as many as there are, but `units` at least.

    `whose` is who has the limit: an operator's schema, a player inside it, or an address.
    """

    name: str
    whose: str
    rate: Rate
    units: int = 1
    up_to: int = 0

    @property
    def key(self) -> str:
        """Where Redis keeps the count."""
        return f"{PREFIX}{self.name}:{self.whose}"


Demands = tuple[Demand, ...]
"""Of one call. All are granted, or none is and nothing is taken."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one limit says: how many units were given, how many are left, and the wait until there are enough."""

    demand: Demand
    taken: int
    left: int
    wait_s: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the limits of one call say together. No answers: nothing is limited, or nobody could be asked."""

    allowed: bool
    answers: tuple[Answer, ...] = ()

    def require(self) -> None:
        """:raises RateLimited: not allowed; by the limit that has to be waited for longest."""
        if not self.allowed:
            raise RateLimited.by(max(self.answers, key=lambda one: one.wait_s), self)


FREE = Verdict(True)
"""Nothing is limited."""


class RateLimited(Refusal):
    """
    Too many calls in too short a time. Nothing was done. `params` say which limit (`limit`), what it allows
    (`per_second`, and `burst` at once) and when to come back (`retry_after_ms`, and the header Retry-After).
    """

    code = "rate_limited"
    kind = Kind.LIMITED
    title = "Too many requests"
    retry = Retry.SAME_KEY
    money_moved = MoneyMoved.NO
    verdict: Verdict = FREE

    @classmethod
    def by(cls, answer: Answer, verdict: Verdict = FREE) -> "RateLimited":
        """The refusal by this limit."""
        rate = answer.demand.rate
        refusal = cls(
            limit=answer.demand.name,
            per_second=f"{rate.per_second:g}",
            burst=rate.burst,
            retry_after_ms=math.ceil(answer.wait_s * 1000),
        )
        refusal.retry_after_s = answer.wait_s
        refusal.verdict = verdict if verdict.answers else Verdict(False, (answer,))
        return refusal


class LimitsUnavailable(Refusal):
    """
    How many calls there have been cannot be told just now, so no bet is taken and no money is moved. This call has
    done nothing; the same call may be sent again with the same key.
    """

    code = "limits_unavailable"
    kind = Kind.UNAVAILABLE
    title = "Bets and payments cannot be taken at the moment"
    retry = Retry.SAME_KEY
    money_moved = MoneyMoved.NO
