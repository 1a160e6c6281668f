"""Making an operator's books by the SQL functions that production uses, and the operator's own list of them."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection
from psycopg import sql

from bets.models import Bet
from bets.services.placement import place_slips
from keno_platform.core import ids
from keno_platform.core.clock import to_text
from keno_platform.core.errors import Refusal
from operators.models import Operator
from operators.tenancy import tenant_context
from players.models import Player
from tests.support.bets import new_player, slip
from wallet.models import WalletCall

GAME = "keno-test"


def movement(bet: UUID, digit: int) -> UUID:
    return UUID(int=bet.int | digit)


def debit(operator: Operator, player: Player, amount: int, *, state: str | None = "ok", round_id: int = 1) -> UUID:
    """A bet's debit that has got this answer (None: none yet). Returns the bet's id."""
    bet = ids.bet_id()
    with tenant_context(operator), connection.cursor() as cursor:
        call = sql.SQL(
            "SELECT {}(%s::uuid[], %s::uuid[], %s::bigint[], %s::uuid[], %s::bigint[], %s, %s::bigint[], '1 h')"
        )
        name = sql.Identifier(operator.schema_name, "open_debits")
        arguments = [[bet], [None], [player.pk], [None], [round_id], [GAME], [amount]]
        cursor.execute(call.format(name).as_string(None), arguments)
        if state:
            call = sql.SQL("SELECT {}(%s::uuid[], %s, %s::text[], %s::text[])")
            name = sql.Identifier(operator.schema_name, "conclude_debits")
            cursor.execute(call.format(name).as_string(None), [[movement(bet, 6)], [state], ["op-1"], [None]])
    return bet


def roll_back(operator: Operator, bet: UUID, *, reason: str = "cancelled") -> None:
    """Order the rollback of a bet's debit."""
    with tenant_context(operator), connection.cursor() as cursor:
        name = sql.Identifier(operator.schema_name, "open_rollbacks")
        cursor.execute(sql.SQL("SELECT {}(%s::uuid[], %s)").format(name).as_string(None), [[movement(bet, 6)], reason])


def credit(
    operator: Operator, player: Player, bets: Sequence[UUID], amounts: Sequence[int], *, round_id: int = 1
) -> None:
    """Order the credits of these bets, one each. What they won comes onto the account first, as settlement has it."""
    with tenant_context(operator), connection.cursor() as cursor:
        name = sql.Identifier(operator.schema_name, "post_movements")
        won = [(bet, amount) for bet, amount in zip(bets, amounts, strict=True) if amount]
        call = sql.SQL("SELECT {}(2, %s::uuid[], %s::bigint[], %s::bigint[])").format(name)
        if won:
            arguments = [[bet for bet, _ in won], [player.pk] * len(won), [amount for _, amount in won]]
            cursor.execute(call.as_string(None), arguments)
        name = sql.Identifier(operator.schema_name, "open_credits")
        call = sql.SQL("SELECT {}(%s, %s, %s::uuid[], %s::bigint[], %s::bigint[], false)").format(name)
        arguments = [round_id, GAME, list(bets), [player.pk] * len(bets), list(amounts)]
        cursor.execute(call.as_string(None), arguments)


def conclude(operator: Operator, call_id: UUID, state: str = "ok") -> None:
    """The answer to a credit or rollback."""
    with tenant_context(operator), connection.cursor() as cursor:
        name = sql.Identifier(operator.schema_name, "conclude_calls")
        call = sql.SQL("SELECT {}(%s::uuid[], %s, %s::text[], %s::text[], %s::timestamptz[])").format(name)
        cursor.execute(call.as_string(None), [[call_id], [state], ["op-2"], [None], [None]])


def call_of(operator: Operator, call_id: UUID) -> WalletCall:
    with tenant_context(operator):
        return WalletCall.objects.get(pk=call_id)


def row(
    call_id: UUID,
    kind: str,
    amount: str,
    *,
    status: str = "applied",
    at: datetime | None = None,
    currency: str = "KES",
    **more: str,
) -> dict[str, str]:
    """One row of the operator's list."""
    return {
        "transaction_id": str(call_id),
        "kind": kind,
        "amount": amount,
        "currency": currency,
        "status": status,
        "player_token": "p",
        "created_at": to_text(at) if at else "",
        **more,
    }


def mirror(operator: Operator, *, since: datetime | None = None) -> list[dict[str, str]]:
    """What a faithful operator would list: every call as it ended, rollbacks too."""
    status = {"ok": "applied", "rolled_back": "rolled_back", "pending": "refused", "refused": "refused"}
    with tenant_context(operator):
        return [
            row(
                one.pk,
                one.get_kind_display(),
                operator.money(one.amount),
                status=status.get(one.state, "applied"),
                at=one.created_at,
            )
            for one in WalletCall.objects.order_by("pk")
            if since is None or one.created_at >= since
        ]


def staked(operator: Operator, *amounts: int) -> tuple[Player, list[UUID]]:
    """A player and one bet with a certain debit for each amount."""
    player = new_player(operator)
    return player, [debit(operator, player, amount) for amount in amounts]


def bet_on_every_number(operator: Operator, player: Player, round_id: int) -> list[Bet]:
    """Eighty bets of one number each, placed in one call: twenty of them win."""
    asks = [slip(operator, player, picks=[number], round_id=round_id) for number in range(1, 81)]
    bets: list[Bet] = []
    for placed in place_slips(operator=operator, asks=asks):
        assert not isinstance(placed, Refusal), placed.code
        bets += placed
    return bets
