"""Reading balances and transactions, inside an operator's schema."""

from collections.abc import Iterable
from uuid import UUID

from django.db.models import QuerySet

from wallet.models import Account, Kind, Transaction

CAUSE_MASK = ~0xF


def balance_of(player_id: int) -> int:
    """A player's money in minor units; 0 when there was never any."""
    return Account.objects.filter(player_id=player_id).values_list("balance", flat=True).first() or 0


def balances_of(player_ids: Iterable[int]) -> dict[int, int]:
    """Balances in minor units by player; players without an account are absent."""
    return dict(Account.objects.filter(player_id__in=list(player_ids)).values_list("player_id", "balance"))


def transactions() -> QuerySet[Transaction]:
    """Every movement, with whose it is."""
    return Transaction.objects.select_related("account__player")


def transactions_of_bet(bet_id: UUID) -> QuerySet[Transaction]:
    """The stake of a bet, and its payout or refund: their ids are the bet's id plus 1 to 3."""
    return transactions().filter(pk__gt=bet_id, pk__lte=UUID(int=bet_id.int | 0xF))


def cause_of(transaction: Transaction) -> UUID | None:
    """The bet that caused a movement; None for deposits and withdrawals."""
    if transaction.kind in (Kind.DEPOSIT, Kind.WITHDRAWAL):
        return None
    return UUID(int=transaction.pk.int & CAUSE_MASK)
