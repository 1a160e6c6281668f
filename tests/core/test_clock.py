"""Times as the API prints and reads them."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from keno_platform.core import clock
from keno_platform.core.errors import MalformedRequest

EAST = timezone(timedelta(hours=3))
NO_MOMENTS = [
    "",
    "yesterday",
    "1763719200",
    "NaN",
    "1999-12-31T00:00:00Z",
    "1969-12-31T23:59:59Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59-14:00",
    "2026-11-21",
    "2026-11-21T10:00:00",
    "2026-02-30T10:00:00Z",
    "2026-11-21T25:00:00Z",
    "2026-11-21T10:00:00+25:00",
    "2026-11-21T10:00:00Zulu",
    "2026-11-21T10:00:00Z\n",
    "２０２６-11-21T10:00:00Z",
]


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (datetime(2026, 11, 21, 10, 0, tzinfo=UTC), "2026-11-21T10:00:00.000Z"),
        (datetime(2026, 11, 21, 10, 0, 0, 999_999, tzinfo=UTC), "2026-11-21T10:00:00.999Z"),
        (datetime(2026, 11, 21, 1, 0, tzinfo=EAST), "2026-11-20T22:00:00.000Z"),
    ],
)
def test_a_time_is_printed_in_utc_with_whole_milliseconds(moment: datetime, text: str) -> None:
    assert clock.to_text(moment) == text


@given(st.timedeltas(timedelta(days=11_000), timedelta(days=83_000)), st.integers(-14, 14))
def test_a_printed_time_is_read_back_to_the_millisecond(since_1970: timedelta, hours: int) -> None:
    moment = (datetime(1970, 1, 1, tzinfo=UTC) + since_1970).astimezone(timezone(timedelta(hours=hours)))
    read = clock.from_text(clock.to_text(moment))
    assert timedelta(0) <= moment - read < timedelta(milliseconds=1)
    assert clock.to_milliseconds(read) == clock.to_milliseconds(moment)


@pytest.mark.parametrize("text", NO_MOMENTS)
def test_a_text_that_names_no_moment_is_refused(text: str) -> None:
    with pytest.raises(MalformedRequest):
        clock.from_text(text)


@given(st.text(max_size=40))
def test_any_text_is_a_moment_with_a_zone_or_a_refusal(text: str) -> None:
    try:
        moment = clock.from_text(text)
    except MalformedRequest:
        return
    assert moment.tzinfo is not None


@pytest.mark.parametrize(
    ("moment", "milliseconds"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), 0),
        (datetime(1970, 1, 1, 0, 0, 0, 1999, tzinfo=UTC), 1),
        (datetime(2026, 11, 21, 10, 0, 0, 123_999, tzinfo=UTC), 1_795_255_200_123),
        (datetime(2026, 11, 21, 13, 0, 0, 123_999, tzinfo=EAST), 1_795_255_200_123),
    ],
)
def test_milliseconds_are_whole_and_rounded_down(moment: datetime, milliseconds: int) -> None:
    assert clock.to_milliseconds(moment) == milliseconds


def test_now_is_aware_and_in_utc() -> None:
    assert clock.now().utcoffset() == timedelta(0)
