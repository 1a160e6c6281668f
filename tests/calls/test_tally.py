"""Accepted placements are listed up to a rate and counted beyond it; nothing of it is silent."""

from uuid import uuid4

import pytest

from calls import recorder
from calls.models import Call
from calls.tally import LIMITED, Kind, Tally

pytestmark = pytest.mark.usefixtures("committed")


def test_beyond_the_rate_calls_are_counted_and_the_log_says_how_many() -> None:
    kind, other = Kind(uuid4(), "ko_first", "/api/v1/bets"), Kind(uuid4(), "ko_other", "/api/v1/bets")
    tally = Tally(per_second=3)
    tally._second = -1
    listed = [tally.lists(kind) for _ in range(40)] + [tally.lists(other) for _ in range(2)]
    listed_count = sum(listed)
    assert 3 <= listed_count <= 6  # at a second's end it begins anew
    tally.tell()
    tally.tell()  # what was told is not told again
    assert recorder.wait_until_written()
    told = {
        call.key_hint: int(call.request.split()[0].strip("["))
        for call in Call.objects.filter(operator_id__in=(kind.operator_id, other.operator_id))
    }
    assert sum(told.values()) == 42 - listed_count
    assert told["ko_other"] <= 2


def test_calls_beyond_a_rate_limit_are_told_as_such_and_of_nobody_where_nobody_is_known() -> None:
    path = f"/api/v1/{uuid4()}"
    for operator_id in (uuid4(), None):
        tally = Tally(per_second=0)
        for _ in range(7):
            tally.lists(Kind(operator_id, "", path, method="GET", status=LIMITED))
        tally.tell()
        assert recorder.wait_until_written()
        [told] = Call.objects.filter(path=path, operator_id=operator_id)
        assert (told.status, told.code, told.method) == (429, "rate_limited", "GET")
        assert told.request.startswith("[7 more calls beyond a rate limit until ")


def test_what_was_counted_is_told_when_the_process_ends() -> None:
    kind = Kind(uuid4(), "ko_ending", "/api/v1/bets")
    tally = Tally(per_second=0)
    recorder.before_close(tally.tell)
    assert not tally.lists(kind)
    recorder.close()
    assert Call.objects.filter(operator_id=kind.operator_id).count() == 1
