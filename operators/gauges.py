"""What a scrape asks of operators and of the database that they share."""

from keno_platform.core.gauges import Gauge

GAUGES = (
    Gauge(
        name="keno_operators",
        meaning="Operators by status.",
        labels=("status",),
        query="SELECT status, count(*) FROM public.operators_operator GROUP BY 1",
    ),
    Gauge(
        name="keno_database_connections",
        meaning="Connections to this database by the process that holds them.",
        labels=("process",),
        query="""
            SELECT coalesce(nullif(application_name, ''), 'unnamed'), count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND backend_type = 'client backend' GROUP BY 1""",
    ),
    Gauge(
        name="keno_database_connections_max",
        meaning="How many connections the server takes.",
        query="SELECT current_setting('max_connections')::int",
    ),
    Gauge(
        name="keno_database_longest_transaction_seconds",
        meaning="How long the oldest open transaction of this database has been open.",
        query="""
            SELECT coalesce(extract(epoch FROM max(clock_timestamp() - xact_start)), 0) FROM pg_stat_activity
            WHERE datname = current_database() AND backend_type = 'client backend' AND pid <> pg_backend_pid()""",
    ),
    Gauge(
        name="keno_database_transactions_until_wraparound",
        meaning="Transactions until this database must be vacuumed to go on at all: 2,000 million after a vacuum.",
        query="SELECT 2147483648 - age(datfrozenxid) FROM pg_database WHERE datname = current_database()",
    ),
)
