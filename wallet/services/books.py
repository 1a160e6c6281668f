"""The books: every movement goes through the SQL function `post_movements`, in the transaction of its cause."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from django.db import connection
from psycopg import sql

from operators.tenancy import current_schema
from players.models import Player
from wallet.models import Account, Kind

PARTITIONED = ("wallet_transaction",)


def open_account(player: Player) -> Account:
    """An account for somebody new, with nothing on it."""
    return Account.objects.create(player=player)


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
