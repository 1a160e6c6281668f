"""
Rounds full of bets, faster than bets can be placed: rows exactly as placement leaves them, written by one statement.

What a bet consists of is all there: its leaf under the round's root, its key, its stake on its player's account. So
every invariant holds, and a test asks them.
"""

import random
import secrets
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from operators.models import Operator
    from rounds.models import Round

PICK_COUNTS = (3, 4, 5, 6, 8, 9, 10)
"""Played evenly, 14.8 % of the default paytable's bets win."""
STAKES = (100, 500, 1_000, 2_500)
PATTERNS = 20_000
"""Different choices of numbers; bets take them in turns."""
BETS_A_TRANSACTION = 50_000


def fill(operator: "Operator", one: "Round", *, bets: int, tokens: Sequence[str]) -> None:
    """
    Write so many bets of these players into an open round; their accounts must hold the stakes.

    They count as accepted between its opening and its close, although this may take longer: nobody may end the round
    meanwhile.
    """
    from django.db import connection

    from operators.tenancy import tenant_transaction

    with tenant_transaction(operator), connection.cursor() as cursor:
        patterns = _patterns(random.Random(f"round {one.pk}"))
        halves = [_parameters(operator, one, patterns, tokens[half::2]) for half in range(2)]
        cursor.execute(_PARTICIPATION, {"round": one.pk, "operator": operator.pk})
    with ThreadPoolExecutor(2) as threads:  # each with players of its own: no account is waited for
        list(threads.map(_write_all, [operator] * 2, halves, (bets - bets // 2, bets // 2)))


def _write_all(operator: "Operator", given: dict[str, Any], bets: int) -> None:
    """In a thread of its own, and on a connection of its own."""
    from django.db import connection

    try:
        for first in range(0, bets, BETS_A_TRANSACTION):
            last = min(first + BETS_A_TRANSACTION, bets) - 1
            _write(operator, given | {"of": bets, "first": first, "last": last})
    finally:
        connection.close()


def draw(one: "Round") -> "Round":
    """Let the round close, seal its bets and be drawn, as whoever drives the rounds does it."""
    from rounds.models import RoundStatus
    from tests.support.rounds import again, drive, wait_until

    wait_until(one.closes_at)
    drive([one], RoundStatus.DRAWN, pay=False)
    return again(one)


def _patterns(chance: random.Random) -> list[tuple[int, ...]]:
    counts = [PICK_COUNTS[n % len(PICK_COUNTS)] for n in range(PATTERNS)]
    return [tuple(sorted(chance.sample(range(1, 81), count))) for count in counts]


def _write(operator: "Operator", given: Mapping[str, Any]) -> None:
    from django.db import connection

    from operators.tenancy import tenant_transaction

    expected = given["last"] - given["first"] + 1
    with tenant_transaction(operator), connection.cursor() as cursor:
        cursor.execute(_BETS, given)
        if cursor.rowcount != expected:
            raise RuntimeError(f"{cursor.rowcount} bets were written instead of {expected}")
        for statement in (_MOVEMENTS, _BALANCES, _SLIPS, "DROP TABLE filled"):
            cursor.execute(statement)


def _parameters(
    operator: "Operator", one: "Round", patterns: Sequence[tuple[int, ...]], tokens: Sequence[str]
) -> dict[str, Any]:
    from bets.models import bits_of
    from bets.receipts import player_tag
    from bets.selectors import active_paytable, multipliers
    from fairness.messages.bet import BetTerms, picks_to_bitmap
    from players.models import Player

    paytable, secret = active_paytable(), bytes(operator.player_tag_secret)
    table = multipliers(paytable)
    players = dict(Player.objects.filter(token__in=tokens).values_list("token", "pk"))
    specimen = BetTerms(
        stream=one.game.stream,
        round_number=one.number,
        bet_id=operator.pk,
        operator_id=operator.pk,
        player_tag=player_tag(secret, tokens[0]),
        picks=patterns[0],
        currency=operator.currency_code,
        exponent=operator.currency_exponent,
        stake_minor=1,
        paytable_hash=bytes(paytable.hash),
    ).prefix()
    return {
        "round": one.pk,
        "paytable": paytable.pk,
        "picks": [bits_of(picks) for picks in patterns],
        "bitmaps": [picks_to_bitmap(picks) for picks in patterns],
        "counts": [len(picks) for picks in patterns],
        "tops": [max(table[len(picks)].values()) for picks in patterns],
        "stakes": list(STAKES),
        "players": [players[token] for token in tokens],
        "tags": [player_tag(secret, token) for token in tokens],
        "opened": one.opens_at,
        "closes": one.closes_at,
        # The fixed parts of a BET leaf, cut out of one that the product made.
        "head": specimen[:32],
        "whose": specimen[48:64],
        "money": specimen[106:112],
        "prizes": specimen[120:152],
        "salt": secrets.token_hex(8),
    }


_BETS = """
    CREATE TEMPORARY TABLE filled ON COMMIT DROP AS
    WITH pattern AS MATERIALIZED (
        SELECT p.*, row_number() OVER () - 1 AS place
        FROM unnest(%(picks)s::text[], %(bitmaps)s::bytea[], %(counts)s::smallint[], %(tops)s::bigint[])
            AS p (picks, bitmap, pick_count, top)
    ), holder AS MATERIALIZED (
        SELECT h.*, row_number() OVER () - 1 AS place
        FROM unnest(%(players)s::bigint[], %(tags)s::bytea[]) AS h (player, tag)
    ), timed AS (
        SELECT n, (%(stakes)s::bigint[])[1 + n %% cardinality(%(stakes)s::bigint[])] AS stake,
               %(opened)s::timestamptz
                 + (%(closes)s::timestamptz - %(opened)s::timestamptz) * (n::float8 / %(of)s) AS moment
        FROM generate_series(%(first)s::bigint, %(last)s::bigint) n
    ), named AS (
        SELECT t.*, floor(extract(epoch FROM t.moment) * 1000)::bigint AS ms,
               md5(%(salt)s || t.n) AS chance
        FROM timed t
    ), made AS (
        SELECT m.*, (lpad(to_hex(m.ms), 12, '0') || '7' || lpad(to_hex(m.n & 4095), 3, '0') || '8'
                     || left(m.chance, 14) || '0')::uuid AS id
        FROM named m
    )
    SELECT m.id, m.n, m.ms, m.stake, m.moment, h.player, h.tag, p.picks, p.bitmap, p.pick_count, p.top,
           decode(md5(%(salt)s || 'blind' || m.n), 'hex') AS blind
    FROM made m
    JOIN holder h ON h.place = m.n %% cardinality(%(players)s::bigint[])
    JOIN pattern p ON p.place = m.n %% cardinality(%(picks)s::text[]);
    ANALYZE filled;
    INSERT INTO bets_bet (id, round_id, player_id, paytable_id, picks, pick_count, stake, potential_max_win, blind,
                          leaf_hash, created_at)
    SELECT f.id, %(round)s, f.player, %(paytable)s, f.picks::bit(80), f.pick_count, f.stake, f.stake * f.top / 100,
           f.blind,
           sha256('\\x00'::bytea || %(head)s::bytea || uuid_send(f.id) || %(whose)s::bytea || f.tag || f.bitmap
                  || %(money)s::bytea || int8send(f.stake) || %(prizes)s::bytea || int8send(f.ms) || f.blind),
           f.moment
    FROM filled f ORDER BY f.id
"""
_MOVEMENTS = """
    INSERT INTO wallet_transaction (id, account_id, kind, amount, balance_after, created_at)
    SELECT movement_id(f.id, 1), a.id, 1, -f.stake,
           a.balance - sum(f.stake) OVER (PARTITION BY a.id ORDER BY f.id), f.moment
    FROM filled f JOIN wallet_account a ON a.player_id = f.player
"""
_BALANCES = """
    UPDATE wallet_account a SET balance = a.balance - d.staked
    FROM (SELECT player, sum(stake)::bigint AS staked FROM filled GROUP BY player) d WHERE a.player_id = d.player
"""
_SLIPS = """
    INSERT INTO bets_slip (key, fingerprint, first_bet_id)
    SELECT 'bench:' || f.id, sha256(uuid_send(f.id)), f.id FROM filled f
"""
_PARTICIPATION = """
    INSERT INTO public.rounds_participation (round_id, operator_id) VALUES (%(round)s, %(operator)s)
    ON CONFLICT DO NOTHING
"""
