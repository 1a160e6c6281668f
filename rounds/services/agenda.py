"""What is due now and when something will be, asked in one statement: all that a tick costs when nothing is due."""

from dataclasses import dataclass

from fairness.messages import VoidCause
from rounds.clocks import DRAW_AFTER
from rounds.services.drawing import seconds_to_draw
from rounds.services.transitions import NONE_UNPAID
from rounds.statements import run

MANY = 1000
"""Further behind than by so many rounds, two threads catch up: for fewer the second costs as much as it saves."""
LOOK_AGAIN_S = 0.05
"""How long until the next look where somebody else is waited for: operators that pay, a relay, a bet in flight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Agenda:
    """
    Which arrows are due by the database's clock. `next_s`: in how many seconds the next boundary is that it knows of,
    or the next look where somebody else is waited for; None where nothing is ahead. `many`: more
    than MANY rounds should be open or over by now.
    """

    to_close: bool
    to_open: bool
    to_seal: bool
    to_draw: bool
    to_settle: bool
    to_reveal: bool
    to_reveal_void: bool
    many: bool
    next_s: float | None


def look() -> Agenda:
    """What the rows and the clocks say at this moment."""
    [(now, awaited, boundary_s, paying, *due, draw_in_sandbox, many)] = run(_LOOK, [MANY])
    to_close, to_open, to_seal, to_settle, to_reveal, to_reveal_void = due
    pairs = [(name, int(number)) for name, _, number in (each.rpartition("/") for each in awaited)]
    draw_s = seconds_to_draw(pairs, now=now.timestamp())
    to_draw = draw_in_sandbox or (draw_s is not None and draw_s <= 0)
    waiting = any((*due, to_draw, paying))
    ahead = [boundary_s, draw_s if draw_s and draw_s > 0 else None, LOOK_AGAIN_S if waiting else None]
    return Agenda(
        to_close=to_close,
        to_open=to_open,
        to_seal=to_seal,
        to_draw=to_draw,
        to_settle=to_settle,
        to_reveal=to_reveal,
        to_reveal_void=to_reveal_void,
        many=many,
        next_s=min((each for each in ahead if each is not None), default=None),
    )


# What is past and could not be done does not hide what comes next: boundaries ahead are those after this moment.
_LOOK = f"""
    WITH moment AS MATERIALIZED (SELECT clock_timestamp() AS now),
    own AS MATERIALIZED (
        SELECT opens, closes, draws, public.game_time(c.lead, c.stopped_at, c.resumes_at, m.now) AS now,
               public.real_time(c.lead, c.stopped_at, c.resumes_at, least(opens, closes, draws)) AS next
        FROM public.rounds_gameclock c CROSS JOIN moment m
        LEFT JOIN (SELECT game_id, min(closes_at) + interval '{DRAW_AFTER.total_seconds()} seconds' AS draws
                   FROM public.rounds_round WHERE status = 'closed' GROUP BY game_id) waiting USING (game_id)
        CROSS JOIN LATERAL (SELECT
            (SELECT min(opens_at) FROM public.rounds_round
             WHERE game_id = c.game_id AND status = 'scheduled' AND sandbox) AS opens,
            (SELECT closes_at FROM public.rounds_round WHERE game_id = c.game_id AND status = 'open') AS closes) ahead
    ),
    closed AS MATERIALIZED (
        SELECT bool_or(close_message IS NULL) AS unsealed,
               array_agg(DISTINCT network || '/' || beacon_round)
                   FILTER (WHERE close_message IS NOT NULL AND NOT sandbox) AS awaited
        FROM public.rounds_round WHERE status = 'closed'
    )
    SELECT m.now, coalesce(closed.awaited, ARRAY[]::text[]),
        extract(epoch FROM least(
            (SELECT min(opens_at) FROM public.rounds_round
             WHERE status = 'scheduled' AND NOT sandbox AND opens_at > m.now),
            (SELECT min(closes_at) FROM public.rounds_round WHERE status = 'open' AND closes_at > m.now),
            (SELECT min(own.next) FROM own WHERE own.next > m.now)
        ) - m.now)::float8,
        EXISTS (SELECT FROM public.rounds_round WHERE status = 'drawn'),
        EXISTS (SELECT FROM public.rounds_round WHERE status = 'open' AND closes_at <= m.now)
            OR EXISTS (SELECT FROM own WHERE own.closes <= own.now),
        EXISTS (SELECT FROM public.rounds_round
                WHERE status = 'scheduled' AND NOT sandbox AND opens_at <= m.now)
            OR EXISTS (SELECT FROM own WHERE own.opens <= own.now),
        coalesce(closed.unsealed, false),
        EXISTS (SELECT FROM public.rounds_round r WHERE r.status = 'drawn' AND {NONE_UNPAID}),
        EXISTS (SELECT FROM public.rounds_round WHERE status = 'settled'),
        EXISTS (SELECT FROM public.rounds_round
                WHERE status = 'void' AND server_seed IS NULL
                  AND closes_at <= public.rounds_own_time(sandbox, game_id)
                  AND void_cause IS DISTINCT FROM {int(VoidCause.SEED_MISMATCH)} AND results_tree_id IS NULL),
        EXISTS (SELECT FROM own WHERE own.draws <= own.now),
        EXISTS (SELECT FROM public.rounds_round
                WHERE status = 'scheduled' AND NOT sandbox AND opens_at <= m.now OFFSET %b)
    FROM moment m CROSS JOIN closed
"""
