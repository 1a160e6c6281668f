"""What staff see of the relays of a public beacon: one row each, kept by whoever drives the rounds."""

from django.db import connection

from rounds import beacons


def note_relays() -> None:
    """
    Write down how this process has met each relay; of several processes, the newest meeting counts.

    A relay that no process asks any more keeps its last row.
    """
    with connection.cursor() as cursor:
        for one in beacons.relay_status():
            if one.answered_at or one.refused_at:
                cursor.execute(_NOTE, [one.relay[:200], one.answered_at, one.refused_at, one.refusal, one.detail[:300]])


_NOTE = """
    INSERT INTO public.rounds_relay AS known (url, answered_at, refused_at, refusal, detail)
    VALUES (%s, %s, %s, %s, %s)
    ON CONFLICT (url) DO UPDATE SET
        answered_at = greatest(known.answered_at, excluded.answered_at),
        refused_at = greatest(known.refused_at, excluded.refused_at),
        refusal = CASE WHEN excluded.refused_at > coalesce(known.refused_at, '-infinity')
                       THEN excluded.refusal ELSE known.refusal END,
        detail = CASE WHEN excluded.refused_at > coalesce(known.refused_at, '-infinity')
                      THEN excluded.detail ELSE known.detail END
"""
