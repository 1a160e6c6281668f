"""When to try again: the ladder of Standard Webhooks, and what an endpoint may ask for itself."""

import random
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime

LADDER = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
"""The pauses between the attempts of one delivery: ten attempts, the last one about 75.6 hours after the first."""
ATTEMPTS_MAX = len(LADDER) + 1
JITTER = 0.1
"""Each pause is longer by up to this share of it, so that what failed together does not return together."""
RETRY_AFTER_MAX = timedelta(hours=24)
GONE = 410
THROTTLES = frozenset({429, 502, 503, 504})
"""With these an endpoint's Retry-After holds up everything that is due to it, not only the one message."""
SERVER_FAULT = 500
NOT_TRIED = frozenset({"breaker_open", "overloaded"})
"""Reasons for which nothing was sent, and which are ours: such an attempt counts for nothing."""
DEFER = timedelta(seconds=5)


def pause_after(attempt: int, *, asked_s: int | None = None) -> timedelta | None:
    """
    How long to wait after the ladder's attempt of this number (1 is the first) has failed; None after the last.

    `asked_s` is what the endpoint asked for: it makes a pause longer, never shorter.
    """
    if attempt >= ATTEMPTS_MAX:
        return None
    pause = LADDER[attempt - 1] * (1 + JITTER * random.random())  # noqa: S311  # nobody gains by guessing it
    return max(pause, timedelta(seconds=asked_s or 0))


def retry_after_s(header: str | None, *, now: datetime) -> int | None:
    """The seconds that a Retry-After header asks for, from 0 to a day; None when there is none that can be read."""
    if not header:
        return None
    text = header.strip()
    if text.isascii() and text.isdigit():
        seconds = int(text[:9])
    else:
        try:
            moment = parsedate_to_datetime(text)
        except (ValueError, OverflowError):  # a number of hours that no C integer holds
            return None
        seconds = int((moment - now).total_seconds()) if moment.tzinfo else 0
    return min(max(seconds, 0), int(RETRY_AFTER_MAX.total_seconds()))
