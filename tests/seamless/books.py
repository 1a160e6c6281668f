"""Looking at both sides of a seamless operator's money."""

from typing import Any

from operators.models import Operator
from operators.tenancy import tenant_context
from players.models import Player
from tests.support.seamless import Sandbox
from wallet.models import CallState, Kind, Transaction, WalletCall


def calls_of(operator: Operator, player: Player) -> list[WalletCall]:
    """Every wallet call of this player, oldest bet first."""
    with tenant_context(operator):
        return list(WalletCall.objects.filter(player=player).order_by("pk"))


def call_of(operator: Operator, player: Player, kind: Kind) -> WalletCall:
    """The one call of this kind."""
    [found] = [call for call in calls_of(operator, player) if call.kind == kind]
    return found


def movements_of(operator: Operator, player: Player) -> list[tuple[int, int]]:
    """(kind, amount) of every movement on the clearing account, by id."""
    with tenant_context(operator):
        rows = Transaction.objects.filter(account__player=player).order_by("pk")
        return [(row.kind, row.amount) for row in rows]


def held_by_operator(sandbox: Sandbox, player: Player) -> int:
    """What the operator says that the player has, in minor units."""
    [found] = [each for each in sandbox.state()["players"] if each["player_token"] == player.token]
    return int(str(found["balance"]).replace(".", ""))


def differences(operator: Operator, sandbox: Sandbox) -> list[Any]:
    """
    Transactions that count on one side only, or with another amount. A debit that is rolled back counts on neither.
    """
    with tenant_context(operator):
        counted = WalletCall.objects.filter(state=CallState.OK, amount__gt=0).exclude(kind=Kind.ROLLBACK)
        ours = {str(call.pk): call.amount if call.kind == Kind.CREDIT else -call.amount for call in counted}
    theirs = sandbox.effective()
    return [(one, ours.get(one), theirs.get(one)) for one in ours.keys() | theirs if ours.get(one) != theirs.get(one)]
