"""How often each number was drawn lately, as a player's client asks."""

from collections import Counter

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from operators.models import Operator
from rounds import frequency
from rounds.models import Game, Round
from tests.support.bets import Backend, backend, new_player, player_client
from tests.support.rounds import Timing, again, commit_rounds, drive, new_game, wait_until

pytestmark = pytest.mark.usefixtures("committed")
BRISK = Timing(betting=0.05, pause=0.02)


def drawn_rounds(game: Game, count: int) -> list[Round]:
    """So many rounds of a game, drawn and over, oldest first; and after them some that are committed only."""
    rounds = commit_rounds(game, count=count, timing=BRISK)
    wait_until(rounds[-1].closes_at)
    drive(rounds)
    commit_rounds(game, count=3, timing=Timing(opens_in=60))
    return [again(one) for one in rounds]


@pytest.fixture
def client(operator_a: Operator) -> Backend:
    return player_client(operator_a, new_player(operator_a))


def test_counts_are_those_of_the_drawn_numbers(client: Backend) -> None:
    game = new_game()
    rounds = drawn_rounds(game, 4)
    for asked, expected in ((4, rounds), (1000, rounds), (2, rounds[-2:])):
        told = client.get(f"games/{game.code}/statistics?rounds={asked}").json()
        counts = Counter(number for one in expected for number in one.numbers_drawn or ())
        assert (told["rounds"], told["first_round"], told["last_round"]) == (
            *(len(expected), expected[0].number),
            rounds[-1].number,
        )
        assert [one["number"] for one in told["numbers"]] == list(range(1, 81))
        assert {one["number"]: one["drawn"] for one in told["numbers"] if one["drawn"]} == dict(counts)
        assert sum(one["drawn"] for one in told["numbers"]) == 20 * len(expected)


def test_how_long_ago_a_number_came_is_counted_from_the_newest_round(client: Backend) -> None:
    game = new_game()
    newest_first = drawn_rounds(game, 3)[::-1]
    told = client.get(f"games/{game.code}/statistics").json()
    for one in told["numbers"]:
        ages = [age for age, drawn in enumerate(newest_first) if one["number"] in (drawn.numbers_drawn or ())]
        assert one["rounds_ago"] == (ages[0] if ages else None)


def test_a_new_draw_is_counted_at_once_though_the_old_ones_are_remembered(client: Backend) -> None:
    game = new_game()
    [first] = commit_rounds(game, timing=BRISK)
    drive([first])
    assert client.get(f"games/{game.code}/statistics").json()["rounds"] == 1
    [second] = commit_rounds(game, timing=BRISK)
    drive([second])
    assert client.get(f"games/{game.code}/statistics").json()["last_round"] == second.number


def test_draws_are_read_once_for_as_long_as_no_other_follows() -> None:
    game = new_game()
    drawn_rounds(game, 2)
    frequency.frequencies(game, rounds=2)
    with CaptureQueriesContext(connection) as asked:
        frequency.frequencies(game, rounds=2)
        frequency.frequencies(game, rounds=1)
    assert not [query for query in asked.captured_queries if "numbers_drawn" in query["sql"]]


def test_a_game_without_draws_has_counts_of_nothing(client: Backend) -> None:
    game = new_game()
    commit_rounds(game, timing=Timing(opens_in=60))
    told = client.get(f"games/{game.code}/statistics").json()
    assert (told["rounds"], told["first_round"], told["last_round"]) == (0, None, None)
    assert {(one["drawn"], one["rounds_ago"]) for one in told["numbers"]} == {(0, None)}


@pytest.mark.parametrize("rounds", ["0", "1001", "-1", "x", "1.5", "null"])
def test_a_number_of_rounds_outside_the_bounds_is_refused(client: Backend, rounds: str) -> None:
    answer = client.get(f"games/{new_game().code}/statistics?rounds={rounds}")
    assert (answer.status_code, answer.json()["code"]) == (422, "parameter_invalid")


def test_another_operators_game_tells_nothing(operator_b: Operator, client: Backend) -> None:
    game = new_game(owner_id=operator_b.pk)
    assert client.get(f"games/{game.code}/statistics").status_code == 404
    assert backend(operator_b).get(f"games/{game.code}/statistics").status_code == 200
