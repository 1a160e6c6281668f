"""Whether what was answered is in the database: no figure counts otherwise."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from bench.load import Met

if TYPE_CHECKING:
    from operators.models import Operator


class BooksDiffer(Exception):
    """Answers and database do not agree: the measurement is of something that is not right."""


def check(operators: "Sequence[Operator]", met: Iterable[Met]) -> int:
    """
    The bets of these operators, when they are as many as were answered 201, each with its stake's movement.

    :raises BooksDiffer: they are not.
    """
    answered = sum(one.placed for one in met)
    bets = 0
    for operator in operators:
        count, stakes, movements, moved, off = _books_of(operator)
        bets += count
        if (count, -stakes) != (movements, moved) or off:
            raise BooksDiffer(f"{operator.slug}: {count} bets of {stakes}, {movements} movements of {moved}, {off} off")
    if bets != answered:
        raise BooksDiffer(f"{answered} bets were accepted, and {bets} are stored")
    return bets


def _books_of(operator: "Operator") -> tuple[int, ...]:
    from django.db import connection

    from operators.tenancy import tenant_context

    with tenant_context(operator), connection.cursor() as cursor:
        cursor.execute(_BOOKS)
        return tuple(int(figure) for figure in cursor.fetchone())


_BOOKS = """
    SELECT (SELECT count(*) FROM bets_bet), (SELECT coalesce(sum(stake), 0) FROM bets_bet),
           (SELECT count(*) FROM wallet_transaction WHERE kind = 1),
           (SELECT coalesce(sum(amount), 0) FROM wallet_transaction WHERE kind = 1),
           (SELECT count(*) FROM wallet_account a WHERE a.balance <>
               (SELECT coalesce(sum(t.amount), 0) FROM wallet_transaction t WHERE t.account_id = a.id))
"""
