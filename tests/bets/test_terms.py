"""The terms of a bet: each refusal has its code, says what the caller can act on, and changes nothing at all."""

from typing import Any

import pytest
from django.db import connection

from bets.models import Bet
from bets.services.placement import place_slips
from bets.services.terms import ROUNDS_MAX
from keno_platform.core.errors import Refusal
from operators.models import Operator
from operators.services import resume_operator, suspend_operator
from operators.tenancy import tenant_context
from players.models import Player
from players.services import set_blocked
from rounds.models import Game, Round
from rounds.services.voiding import void_round
from tests.support.bets import (
    Backend,
    backend,
    balance,
    bet_body,
    changes_nothing,
    new_player,
    place,
    place_ticket,
    player_client,
    slip,
)
from tests.support.rounds import Timing, commit_rounds, drive, new_game, open_round, wait_until

pytestmark = pytest.mark.usefixtures("db")
RICH = 10_000_000


@pytest.fixture
def player(operator_a: Operator) -> Player:
    return new_player(operator_a, money=RICH)


@pytest.fixture
def api(operator_a: Operator) -> Backend:
    return backend(operator_a)


def _refused(operator: Operator, player: Player, **changed: Any) -> Refusal:
    ask = slip(operator, player, **changed)
    [placed] = changes_nothing(lambda: place_slips(operator=operator, asks=[ask]))
    assert isinstance(placed, Refusal), "the slip was accepted"
    return placed


@pytest.mark.parametrize(
    ("picks", "code"),
    [
        ("7,21,63", "selection_invalid"),
        ({"0": 7}, "selection_invalid"),
        (None, "selection_invalid"),
        (7, "selection_invalid"),
        ([1, "2"], "selection_invalid"),
        ([1, True], "selection_invalid"),
        ([1, None], "selection_invalid"),
        ([[1]], "selection_invalid"),
        ([], "selection_count"),
        (list(range(1, 12)), "selection_count"),
        ([0], "selection_range"),
        ([81], "selection_range"),
        ([-1, 5], "selection_range"),
        ([10**30], "selection_range"),
        ([5, 5], "selection_duplicate"),
        ([80, 1, 80], "selection_duplicate"),
    ],
)
def test_a_bad_selection_is_refused(
    operator_a: Operator, player: Player, standing_game: Game, picks: object, code: str
) -> None:
    assert _refused(operator_a, player, game=standing_game.code, picks=picks).code == code


@pytest.mark.parametrize(
    ("stake", "code"),
    [
        ("0.99", "stake_below_minimum"),
        ("0", "stake_below_minimum"),
        ("1000.01", "stake_above_maximum"),
        ("1000000000000", "stake_above_maximum"),
        ("10.001", "currency_exponent"),
        ("10.000", "currency_exponent"),
        (10, "amount_invalid"),
        (True, "amount_invalid"),
        (None, "amount_invalid"),
        (["10"], "amount_invalid"),
        ("-10", "amount_invalid"),
        ("9" * 16, "amount_invalid"),
    ],
)
def test_a_bad_stake_is_refused(
    operator_a: Operator, player: Player, standing_game: Game, stake: object, code: str
) -> None:
    assert _refused(operator_a, player, game=standing_game.code, stake=stake).code == code


@pytest.mark.parametrize("stake", ["1", "1.0", "1.00", "1000", "999.99"])
def test_stakes_at_the_limits_are_accepted(
    operator_a: Operator, player: Player, standing_game: Game, stake: str
) -> None:
    bet = place(operator_a, player, game=standing_game.code, stake=stake)

    assert operator_a.money(bet.stake) == f"{float(stake):.2f}"
    assert balance(operator_a, player) == RICH - bet.stake


def test_the_limits_stand_in_the_refusal(operator_a: Operator, player: Player, standing_game: Game) -> None:
    low = _refused(operator_a, player, game=standing_game.code, stake="0.01")
    high = _refused(operator_a, player, game=standing_game.code, stake="1000.01")

    assert (low.params, high.params) == ({"stake_min": "1.00"}, {"stake_max": "1000.00"})


def test_a_currency_without_decimals_takes_none(operator_b: Operator, standing_game: Game) -> None:
    player = new_player(operator_b, money=1_000)

    assert _refused(operator_b, player, game=standing_game.code, stake="10.0").code == "currency_exponent"
    assert place(operator_b, player, game=standing_game.code, stake="10").stake == 10


@pytest.mark.parametrize("currency", ["XOF", "kes", "KES ", "", None, 404, "ＫＥＳ"])
def test_another_currency_is_refused(
    operator_a: Operator, player: Player, standing_game: Game, currency: object
) -> None:
    refusal = _refused(operator_a, player, game=standing_game.code, currency=currency)

    assert (refusal.code, refusal.params) == ("currency_mismatch", {"expected": "KES"})


