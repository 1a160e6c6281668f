"""A game that only one operator's players can play."""

from collections.abc import Iterator

import pytest

from operators.models import Operator
from rounds.models import Game
from tests.support.rounds import new_game


@pytest.fixture
def own_game(committed: None, operator_a: Operator) -> Iterator[Game]:
    """A game of alpha's own that is played while the test runs."""
    game = new_game(owner_id=operator_a.pk)
    Game.objects.filter(pk=game.pk).update(active=True)
    yield game
    Game.objects.filter(pk=game.pk).update(active=False)
