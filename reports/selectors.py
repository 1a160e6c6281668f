"""Figures over an operator's settled rounds. Exact: integers of minor units, and fractions of them."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.db import connection
from psycopg import sql

from operators.models import Operator
from operators.tenancy import tenant_context
from reports.query import ReportPeriodInvalid

__all__ = ["PERIOD_MAX", "Figures", "ReportPeriodInvalid", "TurnoverRow", "total", "turnover"]
PERIOD_MAX = timedelta(days=366)

# A round counts when it was settled and a cancelled bet when it was cancelled, so that the figures of a time that
# has passed stay as they are. Settlements do not hold cancelled bets; see bets/sql/0002_functions.sql.
_TURNOVER = """
    SELECT (m.at AT TIME ZONE 'UTC')::date, g.code, sum(m.bets), sum(m.stakes), sum(m.payouts), sum(m.refunds)
    FROM (
        SELECT s.round_id, s.settled_at AS at, s.bets, s.stakes, s.payouts, 0 AS refunds
        FROM {schema}.bets_settlement s
        WHERE s.outcome = 'drawn' AND s.settled_at >= %(since)s AND s.settled_at < %(until)s
        UNION ALL
        SELECT s.round_id, s.settled_at, 0, 0, 0, s.payouts
        FROM {schema}.bets_settlement s
        WHERE s.outcome = 'void' AND s.settled_at >= %(since)s AND s.settled_at < %(until)s
        UNION ALL
        SELECT c.round_id, c.created_at, 0, 0, 0, coalesce(f.stake, b.stake)
        FROM {schema}.bets_cancellation c
        LEFT JOIN {schema}.bets_carriedcancellation f ON f.bet_id = c.bet_id
        LEFT JOIN {schema}.bets_bet b ON b.id = c.bet_id
        WHERE c.created_at >= %(since)s AND c.created_at < %(until)s
    ) m
    JOIN public.rounds_round r ON r.id = m.round_id
    JOIN public.rounds_game g ON g.id = r.game_id
    GROUP BY 1, 2
    HAVING sum(m.bets) > 0 OR sum(m.refunds) > 0
    ORDER BY 1, 2
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """What was staked and paid, in minor units. Void and cancelled bets are refunds and count nowhere else."""

    bets: int
    stakes: int
    payouts: int
    refunds: int

    @property
    def ggr(self) -> int:
        """Gross gaming revenue: what was staked less what was paid. Below zero when players won more."""
        return self.stakes - self.payouts

    @property
    def rtp(self) -> str | None:
        """The return to players that came about, rounded half up to four decimals; None without a stake."""
        if self.stakes == 0:
            return None
        ten_thousandths = (self.payouts * 20_000 + self.stakes) // (2 * self.stakes)
        return f"{ten_thousandths // 10_000}.{ten_thousandths % 10_000:04d}"


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnoverRow(Figures):
    """The figures of one game on one day (UTC)."""

    day: date
    game: str


def turnover(*, operator: Operator, since: datetime, until: datetime) -> list[TurnoverRow]:
    """
    What an operator took and paid from `since` to before `until`, by day and game, oldest first.

    Days and games without a settled bet or a refund have no row.

    :raises ReportPeriodInvalid: the period is empty or longer than PERIOD_MAX.
    """
    if not timedelta(0) < until - since <= PERIOD_MAX:
        raise ReportPeriodInvalid(f"`to` must be after `from`, by at most {PERIOD_MAX.days} days.")
    with tenant_context(operator), connection.cursor() as cursor:
        statement = sql.SQL(_TURNOVER).format(schema=sql.Identifier(operator.schema_name))
        cursor.execute(statement.as_string(cursor.connection), {"since": since, "until": until})
        rows = cursor.fetchall()
    return [
        TurnoverRow(day=day, game=game, bets=int(bets), stakes=int(stakes), payouts=int(payouts), refunds=int(refunds))
        for day, game, bets, stakes, payouts, refunds in rows
    ]


def total(rows: Iterable[Figures]) -> Figures:
    """The sums of these figures."""
    rows = list(rows)
    return Figures(
        bets=sum(row.bets for row in rows),
        stakes=sum(row.stakes for row in rows),
        payouts=sum(row.payouts for row in rows),
        refunds=sum(row.refunds for row in rows),
    )
