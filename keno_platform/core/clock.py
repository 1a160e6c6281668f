"""The one place that reads this machine's clock. Rules of the game use the database's clock instead."""

from datetime import UTC, datetime

from keno_platform.core.errors import MalformedRequest

YEAR_MIN, YEAR_MAX = 2000, 2199
"""Times that a request may name: beyond them are typing slips, and ids that no UUIDv7 can have."""


def now() -> datetime:
    """The current time, aware, in UTC. Passed in at the edges; never used to decide whether a bet is in time."""
    return datetime.now(UTC)


def to_milliseconds(moment: datetime) -> int:
    """Whole milliseconds since 1970-01-01 UTC, the unit of every KPS-1 message."""
    delta = moment - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * 1000 + delta.microseconds // 1000


def to_text(moment: datetime) -> str:
    """RFC 3339 in UTC with milliseconds, as the API prints every time."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def from_text(text: str) -> datetime:
    """
    The moment of an RFC 3339 text with a zone, in UTC, from a request.

    :raises MalformedRequest: not such a text, or outside the years YEAR_MIN to YEAR_MAX.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise MalformedRequest("A time must be RFC 3339 with a zone, such as 2026-11-21T10:00:00Z.") from error
    if moment.tzinfo is None:
        raise MalformedRequest("A time must name its zone, such as Z.")
    if not YEAR_MIN <= moment.year <= YEAR_MAX:
        raise MalformedRequest(f"The year of a time must be {YEAR_MIN} to {YEAR_MAX}.")
    return moment.astimezone(UTC)
