"""What is allowed: rates by name, their defaults, and how the environment changes them."""

import math
from collections.abc import Mapping
from dataclasses import dataclass

OPERATOR_BETS, OPERATOR_CALLS = "operator_bets", "operator_calls"
PLAYER_BETS, PLAYER_CALLS = "player_bets", "player_calls"
ADDRESS_CALLS, ADDRESS_ENTRIES = "address_calls", "address_entries"
ADDRESS_GUESSES, ADDRESS_SOCKETS = "address_guesses", "address_sockets"
SOCKETS_MAX = "sockets"
"""Not a rate: how many sockets may be open from one address at one time."""
OF_OPERATOR = (OPERATOR_BETS, OPERATOR_CALLS, PLAYER_BETS, PLAYER_CALLS)
"""Those that an operator may have otherwise than the others."""
RATE_MIN, RATE_MAX, BURST_MAX = 0.01, 1_000_000.0, 10_000_000
OFF = "off"


class RateInvalid(ValueError):
    """Not a rate; the text says what is wrong."""


@dataclass(frozen=True, slots=True)
class Rate:
    """So many a second for as long as one likes, and so many at once after a pause."""

    per_second: float
    burst: int

    def __post_init__(self) -> None:
        if not RATE_MIN <= self.per_second <= RATE_MAX:
            raise RateInvalid(f"A rate is {RATE_MIN} to {RATE_MAX:,.0f} a second.")
        if not 1 <= self.burst <= BURST_MAX:
            raise RateInvalid(f"A burst is 1 to {BURST_MAX:,}.")

    @property
    def window_s(self) -> int:
        """After how long a spent burst is whole again, in whole seconds."""
        return math.ceil(self.burst / self.per_second)

    def __str__(self) -> str:
        return f"{self.per_second:g}/{self.burst}"


DEFAULTS: Mapping[str, Rate] = {
    OPERATOR_BETS: Rate(100_000, 200_000),
    OPERATOR_CALLS: Rate(2_000, 10_000),
    PLAYER_BETS: Rate(10, 100),
    PLAYER_CALLS: Rate(50, 500),
    ADDRESS_CALLS: Rate(500, 10_000),
    ADDRESS_ENTRIES: Rate(50, 1_000),
    ADDRESS_GUESSES: Rate(50, 3_000),
    ADDRESS_SOCKETS: Rate(200, 2_000),
}
SOCKETS_DEFAULT = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What an installation allows. A rate that is not there is not limited, nor are sockets without a number."""

    rates: Mapping[str, Rate]
    sockets: int | None


def read_limits(text: str) -> Limits:
    """
    The defaults, changed by a text such as `player_bets=5/50, address_calls=off, sockets=500`.

    :raises RateInvalid: an unknown name, or what stands behind it is no rate.
    """
    rates, sockets = dict(DEFAULTS), SOCKETS_DEFAULT
    off: set[str] = set()
    for part in filter(None, (one.strip() for one in text.split(","))):
        name, _, value = (one.strip() for one in part.partition("="))
        if name not in (*DEFAULTS, SOCKETS_MAX):
            raise RateInvalid(f"There is no limit {name!r}; there are {', '.join((*DEFAULTS, SOCKETS_MAX))}.")
        if value == OFF:
            off.add(name)
        elif name == SOCKETS_MAX:
            sockets = _whole(value)
        else:
            rates[name] = read_rate(value)
    kept = {name: rate for name, rate in rates.items() if name not in off}
    return Limits(rates=kept, sockets=None if SOCKETS_MAX in off else sockets)


def read_rate(text: str) -> Rate:
    """
    A rate such as `10/100`: ten a second, a hundred at once.

    :raises RateInvalid: it is none.
    """
    per_second, _, burst = text.partition("/")
    try:
        return Rate(float(per_second), int(burst))
    except ValueError as error:
        if isinstance(error, RateInvalid):
            raise
        raise RateInvalid(f"{text!r} is no rate; write 10/100 for ten a second and a hundred at once.") from error


def _whole(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 1 <= int(text[:9]) <= BURST_MAX):
        raise RateInvalid(f"{text!r} is no number of sockets.")
    return int(text)
