"""A player's money, and what protects players."""

from collections.abc import Iterator, Mapping
from typing import Any

from keno_platform.core.errors import NotFound
from operators.models import Operator
from reports.archive.queries import stream_account
from reports.columns import Column, Report, Row, Type
from reports.query import Query
from reports.reading import fetch, stream
from wallet.models import Kind

_PLAYER = """
    SELECT p.id, a.id, coalesce(a.balance, 0) FROM {s}.players_player p
    LEFT JOIN {s}.wallet_account a ON a.player_id = p.id WHERE p.token = %(player)s
"""
_MOVEMENTS = """
    SELECT t.created_at, t.id, t.kind, b.id, b.round_id, g.code, t.amount, t.balance_after, t.reference
    FROM {movements} t
    LEFT JOIN {bets} b ON t.kind <= 8 AND t.kind NOT IN (4, 5) AND b.id = (left(t.id::text, 35) || '0')::uuid
    LEFT JOIN public.rounds_round r ON r.id = b.round_id
    LEFT JOIN public.rounds_game g ON g.id = r.game_id
    WHERE t.account_id = %(account)s AND t.created_at >= %(since)s AND t.created_at < %(until)s
    ORDER BY t.created_at, t.id
"""
_AFTER = """
    SELECT coalesce(sum(amount) FILTER (WHERE created_at >= %(since)s), 0),
           coalesce(sum(amount) FILTER (WHERE created_at >= %(until)s), 0)
    FROM {movements} t WHERE t.account_id = %(account)s AND t.created_at >= %(since)s
"""


def read_statement(operator: Operator, query: Query) -> Iterator[Row]:
    """
    The player's movements in the order in which they were booked.

    :raises NotFound: the operator has no such player. :raises ArchiveUnusable: an archived day cannot be read.
    """
    player, account, _ = _player(operator, query)
    period = {"since": query.since, "until": query.until}
    rows = stream_account(operator, _MOVEMENTS, {**period, "account": account}, player_id=player, **period)
    for at, moved, kind, bet, round_id, game, amount, after, reference in rows:
        yield at, moved, Kind(kind).label, bet, round_id, game, amount, after, reference


def statement_facts(operator: Operator, query: Query) -> Mapping[str, Any]:
    """What the player had before and after: the balance now, less what has moved since."""
    player, account, balance = _player(operator, query)
    own = {"account": account, "since": query.since, "until": query.until}
    moved = list(stream_account(operator, _AFTER, own, player_id=player, since=query.since, until=None))
    since, later = (sum(int(row[place]) for row in moved) for place in (0, 1))
    return {
        "report.fact_player": query.player,
        "report.fact_opening": f"{operator.money(balance - int(since))} {operator.currency_code}",
        "report.fact_closing": f"{operator.money(balance - int(later))} {operator.currency_code}",
    }


def _player(operator: Operator, query: Query) -> tuple[int, int | None, int]:
    found = fetch(operator, _PLAYER, {"player": query.player})
    if not found:
        raise NotFound("There is no such player.")
    [(player, account, balance)] = found
    return player, account, balance


PLAYER_STATEMENT = Report(
    code="player_statement",
    columns=(
        Column(name="at", type=Type.TIME),
        Column(name="transaction_id", type=Type.CODE),
        Column(name="kind", type=Type.NAME),
        Column(name="bet_id", type=Type.CODE),
        Column(name="round_id", type=Type.CODE),
        Column(name="game", type=Type.CODE),
        Column(name="amount", type=Type.MONEY, summed=True),
        Column(name="balance_after", type=Type.MONEY),
        Column(name="reference", type=Type.TEXT),
    ),
    read=read_statement,
    accepts=frozenset({"player"}),
    needs=frozenset({"player"}),
    facts=statement_facts,
)

_PROTECTION = """
    SELECT * FROM (
        SELECT l.created_at AS at, 'limit' AS measure, y.token, l.kind AS kind, l.period AS period, l.source,
               CASE WHEN l.kind <> 'session' THEN l.amount END AS amount,
               CASE WHEN l.kind = 'session' THEN l.amount END AS minutes,
               l.effective_from AS begins, NULL::timestamptz AS ends, l.withdrawn_at AS ended, l.actor,
               l.id::text AS key
        FROM {s}.players_playerlimit l JOIN {s}.players_player y ON y.id = l.player_id
        WHERE l.created_at >= %(since)s AND l.created_at < %(until)s
          AND (%(player)s = '' OR y.token = %(player)s)
        UNION ALL
        SELECT e.starts_at, 'exclusion', y.token, e.kind, NULL, e.source, NULL, NULL, e.starts_at, e.until, e.lifted_at,
               e.actor, e.id::text
        FROM {s}.players_exclusion e JOIN {s}.players_player y ON y.id = e.player_id
        WHERE e.starts_at >= %(since)s AND e.starts_at < %(until)s AND (%(player)s = '' OR y.token = %(player)s)
    ) m ORDER BY m.at, m.key
"""


def read_protection(operator: Operator, query: Query) -> Iterator[Row]:
    """Decisions about limits, and exclusions, by the time at which they were made."""
    own = {"since": query.since, "until": query.until, "player": query.player}
    return (row[:-1] for row in stream(operator, _PROTECTION, own))


LIMITS_AND_EXCLUSIONS = Report(
    code="limits_and_exclusions",
    columns=(
        Column(name="at", type=Type.TIME),
        Column(name="measure", type=Type.NAME),
        Column(name="player", type=Type.CODE),
        Column(name="kind", type=Type.NAME),
        Column(name="for_each", type=Type.NAME),
        Column(name="source", type=Type.NAME),
        Column(name="amount", type=Type.MONEY),
        Column(name="minutes", type=Type.INTEGER),
        Column(name="begins_at", type=Type.TIME),
        Column(name="ends_at", type=Type.TIME),
        Column(name="lifted_at", type=Type.TIME),
        Column(name="actor", type=Type.TEXT),
    ),
    read=read_protection,
    accepts=frozenset({"player"}),
)
