"""
Wrong credentials, counted by address: whoever has shown too many is not looked up for a moment.

Noted when one was wrong; whether an address must wait is remembered here, so that a right one costs nothing.
"""

import time

from keno_platform.limits import asking
from keno_platform.limits.demands import Answer, Demand, Demands, RateLimited, Verdict

ADDRESSES_MAX = 10_000


class Guesses:
    """What one process knows of who must wait."""

    def __init__(self) -> None:
        self._waiting: dict[str, tuple[float, Answer]] = {}

    @property
    def any_waits(self) -> bool:
        """Whether there is anybody to ask about."""
        return bool(self._waiting)

    def require_none(self, bucket: str | None) -> None:
        """:raises RateLimited: this address has shown too many wrong credentials."""
        if not self._waiting or bucket is None:
            return
        until, answer = self._waiting.get(bucket, (0.0, None))
        if answer is None:
            return
        if (wait_s := until - time.monotonic()) <= 0:
            self._waiting.pop(bucket, None)
            return
        raise RateLimited.by(Answer(answer.demand, 0, 0, wait_s))

    def remember(self, demands: Demands, verdict: Verdict) -> None:
        """What was said when a wrong credential of this address was counted."""
        if verdict.allowed or not demands:
            return
        [answer] = verdict.answers
        if len(self._waiting) >= ADDRESSES_MAX:
            self._waiting.clear()
        self._waiting[answer.demand.whose] = (time.monotonic() + answer.wait_s, answer)

    def note(self, demand: Demand | None) -> None:
        """A wrong credential was shown, to a thread."""
        if demand is not None:
            self.remember((demand,), asking.take((demand,), money=False))


guesses = Guesses()
"""This process's."""
