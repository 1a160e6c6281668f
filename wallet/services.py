"""Moving money. Every movement goes through the SQL function `post_movements`, in the transaction of its cause."""

import hashlib
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection, transaction
from psycopg import sql

from keno_platform.core import ids
from keno_platform.core.errors import IdempotencyKeyReused, Refusal
from keno_platform.core.errors import Kind as Refused
from operators.tenancy import current_schema
from players.models import Player
from wallet.models import Account, Kind, Transaction, TransferKey

PARTITIONED = ("wallet_transaction",)


class InsufficientFunds(Refusal):
    """The player's balance does not cover the amount."""

    code = "insufficient_funds"
    kind = Refused.CONFLICT
    title = "The balance is not sufficient"


@transaction.atomic(durable=True)
def deposit(*, key: str, player: Player, amount: int, reference: str) -> Transaction:
    """
    Bring money from the operator to a player's balance. The same key again answers with the first transaction.

    :raises IdempotencyKeyReused: the key was used with other terms.
    """
    return _transfer(Kind.DEPOSIT, key=key, player=player, amount=amount, reference=reference)


@transaction.atomic(durable=True)
def withdraw(*, key: str, player: Player, amount: int, reference: str) -> Transaction:
    """
    Take money from a player's balance back to the operator.

    :raises InsufficientFunds: the balance is smaller. :raises IdempotencyKeyReused: as for `deposit`.
    """
    return _transfer(Kind.WITHDRAWAL, key=key, player=player, amount=-amount, reference=reference)


def hold_accounts(players: Sequence[int]) -> None:
    """Lock these players' accounts, in the one order that everybody keeps, until the transaction ends."""
    statement = sql.SQL("SELECT count(*) FROM {}.hold_accounts(%s)").format(sql.Identifier(current_schema()))
    with connection.cursor() as cursor:
        cursor.execute(statement.as_string(cursor.connection), [list(players)])


def post_movements(
    kind: Kind,
    *,
    causes: Sequence[UUID],
    players: Sequence[int],
    amounts: Sequence[int],
    reference: str | None = None,
) -> None:
    """
    Write movements and balances, in the caller's transaction. Parallel sequences: the cause of each movement
    (a bet's id), the player, the signed amount in minor units.
    """
    statement = sql.SQL("SELECT {}.post_movements(%s, %s, %s, %s, %s)").format(sql.Identifier(current_schema()))
    with connection.cursor() as cursor:
        parameters: list[Any] = [kind.value, list(causes), list(players), list(amounts), reference]
        cursor.execute(statement.as_string(cursor.connection), parameters)


def _transfer(kind: Kind, *, key: str, player: Player, amount: int, reference: str) -> Transaction:
    cause = ids.bet_id()
    transaction_id = UUID(int=cause.int | kind.value)
    terms = hashlib.sha256(msgspec.json.encode([kind.value, player.token, amount, reference])).digest()
    # The account first: a retry waits here for the call before it, and then finds its key.
    Account.objects.bulk_create([Account(player=player)], ignore_conflicts=True)
    account = Account.objects.select_for_update().get(player=player)
    TransferKey.objects.bulk_create(
        [TransferKey(key=key, fingerprint=terms, transaction_id=transaction_id)], ignore_conflicts=True
    )
    claimed = TransferKey.objects.get(pk=key)
    if bytes(claimed.fingerprint) != terms:
        raise IdempotencyKeyReused(key=key)
    if claimed.transaction_id == transaction_id:
        if account.balance + amount < 0:
            raise InsufficientFunds()
        post_movements(kind, causes=[cause], players=[player.pk], amounts=[amount], reference=reference)
    return Transaction.objects.select_related("account__player").get(pk=claimed.transaction_id)
