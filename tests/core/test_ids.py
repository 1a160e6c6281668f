"""UUIDv7: ordered by time within a process, and their bounds by day."""

import threading
import time
from datetime import UTC, datetime, timedelta, tzinfo
from uuid import RFC_4122

from hypothesis import given
from hypothesis import strategies as st

from keno_platform.core import ids
from keno_platform.core.clock import to_milliseconds

MANY = 20_000
THREADS = 8
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def test_an_id_is_a_version_7_uuid_of_rfc_9562() -> None:
    made = ids.uuid7()
    assert (made.version, made.variant) == (7, RFC_4122)


def test_ids_rise_strictly_however_fast_they_are_made() -> None:
    made = [ids.uuid7() for _ in range(MANY)]
    assert made == sorted(set(made))


def test_ids_that_the_database_orders_as_bytes_are_in_the_same_order_as_texts() -> None:
    made = [ids.uuid7() for _ in range(100)]
    assert sorted(made, key=lambda one: one.bytes) == sorted(made, key=str) == made


def test_threads_never_share_an_id_and_each_sees_its_own_rise() -> None:
    made: list[list[object]] = [[] for _ in range(THREADS)]
    ready = threading.Barrier(THREADS)

    def run(own: list[object]) -> None:
        ready.wait()
        own.extend(ids.uuid7() for _ in range(MANY // THREADS))

    threads = [threading.Thread(target=run, args=(own,)) for own in made]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all(own == sorted(own) for own in made)
    assert len({one for own in made for one in own}) == MANY


def test_the_time_inside_an_id_is_when_it_was_made() -> None:
    before = time.time_ns() // 1_000_000
    made = ids.uuid7()
    after = time.time_ns() // 1_000_000
    assert before <= made.int >> 80 <= after + 1


def test_the_random_part_differs_between_ids() -> None:
    parts = {ids.uuid7().int & ((1 << 62) - 1) for _ in range(1000)}
    assert len(parts) == 1000


def test_a_bets_lowest_four_bits_are_free_and_bets_still_rise() -> None:
    made = [ids.bet_id() for _ in range(1000)]
    assert {one.int & 0xF for one in made} == {0}
    assert {one.version for one in made} == {7}
    assert made == sorted(set(made))


def test_the_movements_of_a_bet_stand_between_it_and_the_next_bet() -> None:
    first, second = ids.bet_id(), ids.bet_id()
    movements = [first.int + number for number in range(1, 16)]
    assert all(first.int < movement < second.int for movement in movements)


def test_the_floor_of_a_moment_is_below_every_id_made_since_and_above_every_one_before() -> None:
    earlier = ids.uuid7()
    now = datetime.now(UTC)
    later = ids.uuid7()
    assert earlier < ids.uuid7_floor(now + timedelta(milliseconds=2))
    assert ids.uuid7_floor(now) <= later


@given(st.timedeltas(timedelta(0), timedelta(days=2_900_000)))
def test_floors_cut_time_into_days_without_gap_or_overlap(since_1970: timedelta) -> None:
    moment = EPOCH + since_1970
    midnight = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    low, high = ids.uuid7_floor(midnight), ids.uuid7_floor(midnight + timedelta(days=1))
    own = to_milliseconds(moment) << 80 | 7 << 76 | 2 << 62
    assert low.int <= own < high.int
    last = own | 0xFFF << 64 | (1 << 62) - 1
    assert last < high.int


@given(st.timezones(), st.timedeltas(timedelta(days=1), timedelta(days=50_000)))
def test_the_floor_does_not_depend_on_the_zone_that_a_moment_is_written_in(zone: tzinfo, since_1970: timedelta) -> None:
    utc = EPOCH + since_1970
    assert ids.uuid7_floor(utc) == ids.uuid7_floor(utc.astimezone(zone))
