"""The day partitions of an operator's big tables."""

import logging
from collections import defaultdict
from datetime import timedelta

from django.db import DatabaseError, connection

from keno_platform.core import clock
from operators.models import Operator
from operators.partitions import Partition, analyse_grown, days_ahead, make_partition, missing_of
from operators.selectors import list_operators
from operators.tenancy import tenant_transaction
from wallet.services import PARTITIONED as WALLET_TABLES

logger = logging.getLogger(__name__)
TABLES = ("bets_bet", "bets_payout", *WALLET_TABLES)
"""In the order in which placement takes them. A day of all three stands for itself: a bet's payout and its movements
have the bet's id but for four bits, so they are of the bet's day whenever they are written."""
LOCK_TIMEOUT = "2s"


def make_all_partitions() -> list[str]:
    """
    Make the partitions that the next days need, for every operator, a transaction each. Harmless when run twice.

    One that cannot be had now is told in the log and made the next time: there are days until it is needed.
    """
    operators = {one.schema_name: one for one in list_operators()}
    days = days_ahead(clock.now())
    wanted = [Partition(schema, table, day) for schema in operators for table in TABLES for day in days]
    with connection.cursor() as cursor:
        missing = missing_of(cursor, wanted)
    by_schema = defaultdict(list)
    for one in missing:
        by_schema[one.schema].append(one)
    return [str(one) for schema, own in by_schema.items() for one in _make(operators[schema], own)]


def _make(operator: Operator, missing: list[Partition]) -> list[Partition]:
    try:
        with tenant_transaction(operator), connection.cursor() as cursor:
            cursor.execute(f"SET LOCAL lock_timeout = '{LOCK_TIMEOUT}'")
            for one in missing:
                make_partition(cursor, one, guards=True)
    except DatabaseError:
        logger.exception("partitions of %s could not be made now", operator.slug)
        return []
    return missing


def analyse_all_grown() -> list[str]:
    """Analyse today's and yesterday's partitions of every operator, where they have grown."""
    today = clock.now().date()
    days = (today - timedelta(days=1), today)
    schemas = list_operators().values_list("schema_name", flat=True)
    return [
        str(one)
        for one in analyse_grown(
            Partition(schema, table, day) for schema in schemas for table in TABLES for day in days
        )
    ]
