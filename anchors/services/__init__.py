"""Registering roots for the chain."""

from django.db import connection, transaction
from django.db.models import Max

from anchors.models import Root, RootKind

__all__ = ["RootKind", "register_root"]
_SEQUENCE_LOCK = 0x4B4E_524F


@transaction.atomic
def register_root(*, kind: RootKind, root: bytes, size: int) -> Root:
    """Give a root of `size` leaves the next place in the order, in the caller's transaction."""
    with connection.cursor() as cursor:
        # A sequence object would leave gaps behind rolled-back transactions.
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_SEQUENCE_LOCK])
    last = Root.objects.aggregate(last=Max("seq"))["last"] or 0
    return Root.objects.create(seq=last + 1, kind=kind, root=root, size=size)
