"""Taking a bet back while its round is open."""

from uuid import UUID

from django.db import connection

from bets.models import BetState, BetStatus, Cancellation
from bets.selectors import get_bet
from keno_platform.core.errors import Kind as Refused
from keno_platform.core.errors import Refusal
from operators.models import Operator
from operators.tenancy import tenant_transaction
from rounds.selectors import RoundNotOpen
from wallet.models import Kind, Reason
from wallet.protocol import movement_id
from wallet.services import hold_accounts, post_movements
from wallet.services.calls import order_rollbacks


class CancellationNotAllowed(Refusal):
    """The operator's jurisdiction does not allow accepted bets to be cancelled."""

    code = "cancellation_not_allowed"
    kind = Refused.FORBIDDEN
    title = "Bets cannot be cancelled here"


def cancel_bet(*, operator: Operator, bet_id: UUID) -> BetState:
    """
    Return the stake of a bet and take it out of its round. A second call answers the same.

    :raises CancellationNotAllowed: not in this jurisdiction. :raises NotFound: no such bet.
    :raises RoundNotOpen: betting has ended, so the bet stands.
    """
    if not operator.jurisdiction.bet_cancellation:
        raise CancellationNotAllowed()
    with tenant_transaction(operator):
        bet = get_bet(bet_id)
        with connection.cursor() as cursor:
            # The same gate as for placing: the close waits for this, or this finds the round closed.
            cursor.execute("SELECT round_id FROM public.rounds_gate(%s)", [[bet.round_id]])
            still_open = cursor.fetchone() is not None
        hold_accounts([bet.player_id])
        bet = get_bet(bet_id)  # again: of two calls at once the second finds the bet rolled back
        if bet.settlement_status == BetStatus.ROLLED_BACK:
            return bet
        if not still_open:
            raise RoundNotOpen(round_id=bet.round_id)
        Cancellation.objects.create(bet_id=bet.pk, round_id=bet.round_id)
        post_movements(Kind.REFUND, causes=[bet.pk], players=[bet.player_id], amounts=[bet.stake])
        if operator.is_seamless:
            order_rollbacks([movement_id(bet.pk, Kind.DEBIT)], Reason.CANCELLED)
        return get_bet(bet_id)
