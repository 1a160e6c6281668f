"""Sandboxes: operators with test money and games whose clock stands still when asked to."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from uuid import uuid4

from django.db import connections

from operators.models import Operator
from operators.selectors import get_operator
from operators.services import OperatorTerms, create_operator
from rounds.models import Game
from rounds.services import clock, tick
from rounds.services.games import create_sandbox_game
from tests.support.rounds import settle


def new_sandbox_operator(slug: str) -> Operator:
    """A sandbox operator in Kenyan shillings."""
    create_operator(
        terms=OperatorTerms(
            slug=slug,
            name=slug.title(),
            currency_code="KES",
            domain=f"{slug}.localhost",
            min_bet=100,
            max_bet=100_000,
            max_win_per_ticket=1_000_000_000,
            sandbox=True,
        )
    )
    return get_operator(slug=slug)


def new_sandbox_game(operator: Operator, **changed: Any) -> Game:
    """
    One of its games, its clock stopped before the first round: a round each minute, unless something else is named.
    The sandbox's others get no more rounds.
    """
    Game.objects.filter(owner=operator, sandbox=True).update(active=False)  # as staff do: a sandbox has only a few
    terms: dict[str, Any] = {"interval_seconds": 60, "betting_seconds": 40} | changed
    code = terms.pop("code", f"sandbox-{uuid4().hex[:12]}")
    game = create_sandbox_game(operator=operator, code=code, name=terms.pop("name", code), actor="test", **terms)
    clock.pause(game=game, actor="test")
    return game


@contextmanager
def driven() -> Iterator[None]:
    """Workers that drive all rounds and pay, in a thread, as in production: whoever is inside only waits."""
    end = threading.Event()
    failures: list[BaseException] = []

    def work() -> None:
        try:
            while not end.wait(0.02):
                tick.run_due()
                settle(_unpaid())
        except BaseException as error:
            failures.append(error)
        finally:
            connections.close_all()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield
    finally:
        end.set()
        thread.join(30)
    if failures:
        raise failures[0]


def _unpaid() -> list[int]:
    from rounds.selectors import unsettled

    return [round_id for round_id, _ in unsettled() if _is_a_sandboxs(round_id)]


def _is_a_sandboxs(round_id: int) -> bool:
    return Game.objects.filter(round__pk=round_id, sandbox=True).exists()
