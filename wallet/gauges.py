"""What a scrape asks of operators' wallets: the open calls stand in an index of their own."""

from keno_platform.core.gauges import Gauge
from keno_platform.core.invariants import Scope

_OPEN = "FROM {schema}.wallet_walletcall WHERE state IN ('pending', 'in_doubt', 'dead')"

GAUGES = (
    Gauge(
        name="keno_wallet_calls_open",
        meaning="Calls to an operator's wallet that are not over: pending, in doubt, dead letters.",
        scope=Scope.OPERATOR,
        labels=("state",),
        query=f"SELECT state, count(*) {_OPEN} GROUP BY 1",
    ),
    Gauge(
        name="keno_wallet_money_open_minor",
        meaning="Money in those calls, in minor units of the operator's currency.",
        scope=Scope.OPERATOR,
        labels=("state",),
        query=f"SELECT state, sum(amount) {_OPEN} GROUP BY 1",
    ),
    Gauge(
        name="keno_wallet_outbox_age_seconds",
        meaning="How long ago the oldest of those calls was ordered that is still tried.",
        scope=Scope.OPERATOR,
        query="""
            SELECT coalesce(extract(epoch FROM clock_timestamp() - min(created_at)), 0)
            FROM {schema}.wallet_walletcall WHERE state IN ('pending', 'in_doubt')""",
    ),
)
