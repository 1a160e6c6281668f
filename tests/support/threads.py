"""Calls at the same moment, each on a connection of its own."""

import threading
from collections.abc import Callable, Sequence
from typing import TypeVar

from django.db import connections

T = TypeVar("T")
JOIN_MAX_S = 60


def at_once(calls: Sequence[Callable[[], T]]) -> list[T | BaseException]:
    """Run all of these together, from one starting line. What each returned or raised, in their order."""
    line = threading.Barrier(len(calls))
    results: list[T | BaseException | None] = [None] * len(calls)

    def run(place: int, call: Callable[[], T]) -> None:
        try:
            line.wait(JOIN_MAX_S)
            results[place] = call()
        except BaseException as error:
            results[place] = error
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(JOIN_MAX_S)
    assert not any(thread.is_alive() for thread in threads), "a call did not come back"
    return results  # type: ignore[return-value]  # every place is filled by now


def in_threads(*runs: Callable[[], None]) -> None:
    """Run these together; the first failure, in their order, is raised here."""
    for outcome in at_once(runs):
        if isinstance(outcome, BaseException):
            raise outcome
