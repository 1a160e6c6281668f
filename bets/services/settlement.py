"""Settlement: winners paid and void stakes returned, per operator and round, exactly once."""

from datetime import timedelta
from uuid import UUID

from django.db import connection
from psycopg import sql

from bets import announce
from bets.models import Outcome, bits_of
from keno_platform.core.ids import uuid7_floor
from operators.selectors import get_operator
from operators.tenancy import tenant_transaction
from rounds.models import Round, RoundStatus
from rounds.selectors import get_round

BETS_WITHIN = timedelta(days=1)
"""A round's bets are placed less than this before it opens: ids outside are not looked at, nor are their partitions."""


def settle_round(*, operator_id: UUID, round_id: int) -> bool:
    """
    Settle one round for one operator. Returns False when it was settled before.

    :raises ValueError: the round has no outcome yet.
    """
    one = get_round(round_id=round_id)
    outcome, drawn = _outcome(one)
    operator = get_operator(operator_id=operator_id)
    with tenant_transaction(operator), connection.cursor() as cursor:
        statement = sql.SQL("SELECT {}.settle_round(%s, %s, %s, %s, %s, %s)")
        qualified = statement.format(sql.Identifier(operator.schema_name)).as_string(cursor.connection)
        low, high = uuid7_floor(one.opens_at - BETS_WITHIN), uuid7_floor(one.closes_at + BETS_WITHIN)
        cursor.execute(qualified, [operator.pk, round_id, outcome.value, drawn, low, high])
        done: bool = cursor.fetchone()[0]
    if done:
        announce.settled(operator, one)
    return done


def _outcome(one: Round) -> tuple[Outcome, str | None]:
    if one.status == RoundStatus.VOID:
        return Outcome.VOID, None
    if one.numbers_drawn is None:
        raise ValueError(f"round {one.pk} is {one.status}: nothing to settle yet")
    return Outcome.DRAWN, bits_of(one.numbers_drawn)
