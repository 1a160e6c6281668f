"""What a scrape asks of rounds."""

from keno_platform.core.gauges import Gauge

_OWN = "public.rounds_own_time(sandbox, game_id)"

GAUGES = (
    Gauge(
        name="keno_rounds_unfinished",
        meaning="Rounds that are open, or closed and on their way to their end.",
        labels=("status",),
        query=" UNION ALL ".join(
            f"SELECT '{status}', count(*) FROM public.rounds_round WHERE status = '{status}'"
            for status in ("open", "closed", "drawn", "settled")
        ),
    ),
    Gauge(
        name="keno_round_lag_seconds",
        meaning="By how much the round that is latest with opening or closing is late; 0 when none is.",
        query=f"""
            SELECT greatest(0, coalesce(extract(epoch FROM max(late)), 0)) FROM (
                SELECT max({_OWN} - closes_at) AS late FROM public.rounds_round WHERE status = 'open'
                UNION ALL
                SELECT clock_timestamp() - min(opens_at) FROM public.rounds_round
                WHERE status = 'scheduled' AND NOT sandbox) one""",
    ),
    Gauge(
        name="keno_draw_lag_seconds",
        meaning="How long ago the round closed that waits longest for its draw; 0 when none waits.",
        query=f"""
            SELECT greatest(0, coalesce(extract(epoch FROM max({_OWN} - closes_at)), 0))
            FROM public.rounds_round WHERE status = 'closed'""",
    ),
    Gauge(
        name="keno_settlement_lag_seconds",
        meaning="How long ago the round was drawn or void that waits longest for some operator's settlement.",
        query="""
            SELECT coalesce(extract(epoch FROM clock_timestamp() - min(coalesce(r.drawn_at, r.voided_at))), 0)
            FROM public.rounds_participation p JOIN public.rounds_round r ON r.id = p.round_id
            WHERE p.settled_at IS NULL AND r.status IN ('drawn', 'void') AND NOT r.sandbox""",
    ),
    Gauge(
        name="keno_games_active",
        meaning="Games that should have rounds.",
        query="SELECT count(*) FROM public.rounds_game WHERE active",
    ),
    Gauge(
        name="keno_rounds_ahead_seconds",
        meaning="For how long from now on committed rounds stand, of the game that has fewest; missing without a game.",
        query="""
            SELECT greatest(0, coalesce(min(extract(epoch FROM ahead - clock_timestamp())), 0)) FROM (
                SELECT coalesce((SELECT max(r.opens_at) FROM public.rounds_round r
                                 WHERE r.game_id = g.id AND r.status = 'scheduled'), clock_timestamp()) AS ahead
                FROM public.rounds_game g
                WHERE g.active AND NOT EXISTS (SELECT FROM public.rounds_gameclock c WHERE c.game_id = g.id)) one
            HAVING count(*) > 0""",
    ),
    Gauge(
        name="keno_rounds_void_hour",
        meaning="Rounds that were void in the last hour, by cause.",
        labels=("cause",),
        query="""
            SELECT void_cause::text, count(*) FROM public.rounds_round
            WHERE status = 'void' AND id > (SELECT coalesce(max(id), 0) - 20000 FROM public.rounds_round)
              AND voided_at > clock_timestamp() - interval '1 hour' GROUP BY 1""",
    ),
    Gauge(
        name="keno_beacon_silence_seconds",
        meaning="How long ago a relay of the public beacon last answered right.",
        labels=("relay",),
        query="""
            SELECT url, extract(epoch FROM clock_timestamp() - answered_at) FROM public.rounds_relay
            WHERE answered_at IS NOT NULL""",
    ),
)
