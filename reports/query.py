"""What somebody asked a report for. The same query over a time that has passed gives the same rows."""

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, Self
from uuid import UUID

from keno_platform.core.clock import YEAR_MAX, YEAR_MIN, from_text, to_text
from keno_platform.core.errors import Kind, MalformedRequest, Refusal
from keno_platform.core.ids import uuid7_floor

SPAN_MAX = timedelta(days=3660)
_MONTH = re.compile(r"(\d{4})-(\d{2})", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
BUCKETS = ("period", "month", "day")


class ReportPeriodInvalid(Refusal):
    """A report covers a time above zero: turnover up to 366 days, all others up to ten years."""

    code = "report_period_invalid"
    kind = Kind.INVALID
    title = "The period of the report is not valid"


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """
    A period from `since` to before `until`, and what narrows the report down; empty texts narrow nothing.

    `operator` is a slug, empty for all of them. `by` says over what figures are summed up: one of BUCKETS. `at_least`
    is a decimal amount.
    """

    since: datetime
    until: datetime
    operator: str = ""
    game: str = ""
    by: str = "period"
    player: str = ""
    at_least: str = ""

    def __post_init__(self) -> None:
        if not timedelta(0) < self.until - self.since <= SPAN_MAX:
            raise ReportPeriodInvalid(f"`to` must be after `from`, by at most {SPAN_MAX.days} days.")

    @property
    def low(self) -> UUID:
        """The smallest id that something made in the period can have."""
        return uuid7_floor(self.since)

    @property
    def high(self) -> UUID:
        """The smallest id of what was made after the period."""
        return uuid7_floor(self.until)

    def days(self) -> list[tuple[datetime, datetime]]:
        """The period, cut where days begin (UTC)."""
        cuts, at = [self.since], _midnight(self.since.date()) + timedelta(days=1)
        while at < self.until:
            cuts.append(at)
            at += timedelta(days=1)
        return list(zip(cuts, [*cuts[1:], self.until], strict=True))

    def as_json(self) -> dict[str, str]:
        """What is kept and printed with the report; empty members are left out."""
        own = asdict(self) | {"since": to_text(self.since), "until": to_text(self.until)}
        named = {"from": own.pop("since"), "to": own.pop("until"), **own}
        return {name: value for name, value in named.items() if value}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The query that `as_json` has written."""
        own = {name: text for name, text in value.items() if name not in ("from", "to")}
        return cls(since=from_text(value["from"]), until=from_text(value["to"]), **own)


def bounds_of(*, period: str, since: str, until: str, now: datetime | None) -> tuple[datetime, datetime]:
    """
    The bounds that texts name: a period, or `from` and `to`; with `now`, for reports on this moment, the day before it.

    :raises MalformedRequest: not both, or not times. :raises ReportPeriodInvalid: nothing names a period.
    """
    if now is not None and not (period or since or until):
        return now - timedelta(days=1), now
    if period and not (since or until):
        return period_of(period)
    if since and until and not period:
        return from_text(since), from_text(until)
    raise ReportPeriodInvalid("Give `period` (2026-11 or 2026-11-21), or `from` and `to`.")


def period_of(text: str) -> tuple[datetime, datetime]:
    """
    The bounds of a month such as 2026-11 or a day such as 2026-11-21, in UTC.

    :raises MalformedRequest: neither.
    """
    try:
        if _DAY.fullmatch(text):
            first = date.fromisoformat(text)
            return _bounded(first, first + timedelta(days=1))
        if month := _MONTH.fullmatch(text):
            first = date(int(month[1]), int(month[2]), 1)
            return _bounded(first, (first + timedelta(days=32)).replace(day=1))
    except (ValueError, OverflowError) as error:
        raise MalformedRequest(f"{text} is no day and no month.") from error
    raise MalformedRequest("A period is a month such as 2026-11 or a day such as 2026-11-21.")


def _bounded(first: date, last: date) -> tuple[datetime, datetime]:
    if not YEAR_MIN <= first.year <= YEAR_MAX:
        raise ValueError(first)
    return _midnight(first), _midnight(last)


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
