"""Fixtures that several folders of tests take; each names them in its own conftest."""

from collections.abc import Iterator
from typing import Any

import pytest

from rounds.models import Game, Round
from tests.support.rounds import Timing, commit_rounds, drive, new_game, wait_until

STANDING_ROUNDS = 25


@pytest.fixture(scope="session")
def standing_game(django_db_setup: None, django_db_blocker: Any) -> Game:
    """A game whose first round is open for longer than all tests take, with more rounds committed behind it."""
    with django_db_blocker.unblock():
        game = new_game()
        rounds = commit_rounds(game, count=STANDING_ROUNDS, timing=Timing(betting=5400))
        wait_until(rounds[0].opens_at)
        drive(rounds[:1], "open", pay=False)
        return game


@pytest.fixture
def standing_rounds(standing_game: Game) -> list[Round]:
    """The rounds of the standing game; the first is open. Needs `db` or `committed`."""
    return list(Round.objects.select_related("game", "epoch").filter(game=standing_game).order_by("number"))


@pytest.fixture
def listening() -> Iterator[list[int]]:
    """The ids of rounds that were announced as payable while the test ran, as the task's queue would get them."""
    from rounds.ports import ports

    heard: list[int] = []
    ports.on_payable.append(heard.extend)
    yield heard
    ports.on_payable.remove(heard.extend)
