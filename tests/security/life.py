"""A short life of the platform, from a player's first deposit to the report, by the doors that production uses."""

from collections.abc import Callable
from dataclasses import dataclass

from audit.services import sealing
from bets.models import BetState, Settlement
from operators.models import Operator
from operators.tenancy import tenant_context
from rounds.services.voiding import void_round
from tests.support.bets import backend, bet_body, new_player, player_client
from tests.support.rounds import Timing, drive, new_game, open_round


@dataclass(frozen=True, slots=True, kw_only=True)
class Life:
    """What came of it."""

    settlements: int
    bets: int
    balance: str
    reported: str


def live(operator: Operator, unique: Callable[[str], str]) -> Life:
    """A key, a player, a session, bets, one cancelled, a round drawn and one void, money out, a report."""
    house = backend(operator)
    player = new_player(operator, token=unique("p"), money=50_000)
    client = player_client(operator, player)
    played = open_round(new_game(unique("g")), timing=Timing(betting=8))
    for caller, who in ((house, player), (house, player), (client, None)):
        answer = caller.post("bets", bet_body(operator, who, round_id=played.pk))
        assert answer.status_code == 201, answer.content
    batch = {"bets": [bet_body(operator, player, round_id=played.pk) | {"key": unique("k")}]}
    assert house.post("bets/batch", batch).status_code in (200, 207, 422)
    mistaken = house.post("bets", bet_body(operator, player, round_id=played.pk))
    assert mistaken.status_code == 201, mistaken.content
    cancelled = house.post(f"bets/{mistaken.json()['id']}/cancel", {})
    assert cancelled.status_code == 200, cancelled.content
    drive([played])
    void = open_round(new_game(unique("g")), timing=Timing(betting=8))
    assert house.post("bets", bet_body(operator, player, round_id=void.pk)).status_code == 201
    void_round(round_id=void.pk, reason="to see stakes come back", actor="test")
    drive([void])
    out = {"player_token": player.token, "amount": operator.money(100), "currency": operator.currency_code}
    assert house.post("wallet/withdrawals", out).status_code == 201
    assert house.get(f"rounds/{played.pk}/proof").status_code == 200
    sealing.seal()
    report = house.get("reports/turnover.json?from=2026-06-01T00:00:00Z&to=2027-05-31T00:00:00Z")
    account = house.get(f"wallet/accounts/{player.token}")
    with tenant_context(operator):
        return Life(
            settlements=Settlement.objects.filter(round_id__in=[played.pk, void.pk]).count(),
            bets=BetState.objects.filter(player_id=player.pk).count(),
            balance=account.json()["balance"],
            reported=report.json()["total"]["stakes"],
        )
