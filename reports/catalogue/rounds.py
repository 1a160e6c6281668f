"""Rounds with their seeds and references, and rounds that were void."""

from collections.abc import Iterator

from operators.models import Operator
from reports.catalogue.figures import Booked, booked, bucket_text
from reports.columns import Column, Report, Row, Type
from reports.query import Query
from reports.reading import fetch, stream

# Seeds come from the seed log, which has none before its time; numbers are public as soon as they are drawn.
_LOG = """
    SELECT g.code, r.number, r.id, r.opens_at, r.closes_at, r.drawn_at, r.status, r.network, r.beacon_round,
           CASE WHEN r.status IN ('drawn', 'settled', 'revealed') THEN r.numbers_drawn END,
           r.server_seed_hash, l.server_seed, l.commit_tx_reference, l.reveal_tx_reference, l.reveal_timestamp,
           r.bets_root, r.bets_count, s.bets, s.stakes, CASE WHEN s.outcome = 'drawn' THEN s.payouts END,
           r.void_cause, r.void_reason
    FROM public.rounds_game g
    JOIN public.rounds_round r ON r.game_id = g.id
    LEFT JOIN public.rounds_seedlog l ON l.round_id = r.id
    LEFT JOIN {s}.bets_settlement s ON s.round_id = r.id
    WHERE (g.owner_id IS NULL OR g.owner_id = %(operator)s) AND (%(game)s = '' OR g.code = %(game)s)
      AND r.opens_at >= %(since)s AND r.opens_at < %(until)s AND r.status <> 'scheduled'
    ORDER BY g.code, r.number
"""


def read_log(operator: Operator, query: Query) -> Iterator[Row]:
    """Rounds of the games that are open to the operator, by game and number."""
    own = {"operator": operator.pk, "game": query.game, "since": query.since, "until": query.until}
    return stream(operator, _LOG, own)


ROUND_LOG = Report(
    code="round_log",
    columns=(
        Column(name="game", type=Type.CODE),
        Column(name="round_number", type=Type.CODE),
        Column(name="round_id", type=Type.CODE, printed=False),
        Column(name="opens_at", type=Type.TIME, printed=False),
        Column(name="closes_at", type=Type.TIME),
        Column(name="drawn_at", type=Type.TIME),
        Column(name="status", type=Type.NAME),
        Column(name="network", type=Type.CODE, printed=False),
        Column(name="beacon_round", type=Type.CODE, printed=False),
        Column(name="numbers", type=Type.NUMBERS),
        Column(name="server_seed_hash", type=Type.CODE),
        Column(name="server_seed", type=Type.CODE),
        Column(name="commit_reference", type=Type.CODE),
        Column(name="reveal_reference", type=Type.CODE),
        Column(name="revealed_at", type=Type.TIME, printed=False),
        Column(name="bets_root", type=Type.CODE, printed=False),
        Column(name="bets_of_all", type=Type.INTEGER, printed=False),
        Column(name="bets", type=Type.INTEGER, summed=True),
        Column(name="stakes", type=Type.MONEY, summed=True),
        Column(name="payouts", type=Type.MONEY, summed=True),
        Column(name="void_cause", type=Type.CODE, printed=False),
        Column(name="void_reason", type=Type.TEXT),
    ),
    read=read_log,
    accepts=frozenset({"game"}),
)

_CAUSES = """
    SELECT g.code, (s.settled_at AT TIME ZONE 'UTC')::date, r.void_cause, count(*)
    FROM {s}.bets_settlement s
    JOIN public.rounds_round r ON r.id = s.round_id JOIN public.rounds_game g ON g.id = r.game_id
    WHERE s.outcome = 'void' AND s.settled_at >= %(since)s AND s.settled_at < %(until)s
    GROUP BY 1, 2, 3
"""
CAUSES = ("none", "beacon_late", "seed_mismatch", "epoch_key_lost", "epoch_not_anchored", "integrity_fault", "staff")
"""By the number of the cause; see fairness.messages.VoidCause."""


def read_voids(operator: Operator, query: Query) -> Iterator[Row]:
    """Rounds in which the operator had bets, by bucket and game: those that were drawn, and those that were void."""
    causes = fetch(operator, _CAUSES, {"since": query.since, "until": query.until})
    for place, own in booked(operator, query).items():
        text = bucket_text(query, place)
        named = _causes(query, causes, place.game, text)
        yield text, place.game, *_voids(own), named


def _voids(own: Booked) -> tuple[object, ...]:
    ended = own.rounds + own.void_rounds
    share = (own.void_rounds, ended) if ended else None
    return ended, own.void_rounds, share, own.void_bets, own.void_stakes, own.cancelled_bets, own.cancelled_stakes


def _causes(query: Query, causes: list[tuple[object, ...]], game: str, text: str) -> str:
    from reports.catalogue.figures import Place, bucket_of

    found: dict[str, int] = {}
    for code, day, cause, count in causes:
        place = bucket_of(query, Place(day=day, game=str(code)))  # type: ignore[arg-type]  # a row's columns
        if code == game and bucket_text(query, place) == text:
            name = CAUSES[int(str(cause or 0))]
            found[name] = found.get(name, 0) + int(str(count))
    return " ".join(f"{name}:{count}" for name, count in sorted(found.items()))


VOID_STATISTICS = Report(
    code="void_statistics",
    columns=(
        Column(name="period", type=Type.DAY),
        Column(name="game", type=Type.CODE),
        Column(name="rounds_ended", type=Type.INTEGER, summed=True),
        Column(name="rounds_void", type=Type.INTEGER, summed=True),
        Column(name="void_share", type=Type.RATIO, ratio_of=("rounds_void", "rounds_ended")),
        Column(name="bets_void", type=Type.INTEGER, summed=True),
        Column(name="voided", type=Type.MONEY, summed=True),
        Column(name="bets_cancelled", type=Type.INTEGER, summed=True),
        Column(name="cancelled", type=Type.MONEY, summed=True),
        Column(name="void_causes", type=Type.CODE),
    ),
    read=read_voids,
    accepts=frozenset({"game", "by"}),
)
