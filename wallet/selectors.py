"""Reading balances and transactions, inside an operator's schema."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Count, Min, QuerySet, Sum
from psycopg import sql

from operators.models import Operator, WalletMode
from operators.selectors import list_operators
from operators.tenancy import tenant_context
from wallet.horizon import refuse_archived
from wallet.models import BANKER, OPEN_STATES, Account, ArchivedDay, Kind, Transaction, WalletCall

CAUSE_MASK = ~0xF


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """
    A limit in force and what is used of it since `since`; in minor units, or minutes for the length of a session.
    Nothing is counted, and nothing ends, where the period is a bet or a session.
    """

    kind: str
    period: str
    source: str
    amount: int
    since: datetime | None
    until: datetime | None
    used: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Turnover:
    """What a player has staked and got back, in minor units; of bets placed since a moment, with what came of them."""

    staked: int
    returned: int

    @property
    def net(self) -> int:
        """Below zero when the player has lost."""
        return self.returned - self.staked


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
    """
    The stake of a bet, and its payout or refund: their ids are the bet's id plus 1 to 3.

    :raises Archived: a bet of that time and its movements are in the archive.
    """
    refuse_archived(bet_id, bet_id=str(bet_id))
    return transactions().filter(pk__gt=bet_id, pk__lte=UUID(int=bet_id.int | 0xF))


def archived_days() -> QuerySet[ArchivedDay]:
    """The days of the books that are in the archive, oldest first."""
    return ArchivedDay.objects.order_by("day")


def cause_of(transaction: Transaction) -> UUID | None:
    """The bet that caused a movement; None for deposits, withdrawals and the banker's, which no bet causes."""
    if transaction.kind in (Kind.DEPOSIT, Kind.WITHDRAWAL, *BANKER):
        return None
    return UUID(int=transaction.pk.int & CAUSE_MASK)


def has_moved_money(operator: Operator) -> bool:
    """Whether any money has ever moved in this operator's books."""
    with tenant_context(operator):
        return Transaction.objects.exists() or ArchivedDay.objects.exists()


def calls() -> QuerySet[WalletCall]:
    """Every call to the operator's wallet, with whose it is."""
    return WalletCall.objects.select_related("player")


def calls_of_bet(bet_id: UUID) -> QuerySet[WalletCall]:
    """The debit of a bet, and its own credit or rollback. A credit for a whole round may stand under another bet."""
    return calls().filter(pk__gt=bet_id, pk__lte=UUID(int=bet_id.int | 0xF))


def transfers_of(player_id: int) -> QuerySet[Transaction]:
    """A player's deposits and withdrawals: what no bet has moved."""
    return transactions().filter(account__player_id=player_id, kind__in=(Kind.DEPOSIT, Kind.WITHDRAWAL))


def calls_of_player(player_id: int) -> QuerySet[WalletCall]:
    """Every call about a player at the operator's wallet."""
    return calls().filter(player_id=player_id)


def calls_in_doubt() -> QuerySet[WalletCall]:
    """Debits of which nobody knows yet whether the operator has them, and what is still to be delivered."""
    return calls().filter(state__in=OPEN_STATES)


def calls_of_round(round_id: int, *, player_id: int) -> QuerySet[WalletCall]:
    """What was called about a player's bets of a round: debits, and the credit that may be for several of them."""
    return calls().filter(round_id=round_id, player_id=player_id)


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenCalls:
    """Calls that are not over, of one state: how many, of how much (minor units), and since when the oldest waits."""

    state: str
    count: int
    amount: int
    since: datetime


def open_calls() -> list[OpenCalls]:
    """What is not over at the operator's wallet, by state."""
    found = WalletCall.objects.filter(state__in=OPEN_STATES).order_by().values("state")
    summed = found.annotate(count=Count("pk"), total=Sum("amount"), since=Min("created_at")).order_by("state")
    return [
        OpenCalls(state=one["state"], count=one["count"], amount=int(one["total"]), since=one["since"])
        for one in summed
    ]


def operators_with_due_calls() -> list[Operator]:
    """The seamless operators whose wallet has to be called now."""
    seamless = list(list_operators().filter(wallet_mode=WalletMode.SEAMLESS))
    if not seamless:
        return []
    each = sql.SQL("SELECT {} WHERE EXISTS (SELECT 1 FROM {} WHERE due_at <= clock_timestamp())")
    parts = [
        each.format(sql.Literal(place), sql.Identifier(operator.schema_name, "wallet_walletcall"))
        for place, operator in enumerate(seamless)
    ]
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(" UNION ALL ").join(parts).as_string(cursor.connection))
        return [seamless[place] for (place,) in cursor.fetchall()]


def limits_of(operator: Operator, player_id: int) -> list[Limit]:
    """A player's limits in force, one of each source: by decision and by profile. Exact while the account is locked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM player_limits(%s, %s, clock_timestamp())", [operator.pk, player_id])
        rows = cursor.fetchall()
    return [
        Limit(kind=kind, period=period, source=source, amount=amount, since=since, until=until, used=used)
        for kind, period, source, amount, since, until, used in rows
    ]


def turnover_since(player_id: int, since: datetime) -> Turnover:
    """What a player has staked and got back by bets placed since a moment."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT staked - refunded, paid FROM turnover_since(%s, %s)", [player_id, since])
        staked, paid = cursor.fetchone()
    return Turnover(staked=staked, returned=paid)
