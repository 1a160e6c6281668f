"""How games performed: what was wagered and won, against what the paytables promise."""

from collections.abc import Iterator
from fractions import Fraction

from operators.models import Operator
from reports.catalogue.figures import Booked, Place, booked, bucket_text
from reports.catalogue.theory import Theory, theory
from reports.columns import Column, Report, Row, Type
from reports.query import Query


def read(operator: Operator, query: Query) -> Iterator[Row]:
    """A row for each bucket and game in which something was settled, voided or cancelled."""
    found, promised = booked(operator, query), theory(operator, query)
    for place, own in found.items():
        yield bucket_text(query, place), place.game, *_cells(own, promised.get(place, Theory()), place)


def _cells(own: Booked, promised: Theory, place: Place) -> tuple[object, ...]:
    if promised.stakes != own.stakes:
        raise RuntimeError(f"{place}: bets of {promised.stakes} were read, and {own.stakes} are settled")
    band = promised.band
    actual = Fraction(own.payouts, own.stakes) if own.stakes else None
    within = None if band is None or actual is None else ("inside" if band[0] <= actual <= band[1] else "outside")
    return (
        *(own.rounds, own.bets, own.stakes, own.winners, own.payouts, own.void_stakes, own.cancelled_stakes, own.ggr),
        round(promised.expected),
        promised.expected / own.stakes if own.stakes else None,
        actual,
        *(band or (None, None)),
        within,
    )


REPORT = Report(
    code="game_performance",
    columns=(
        Column(name="period", type=Type.DAY),
        Column(name="game", type=Type.CODE),
        Column(name="rounds", type=Type.INTEGER, summed=True),
        Column(name="bets", type=Type.INTEGER, summed=True),
        Column(name="stakes", type=Type.MONEY, summed=True),
        Column(name="winners", type=Type.INTEGER, summed=True),
        Column(name="payouts", type=Type.MONEY, summed=True),
        Column(name="voided", type=Type.MONEY, summed=True),
        Column(name="cancelled", type=Type.MONEY, summed=True),
        Column(name="ggr", type=Type.MONEY, summed=True),
        Column(name="expected_payouts", type=Type.MONEY, summed=True),
        Column(name="rtp_theory", type=Type.RATIO, ratio_of=("expected_payouts", "stakes")),
        Column(name="rtp", type=Type.RATIO, ratio_of=("payouts", "stakes")),
        Column(name="rtp_low", type=Type.RATIO),
        Column(name="rtp_high", type=Type.RATIO),
        Column(name="rtp_within", type=Type.NAME),
    ),
    read=read,
    accepts=frozenset({"game", "by"}),
)
