"""The end of what is online: below it, an operator's books are in the archive."""

from datetime import UTC, date, datetime
from uuid import UUID

from django.db import connection

from keno_platform.core.errors import Kind, Refusal
from wallet.models import ArchivedDay


class Archived(Refusal):
    """
    What was asked for is older than what is kept online; `params.archived_until` is the last day that is archived.
    Everything that was ever booked is in the archive, which the provider's staff can read; nothing has been lost, and
    nothing changes there.
    """

    code = "archived"
    kind = Kind.GONE
    title = "This is in the archive"


def horizon() -> UUID:
    """The first id that is not archived, in the bound schema."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT archive_horizon()")
        found: UUID = cursor.fetchone()[0]
    return found


def refuse_archived(row_id: UUID, **params: str) -> None:
    """
    For an id whose row was not found.

    :raises Archived: a row with this id, if there ever was one, is in the archive.
    """
    if row_id < horizon():
        raise archived(**params)


def archived(**params: str) -> Archived:
    """The refusal, with what a caller can say to the provider."""
    until = archived_until()
    return Archived("Ask the provider for it, with what is in params.", archived_until=str(until or ""), **params)


def archived_until() -> date | None:
    """The last day (UTC) that is archived; None when all days are online."""
    return ArchivedDay.objects.order_by("-day").values_list("day", flat=True).first()


def complete_since() -> datetime:
    """From when on everything is online: no transaction that became definite at this time or later is archived."""
    latest = ArchivedDay.objects.filter(last_at__isnull=False).order_by("-last_at").values_list("last_at", flat=True)
    return latest.first() or datetime.fromtimestamp(0, UTC)


def is_archived_in_part(since: datetime, until: datetime) -> bool:
    """Whether a transaction that became definite in this time may be archived: it began on its own day or later."""
    return ArchivedDay.objects.filter(day__lt=until.date(), last_at__gte=since).exists()
