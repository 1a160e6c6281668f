"""Bets that won much, with what they staked."""

from collections.abc import Iterator, Mapping
from typing import Any

from configuration import catalogue as configured
from configuration.selectors import value
from keno_platform.core.money import parse_amount
from operators.models import Operator
from reports.archive.queries import Only, Span, stream_bets
from reports.catalogue.bet_log import numbers_of
from reports.columns import Column, Report, Row, Type
from reports.query import Query

_WINS = """
    SELECT p.created_at, p.bet_id, b.created_at, y.token, g.code, p.round_id, r.number, b.picks::text, p.hits,
           p.multiplier_hundredths, b.stake, p.amount
    FROM {payouts} p
    LEFT JOIN {bets} b ON b.id = p.bet_id
    LEFT JOIN {s}.players_player y ON y.id = b.player_id
    LEFT JOIN public.rounds_round r ON r.id = p.round_id
    LEFT JOIN public.rounds_game g ON g.id = r.game_id
    WHERE p.bet_id >= %(low)s AND p.bet_id < %(high)s AND p.amount >= %(least)s
      AND (%(game)s = '' OR g.code = %(game)s)
    ORDER BY p.bet_id
"""


def read(operator: Operator, query: Query) -> Iterator[Row]:
    """Wins of bets that were placed in the period, from the threshold on."""
    least = threshold(operator, query)
    for since, until in query.days():
        day = Query(since=since, until=until)
        parameters = {"low": day.low, "high": day.high, "least": least, "game": query.game}
        span = Span(low=day.low, high=day.high)
        for row in stream_bets(operator, _WINS, parameters, span=span, only=Only(won_from=least)):
            *first, picks, hits, hundredths, stake, won = row
            yield *first, numbers_of(picks), hits, f"{hundredths // 100}.{hundredths % 100:02d}", stake, won


def threshold(operator: Operator, query: Query) -> int:
    """From how much on a win is large, in minor units: as asked, else the operator's, else the usual part."""
    if query.at_least:
        return parse_amount(query.at_least, exponent=operator.currency_exponent)
    if operator.large_win_from is not None:
        return int(operator.large_win_from)
    percent = value(configured.LARGE_WIN_PERCENT) or 100
    return max(1, int(operator.max_win_per_ticket) * percent // 100)


def facts(operator: Operator, query: Query) -> Mapping[str, Any]:
    """The threshold that was used."""
    return {"report.fact_at_least": f"{operator.money(threshold(operator, query))} {operator.currency_code}"}


REPORT = Report(
    code="large_wins",
    columns=(
        Column(name="won_at", type=Type.TIME),
        Column(name="bet_id", type=Type.CODE),
        Column(name="placed_at", type=Type.TIME),
        Column(name="player", type=Type.CODE),
        Column(name="game", type=Type.CODE),
        Column(name="round_id", type=Type.CODE),
        Column(name="round_number", type=Type.CODE),
        Column(name="numbers", type=Type.NUMBERS),
        Column(name="hits", type=Type.INTEGER),
        Column(name="multiplier", type=Type.CODE),
        Column(name="stake", type=Type.MONEY, summed=True, heading="stakes"),
        Column(name="won", type=Type.MONEY, summed=True, heading="payouts"),
    ),
    read=read,
    accepts=frozenset({"game", "at_least"}),
    facts=facts,
)
