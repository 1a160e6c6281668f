"""One sender for each publisher at a time. A lease, so that one that dies or freezes is replaced by itself."""

from uuid import UUID

from django.db import connection

from anchors.models import Sender

LEASE_S = 20.0
"""Longer than a pass may take. Were two to send all the same, the constraints of the tables make it harmless."""


def take(publisher: str, holder: UUID) -> bool:
    """Take the lease, or renew one's own. False while somebody else has it."""
    with connection.cursor() as cursor:
        cursor.execute(_TAKE, [publisher, holder, LEASE_S])
        return cursor.fetchone() is not None


def release(publisher: str, holder: UUID) -> None:
    """Give it back, if it is still one's own."""
    Sender.objects.filter(publisher=publisher, holder=holder).update(holder=None)


_TAKE = """
    INSERT INTO public.anchors_sender AS held (publisher, holder, expires_at, tried_at)
    VALUES (%s, %s, clock_timestamp() + make_interval(secs => %s), clock_timestamp())
    ON CONFLICT (publisher) DO UPDATE
    SET holder = excluded.holder, expires_at = excluded.expires_at, tried_at = excluded.tried_at
    WHERE held.holder IS NULL OR held.holder = excluded.holder OR held.expires_at < clock_timestamp()
    RETURNING holder
"""
