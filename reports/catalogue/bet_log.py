"""Every bet as it was accepted, and what became of it."""

from collections.abc import Iterator

from operators.models import Operator
from reports.archive.queries import Only, Span, stream_bets
from reports.columns import Column, Report, Row, Type
from reports.query import Query
from reports.reading import fetch

NOBODY = -1
# A day at a time: its bets, payouts and nothing else are read, in the order of the key, which needs no sorting. Ids
# come as the texts that they are to be: to make millions of objects of them takes longer than to write the file.
_BETS = """
    SELECT b.id::text, b.ticket_id::text, b.created_at, y.token, g.code, b.round_id::text, r.number::text,
           b.picks::text, b.stake, b.potential_max_win,
           CASE WHEN c.bet_id IS NOT NULL OR s.outcome = 'void' THEN 'rolled_back' WHEN p.bet_id IS NOT NULL THEN 'won'
                WHEN s.round_id IS NOT NULL THEN 'lost' ELSE 'pending' END,
           p.hits, p.multiplier_hundredths,
           CASE WHEN p.bet_id IS NOT NULL THEN p.amount
                WHEN s.round_id IS NOT NULL OR c.bet_id IS NOT NULL THEN 0 END,
           CASE WHEN c.bet_id IS NOT NULL OR s.outcome = 'void' THEN b.stake END,
           coalesce(c.created_at, s.settled_at)
    FROM {bets} b
    JOIN {s}.players_player y ON y.id = b.player_id
    LEFT JOIN public.rounds_round r ON r.id = b.round_id
    LEFT JOIN public.rounds_game g ON g.id = r.game_id
    LEFT JOIN {s}.bets_cancellation c ON c.bet_id = b.id
    LEFT JOIN {payouts} p ON p.bet_id = b.id AND p.bet_id >= %(low)s AND p.bet_id < %(high)s
    LEFT JOIN {s}.bets_settlement s ON s.round_id = b.round_id
    WHERE b.id >= %(low)s AND b.id < %(high)s AND (%(game)s = '' OR g.code = %(game)s)
      AND (%(player)s = '' OR b.player_id = (SELECT id FROM {s}.players_player WHERE token = %(player)s))
    ORDER BY b.id
"""


def read(operator: Operator, query: Query) -> Iterator[Row]:
    """Bets by the time in their id, which is when they were placed."""
    only = Only(player_id=_player_id(operator, query.player))
    for since, until in query.days():
        day = Query(since=since, until=until)
        parameters = {"low": day.low, "high": day.high, "game": query.game, "player": query.player}
        for row in stream_bets(operator, _BETS, parameters, span=Span(low=day.low, high=day.high), only=only):
            *first, picks, stake, top, status, hits, hundredths, won, back, ended = row
            multiplier = None if hundredths is None else f"{hundredths // 100}.{hundredths % 100:02d}"
            yield *first, numbers_of(picks), stake, top, status, hits, multiplier, won, back, ended


def _player_id(operator: Operator, token: str) -> int | None:
    """Whose bets are wanted; nobody's for a token that nobody has, everybody's without one."""
    if not token:
        return None
    found = fetch(operator, "SELECT id FROM {s}.players_player WHERE token = %(player)s", {"player": token})
    return int(found[0][0]) if found else NOBODY


def numbers_of(bits: str) -> list[int]:
    """The numbers of a `bit(80)` as text."""
    found, at = [], bits.find("1")
    while at >= 0:
        found.append(at + 1)
        at = bits.find("1", at + 1)
    return found


REPORT = Report(
    code="bet_log",
    columns=(
        Column(name="bet_id", type=Type.CODE),
        Column(name="ticket_id", type=Type.CODE),
        Column(name="placed_at", type=Type.TIME),
        Column(name="player", type=Type.CODE),
        Column(name="game", type=Type.CODE),
        Column(name="round_id", type=Type.CODE),
        Column(name="round_number", type=Type.CODE),
        Column(name="numbers", type=Type.NUMBERS),
        Column(name="stake", type=Type.MONEY, summed=True, heading="stakes"),
        Column(name="potential_max_win", type=Type.MONEY),
        Column(name="status", type=Type.NAME),
        Column(name="hits", type=Type.INTEGER),
        Column(name="multiplier", type=Type.CODE),
        Column(name="won", type=Type.MONEY, summed=True, heading="payouts"),
        Column(name="returned", type=Type.MONEY, summed=True, heading="refunds"),
        Column(name="ended_at", type=Type.TIME),
    ),
    read=read,
    accepts=frozenset({"game", "player"}),
)
