"""The statement between the provider and an operator: turnover, payouts, revenue and the provider's share."""

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction

from operators.models import Operator
from reports.catalogue.figures import Booked, Place, booked_by_day, bucket_of, bucket_text
from reports.columns import Column, Report, Row, Type
from reports.query import Query
from reports.terms import share_on, terms_of

BASIS_POINTS = 10_000


def read(operator: Operator, query: Query) -> Iterator[Row]:
    """
    A row for each bucket and game. The share of a day is that of the term that was in force on it; of a row it is
    rounded half up once, and below zero when players won more than they staked.
    """
    terms, sums, shares = terms_of(operator), defaultdict[Place, Booked](Booked), defaultdict[Place, Fraction](Fraction)
    rates: dict[Place, set[int]] = defaultdict(set)
    for place, own in booked_by_day(operator, query).items():
        bucket, rate = bucket_of(query, place), share_on(terms, place.day)
        sums[bucket] += own
        shares[bucket] += Fraction(own.ggr * rate, BASIS_POINTS)
        rates[bucket].add(rate)
    for bucket, own in sorted(sums.items()):
        share = half_up(shares[bucket])
        named = "/".join(percent_of(rate) for rate in sorted(rates[bucket]))
        figures = (own.bets, own.stakes, own.payouts, own.refunds, own.ggr)
        yield bucket_text(query, bucket), bucket.game, *figures, named, share, own.ggr - share


def half_up(value: Fraction) -> int:
    """Rounded to a whole number, halves away from zero."""
    whole = (abs(value) + Fraction(1, 2)).__floor__()
    return whole if value >= 0 else -whole


def percent_of(basis_points: int) -> str:
    """1250 is 12.50 %."""
    return f"{basis_points // 100}.{basis_points % 100:02d}"


REPORT = Report(
    code="operator_statement",
    columns=(
        Column(name="period", type=Type.DAY),
        Column(name="game", type=Type.CODE),
        Column(name="bets", type=Type.INTEGER, summed=True),
        Column(name="stakes", type=Type.MONEY, summed=True),
        Column(name="payouts", type=Type.MONEY, summed=True),
        Column(name="refunds", type=Type.MONEY, summed=True),
        Column(name="ggr", type=Type.MONEY, summed=True),
        Column(name="share_percent", type=Type.CODE),
        Column(name="share", type=Type.MONEY, summed=True),
        Column(name="left_to_operator", type=Type.MONEY, summed=True),
    ),
    read=read,
    accepts=frozenset({"game", "by"}),
)