@pytest.mark.parametrize("pick", range(1, 11))
def test_the_highest_stake_for_the_maximum_win_is_exact(
    operator_a: Operator, player: Player, standing_game: Game, pick: int
) -> None:
    """The stake in the answer is accepted, and one minor unit more is not."""
    most = 7_654_321
    Operator.objects.filter(pk=operator_a.pk).update(max_win_per_ticket=most, max_bet=most, min_bet=1)
    operator_a.refresh_from_db()
    ask = {"game": standing_game.code, "picks": list(range(1, pick + 1))}
    refusal = _refused(operator_a, player, stake=operator_a.money(most), **ask)
    highest = refusal.params["stake_max"]

    more = operator_a.money(int(highest.replace(".", "")) + 1)
    assert refusal.code == "max_win_exceeded"
    assert _refused(operator_a, player, stake=more, **ask).params == {"stake_max": highest}
    bet = place(operator_a, player, stake=highest, **ask)
    assert bet.potential_max_win <= most
    assert operator_a.money(bet.stake) == highest


def test_a_player_that_nobody_knows_is_refused(operator_a: Operator, player: Player, standing_game: Game) -> None:
    refusal = _refused(operator_a, player, game=standing_game.code, player_token="nobody")

    assert refusal.code == "player_not_found"


def test_another_operators_player_is_unknown_here(
    operator_a: Operator, operator_b: Operator, player: Player, standing_game: Game
) -> None:
    stranger = new_player(operator_b, money=1_000)

    assert _refused(operator_a, stranger, game=standing_game.code).code == "player_not_found"


def test_a_blocked_player_is_refused_and_an_unblocked_one_is_not(
    operator_a: Operator, player: Player, standing_game: Game
) -> None:
    with tenant_context(operator_a):
        set_blocked(operator=operator_a, token=player.token, blocked=True, actor="test")
    assert _refused(operator_a, player, game=standing_game.code).code == "player_blocked"

    with tenant_context(operator_a):
        set_blocked(operator=operator_a, token=player.token, blocked=False, actor="test")
    place(operator_a, player, game=standing_game.code)


def test_a_suspended_operators_bets_are_refused_at_once(
    operator_a: Operator, operator_b: Operator, player: Player, standing_game: Game, api: Backend
) -> None:
    stale = Operator.objects.get(pk=operator_a.pk)  # as a process has it that read the operator before
    client = player_client(operator_a, player)
    body = bet_body(operator_a, player, game=standing_game.code)
    own = bet_body(operator_a, None, game=standing_game.code)
    suspend_operator(operator=operator_a, reason="test", actor="test")

    assert _refused(stale, player, game=standing_game.code).code == "operator_suspended"
    answer, own_answer = changes_nothing(lambda: (api.post("bets", body), client.post("bets", own)))
    assert (answer.status_code, answer.json()["code"]) == (403, "operator_suspended")
    assert (own_answer.status_code, own_answer.json()["code"]) == (403, "operator_suspended")
    place(operator_b, new_player(operator_b, money=1_000), game=standing_game.code)

    resume_operator(operator=operator_a, reason="test", actor="test")
    assert api.post("bets", body).status_code == 201


@pytest.mark.parametrize("round_id", [0, -1, 2**31, 2**63 - 1, 2**63, 10**30])
def test_a_round_that_is_not_there_is_refused(operator_a: Operator, player: Player, round_id: int) -> None:
    assert _refused(operator_a, player, round_id=round_id).code == "round_not_found"


def test_another_operators_round_and_game_are_not_there(
    operator_a: Operator, operator_b: Operator, player: Player
) -> None:
    game = new_game(owner_id=operator_b.pk)
    one = open_round(game)

    assert _refused(operator_a, player, round_id=one.pk).code == "round_not_found"
    assert _refused(operator_a, player, game=game.code).code == "game_not_found"
    place(operator_b, new_player(operator_b, money=1_000), game=game.code)


@pytest.mark.parametrize("game", ["no-such-game", "", "'; DROP TABLE bets_bet; --", "x" * 5000])
def test_a_game_that_is_not_there_is_refused(operator_a: Operator, player: Player, game: str) -> None:
    assert _refused(operator_a, player, game=game).code == "game_not_found"


