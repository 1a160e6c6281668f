"""Times as people read them."""

from datetime import UTC, datetime


def text_of_ms(milliseconds: int) -> str:
    """A time in UTC; what lies beyond the calendar is shown as its number."""
    try:
        return datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y-%m-%d %H:%M:%S") + (
            f".{milliseconds % 1000:03d} UTC"
        )
    except (ValueError, OverflowError, OSError):
        return f"{milliseconds} ms since 1970"
