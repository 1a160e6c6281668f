"""Lanes: what keeps one slow operator from delaying another. Each has its own limit and its own circuit breaker."""

from dataclasses import dataclass

FAILURES_MAX = 10
"""So many in a row open the breaker."""
PAUSE_S = 5.0
"""So long an open breaker refuses everything; then it lets one call through, and that one decides."""


@dataclass(slots=True)
class Lane:
    """The calls to one operator from one event loop. Times are the loop's own clock, in seconds."""

    in_flight: int = 0
    failures: int = 0
    open_until: float | None = None
    trying: bool = False

    def refuses(self, *, now: float, lane_max: int) -> str | None:
        """Why no call may begin now, or None when one may."""
        if self.in_flight >= lane_max:
            return "overloaded"
        if self.open_until is not None and (self.trying or now < self.open_until):
            return "breaker_open"
        return None

    def begin(self) -> bool:
        """A call begins. Whether it is the one that decides over an open breaker."""
        self.in_flight += 1
        self.trying = self.open_until is not None
        return self.trying

    def end(self, *, trial: bool) -> None:
        """A call has ended, however."""
        self.in_flight -= 1
        if trial:
            self.trying = False

    def succeeded(self) -> None:
        """The operator answered, be it with a refusal."""
        self.failures = 0
        self.open_until = None

    def failed(self, *, now: float) -> None:
        """The operator did not answer, or with a fault of its own."""
        self.failures += 1
        if self.open_until is not None or self.failures >= FAILURES_MAX:
            self.open_until = now + PAUSE_S
