"""Taking an arrow for many rounds in one transaction, so that one of them which fails does not hold up the others."""

import logging
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from django.db import InterfaceError, OperationalError

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The games that one of several threads takes: those whose id leaves `own` when it is divided by `of`."""

    of: int = 1
    own: int = 0


ALL = Share()
SET_MAX = 500
"""Rounds in one transaction: more would keep the closes that become due meanwhile waiting."""
ASIDE_S = 1.0
"""For how long a round that failed by itself is left out, so that it does not split every set anew."""
SPLIT_MAX_S = 0.2
"""For how long a set that fails is split before the rest is left to the next tick."""

Result = TypeVar("Result")
Work = Callable[[list[int]], list[Result]]


class Apart:
    """One kind of work on sets of rounds, and which of them this process has met to fail."""

    def __init__(self, what: str) -> None:
        self._what = what
        self._aside: dict[int, float] = {}

    def without_failed(self, round_ids: Iterable[int]) -> list[int]:
        """These rounds without those that have failed just now."""
        now = time.monotonic()
        self._aside = {round_id: until for round_id, until in self._aside.items() if until > now}
        return [round_id for round_id in round_ids if round_id not in self._aside]

    def put_aside(self, round_ids: Iterable[int]) -> None:
        """Leave these rounds out for a while."""
        self._aside |= dict.fromkeys(round_ids, time.monotonic() + ASIDE_S)

    def take(self, work: Work[Result], units: list[list[int]]) -> list[Result]:
        """
        What `work` gives for these rounds, all in one transaction; where that fails, for each half, until what fails
        stands alone and is left for later. Rounds of one unit stay together: where one of them fails, all wait.

        :raises OperationalError, InterfaceError: it is the database that fails, and not a round.
        """
        return self._split(work, units, time.monotonic() + SPLIT_MAX_S)

    def _split(self, work: Work[Result], units: list[list[int]], end: float) -> list[Result]:
        round_ids = [round_id for unit in units for round_id in unit]
        if not round_ids:
            return []
        try:
            return work(round_ids)
        except (OperationalError, InterfaceError):
            raise
        except Exception:
            if len(units) == 1:
                logger.exception("rounds %s cannot be %s; the others go on", round_ids, self._what)
                self.put_aside(round_ids)
                return []
        if time.monotonic() > end:
            return []
        middle = len(units) // 2
        return self._split(work, units[:middle], end) + self._split(work, units[middle:], end)


def in_sets(units: list[list[int]]) -> Iterable[list[list[int]]]:
    """The same units, in lists of at most SET_MAX."""
    return (units[at : at + SET_MAX] for at in range(0, len(units), SET_MAX))