def test_a_round_takes_no_bet_before_it_opens_nor_after_it_closes(operator_a: Operator, player: Player) -> None:
    game = new_game()
    first, second = commit_rounds(game, count=2, timing=Timing(betting=0.9, pause=0.3))
    for ask in ({"round_id": first.pk}, {"game": game.code}):
        assert _refused(operator_a, player, **ask).code == "round_not_open"

    wait_until(first.opens_at)
    assert _refused(operator_a, player, round_id=first.pk).code == "round_not_open"  # due, but not opened yet
    drive([first], "open")
    place(operator_a, player, round_id=first.pk)
    assert _refused(operator_a, player, round_id=second.pk).code == "round_not_open"

    wait_until(first.closes_at)  # the clock alone ends betting: no tick has come
    assert Round.objects.get(pk=first.pk).status == "open"
    for ask in ({"round_id": first.pk}, {"game": game.code}, {"round_id": first.pk, "rounds": 2}):
        assert _refused(operator_a, player, **ask).code == "round_not_open"
    drive([first], "revealed")
    assert _refused(operator_a, player, round_id=first.pk).code == "round_not_open"


def test_a_void_round_takes_no_bet(operator_a: Operator, player: Player) -> None:
    one = open_round(new_game())
    void_round(round_id=one.pk, reason="test", actor="test")

    assert _refused(operator_a, player, round_id=one.pk).code == "round_not_open"


@pytest.mark.parametrize("rounds", [0, -1, ROUNDS_MAX + 1, 10**30])
def test_a_ticket_of_a_wrong_length_is_refused(
    operator_a: Operator, player: Player, standing_game: Game, rounds: int
) -> None:
    refusal = _refused(operator_a, player, game=standing_game.code, rounds=rounds)

    assert (refusal.code, refusal.params) == ("ticket_length", {"rounds_max": ROUNDS_MAX})


def test_a_ticket_beyond_what_is_scheduled_is_refused_with_what_is(operator_a: Operator, player: Player) -> None:
    game = new_game()
    rounds = commit_rounds(game, count=3, timing=Timing(betting=5))
    wait_until(rounds[0].opens_at)
    drive(rounds[:1], "open")

    refusal = _refused(operator_a, player, game=game.code, rounds=4)
    assert (refusal.code, refusal.params) == ("ticket_length", {"rounds_max": 3})
    assert len(place_ticket(operator_a, player, game=game.code, rounds=3)) == 3


def test_a_ticket_is_one_bet_in_each_of_its_rounds(
    operator_a: Operator, player: Player, standing_game: Game, standing_rounds: list[Round]
) -> None:
    bets = place_ticket(operator_a, player, game=standing_game.code, rounds=ROUNDS_MAX)

    assert [bet.round_id for bet in bets] == [one.pk for one in standing_rounds[:ROUNDS_MAX]]
    assert {bet.ticket_id for bet in bets} == {bets[0].pk}
    assert balance(operator_a, player) == RICH - ROUNDS_MAX * 1_000


@pytest.mark.parametrize(("money", "rounds", "taken"), [(999, 1, 0), (2_999, 3, 0), (3_000, 3, 3_000), (0, 1, 0)])
def test_a_slip_that_is_not_covered_whole_is_refused_whole(
    operator_a: Operator, standing_game: Game, money: int, rounds: int, taken: int
) -> None:
    player = new_player(operator_a, money=money)
    ask = {"game": standing_game.code, "rounds": rounds}
    if taken:
        assert len(place_ticket(operator_a, player, **ask)) == rounds
    else:
        assert _refused(operator_a, player, **ask).code == "insufficient_funds"

    assert balance(operator_a, player) == money - taken


def test_a_ticket_over_a_round_that_was_voided_is_refused_whole(operator_a: Operator, player: Player) -> None:
    rounds = commit_rounds(new_game(), count=3, timing=Timing(betting=5))
    wait_until(rounds[0].opens_at)
    drive(rounds[:1], "open")
    void_round(round_id=rounds[1].pk, reason="test", actor="test")

    assert _refused(operator_a, player, round_id=rounds[0].pk, rounds=3).code == "round_not_open"
    place(operator_a, player, round_id=rounds[0].pk)


def test_the_bet_is_stored_as_it_was_asked(operator_a: Operator, player: Player, standing_game: Game) -> None:
    bet = place(operator_a, player, game=standing_game.code, picks=[80, 1, 41, 7], stake="12.34")

    with tenant_context(operator_a), connection.cursor() as cursor:
        stored = Bet.objects.get(pk=bet.pk)
        assert (stored.picks, stored.pick_count, stored.stake) == ((1, 7, 41, 80), 4, 1234)
        assert stored.potential_max_win == 1234 * 135
        cursor.execute("SELECT picks::text FROM bets_bet WHERE id = %s", [bet.pk])
        assert cursor.fetchone()[0] == "".join("1" if n in (1, 7, 41, 80) else "0" for n in range(1, 81))
