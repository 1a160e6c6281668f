"""
What being watched costs a bet, in microseconds of CPU; `tests/ops/test_cost.py` runs it with counts in mapped files, as
an installation keeps them.
"""

import json
import time
from collections.abc import Callable

import django

REPEATS, TIMES = 7, 20_000


def cost_us(work: Callable[[], object]) -> float:
    """The least of several repeats."""
    least = float("inf")
    for _ in range(REPEATS):
        began = time.process_time()
        for _ in range(TIMES):
            work()
        least = min(least, (time.process_time() - began) / TIMES * 1e6)
    return least


def main() -> None:
    """Print both as JSON."""
    django.setup()
    from keno_platform.observability import tracing
    from keno_platform.observability.instruments import BETS, PLACEMENT_SECONDS, PLACEMENTS, STAKES

    created = PLACEMENTS.labels("201")

    def count_one_bet() -> None:
        """What an accepted bet that goes alone adds to the counts."""
        BETS.labels("alpha").inc(1)
        STAKES.labels("alpha", "KES").inc(1_000)
        PLACEMENT_SECONDS.observe(0.004)
        created.inc()

    def make_no_span() -> None:
        """What a call pays for traces while they are off."""
        with tracing.span("POST /api/v1/bets", kind="server"):
            pass
        tracing.annotate(status=201, operator="alpha", bets=1)

    nothing = cost_us(lambda: None)
    print(json.dumps({"counted": cost_us(count_one_bet) - nothing, "untraced": cost_us(make_no_span) - nothing}))


if __name__ == "__main__":
    main()
