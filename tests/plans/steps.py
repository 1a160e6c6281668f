"""The hot path as it is really called: bets placed, listed and cancelled, a round closed, drawn, settled and proved."""

from bets.services.cancellation import cancel_bet
from bets.services.placement import place_slips
from bets.services.settlement import settle_round
from bets.services.terms import SlipAsk
from operators.models import Operator
from operators.tenancy import tenant_context
from players.models import Player
from rounds.models import Round
from tests.support.bets import Backend, new_player, place, slip
from tests.support.rounds import Timing, drive, new_game, open_round
from wallet.selectors import transactions_of_bet

MONEY = 1_000_000


def play(operator: Operator, api: Backend) -> None:
    """A round with bets of four players, from its opening to the proofs of its bets."""
    one, players, asks = _placed(operator)
    assert all(isinstance(placed, list) for placed in place_slips(operator=operator, asks=asks[:3]))  # retries
    bets = [place(operator, player, round_id=one.pk) for player in players]
    cancel_bet(operator=operator, bet_id=bets[0].pk)
    _settled(operator, one)
    own = f"bets?player_token={players[1].token}"
    since = "from=2026-01-01T00:00:00Z&to=2199-01-01T00:00:00Z"
    lists = (own, f"{own}&game={one.game.code}", f"{own}&game={one.game.code}&status=lost&{since}")
    for path in (f"bets/{bets[1].pk}", f"bets/{bets[1].pk}/proof", *lists, f"games/{one.game.code}/statistics"):
        answer = api.get(path)
        assert answer.status_code == 200, answer.content
    with tenant_context(operator):
        assert list(transactions_of_bet(bets[0].pk))


def play_briefly(operator: Operator) -> None:
    """A round with bets, settled; nobody asks for anything."""
    one, _, _ = _placed(operator)
    _settled(operator, one)


def _placed(operator: Operator) -> tuple[Round, list[Player], list[SlipAsk]]:
    players = [new_player(operator, money=MONEY) for _ in range(4)]
    one = open_round(new_game(), timing=Timing(betting=3.0))
    asks = [slip(operator, player, round_id=one.pk, picks=[n + 1]) for n in range(5) for player in players]
    assert all(isinstance(placed, list) for placed in place_slips(operator=operator, asks=asks))
    return one, players, asks


def _settled(operator: Operator, one: Round) -> None:
    drive([one], "drawn", pay=False)
    assert settle_round(operator_id=operator.pk, round_id=one.pk)
    drive([one], "revealed")
