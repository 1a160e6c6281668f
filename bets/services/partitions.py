"""The day partitions of an operator's big tables."""

from keno_platform.core import clock
from operators.partitions import make_partitions
from operators.selectors import list_operators
from operators.tenancy import tenant_transaction
from wallet.services import PARTITIONED as WALLET_TABLES

TABLES = ("bets_bet", "bets_payout", *WALLET_TABLES)


def make_all_partitions() -> list[str]:
    """Make the partitions that the next days need, for every operator. Harmless when run twice."""
    made = []
    for operator in list_operators():
        with tenant_transaction(operator):
            names = make_partitions(TABLES, today=clock.now(), schema=operator.schema_name)
        made += [f"{operator.schema_name}.{name}" for name in names]
    return made
