"""The clock of a sandbox's game: it stands, steps and goes on, and no other game's time can be touched."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection, transaction

from audit.models import AuditEntry
from bets.services.placement import place_slips
from bets.tasks import settle_overdue
from keno_platform.core.errors import Refusal
from operators.models import Operator
from rounds import selectors
from rounds.clocks import Boundary, next_event, read_clock
from rounds.invariants import INVARIANTS
from rounds.models import LEAD_MAX, Epoch, Game, Participation, Round
from rounds.services import clock, epochs, tick
from rounds.services.clock import ClockHasNoLead, ClockTooFarAhead, NoSandbox, Until
from rounds.services.games import SANDBOX_GAMES_MAX, GameInvalid, TooManyGames, create_game, create_sandbox_game
from rounds.services.voiding import void_round
from tests.support.bets import new_player, place, slip
from tests.support.rounds import Timing, again, drive, new_game, open_round, settle, wait_until
from tests.support.sandboxes import driven, new_sandbox_game, new_sandbox_operator


@pytest.fixture(scope="module")
def sandbox(django_db_setup: None, django_db_blocker: Any) -> Operator:
    with django_db_blocker.unblock():
        return new_sandbox_operator("sandy")


@pytest.fixture
def game(committed: None, sandbox: Operator) -> Iterator[Game]:
    made = new_sandbox_game(sandbox)
    yield made
    clock.run(game=made, actor="test")


def step(game: Game, until: Until | None = None) -> clock.Stepped:
    with driven():
        return clock.step(game=game, until=until, actor="test")


def refused_by_the_database(statement: str, *parameters: Any) -> str:
    with pytest.raises(DatabaseError) as refusal, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, parameters)
    return str(refusal.value)


class TestWalking:
    def test_step_by_step_a_round_opens_closes_is_drawn_and_settled(self, game: Game, sandbox: Operator) -> None:
        seen, player = [], new_player(sandbox, money=10_000)
        for _ in range(3):
            stepped = step(game)
            assert stepped.done
            [event] = stepped.events
            one = selectors.get_round(round_id=event.round_id)
            seen.append((event.boundary.value, one.number, one.status))
            assert selectors.game_now(game.pk) == event.at  # it stands exactly there
            if event.boundary is Boundary.OPENED:
                bet = place(sandbox, player, round_id=one.pk)
                assert bet.created_at == one.opens_at
        assert seen == [("opened", 1, "open"), ("closed", 1, "closed"), ("drawn", 1, "revealed")]
        assert (one.bets_count, one.closed_at) == (1, one.closes_at)
        assert one.drawn_at == one.revealed_at == one.closes_at + timedelta(seconds=1)
        assert Participation.objects.get(round=one).settled_at is not None

    def test_an_open_round_stays_open_while_the_clock_stands(self, game: Game, sandbox: Operator) -> None:
        short = new_sandbox_game(sandbox, interval_seconds=20, betting_seconds=1)
        one = selectors.get_round(round_id=step(short, Until.OPENED).events[-1].round_id)
        stands_at = selectors.game_now(short.pk)
        wait_until(selectors.database_now() + timedelta(seconds=2))
        tick.run_due()
        assert again(one).status == "open"
        assert selectors.game_now(short.pk) == stands_at < one.closes_at
        place(sandbox, new_player(sandbox, money=10_000), round_id=one.pk)

        clock.run(game=short, actor="test")
        drive([one])
        done = again(one)
        assert (done.status, done.bets_count) == ("revealed", 1)
        assert done.closed_at is not None
        assert done.drawn_at is not None
        assert timedelta(0) <= done.closed_at - done.closes_at < timedelta(seconds=1)
        assert timedelta(seconds=1) <= done.drawn_at - done.closes_at < timedelta(seconds=3)

    def test_one_step_goes_as_far_as_asked(self, game: Game) -> None:
        drawn = step(game, Until.REVEALED)
        assert [event.boundary.value for event in drawn.events] == ["opened", "closed", "drawn"]
        assert [event.number for event in step(game, Until.CLOSED).events] == [2, 2]
        assert [event.boundary.value for event in step(game, Until.OPENED).events] == ["drawn", "opened"]
        assert step(game, Until.DRAWN).events[-1].number == 3

    def test_after_the_close_bets_are_refused_and_the_next_rounds_take_them(
        self, game: Game, sandbox: Operator
    ) -> None:
        player = new_player(sandbox, money=100_000)
        one = selectors.get_round(round_id=step(game, Until.CLOSED).events[-1].round_id)
        [placed] = place_slips(operator=sandbox, asks=[slip(sandbox, player, round_id=one.pk)])
        assert isinstance(placed, Refusal)
        assert placed.code == "round_not_open"
        after = selectors.get_round(round_id=step(game, Until.OPENED).events[-1].round_id)
        assert place(sandbox, player, round_id=after.pk).round_id == after.pk

    def test_a_step_whose_rounds_nobody_drives_says_that_it_is_not_done(self, game: Game) -> None:
        stepped = clock.step(game=game, actor="test", patience_s=0.1)
        assert not stepped.done
        again_stepped = step(game)
        assert again_stepped.events == stepped.events  # it waits for the same and goes no further
        assert again_stepped.done

    def test_the_clock_does_not_move_on_over_a_round_that_is_not_settled(self, game: Game, sandbox: Operator) -> None:
        one = selectors.get_round(round_id=step(game, Until.OPENED).events[-1].round_id)
        player = new_player(sandbox, money=10_000)
        place(sandbox, player, round_id=one.pk)
        step(game)
        stepped = clock.step(game=game, actor="test", patience_s=0.05)
        assert not stepped.done
        drive([one], "drawn", pay=False)
        before = selectors.game_now(game.pk)
        with pytest.raises(clock.RoundUnfinished):
            clock.step(game=game, actor="test", patience_s=0.05)
        assert selectors.game_now(game.pk) == before
        # The clock stands and the message is lost: the sweeper pays all the same.
        settle_overdue()
        drive([one])
        assert step(game).events[-1].boundary is Boundary.OPENED

    def test_whoever_steps_beyond_the_committed_rounds_gets_more(self, game: Game) -> None:
        bare = new_lead(game, timedelta(hours=1))
        assert next_event(bare) is None
        assert step(bare, Until.REVEALED).done
        Game.objects.filter(pk=bare.pk).update(active=False)

    def test_every_move_is_on_record(self, game: Game) -> None:
        step(game)
        clock.pause(game=game, actor="operator sandy")
        clock.run(game=game, actor="operator sandy")
        entries = AuditEntry.objects.filter(operator_id=game.owner_id, description__contains=game.code)
        assert list(entries.order_by("pk").values_list("event_type", flat=True)) == [
            "game.created",
            "clock.paused",
            "clock.stepped",
            "clock.paused",
            "clock.released",
        ]

    def test_the_invariants_hold_at_each_step(self, game: Game, sandbox: Operator) -> None:
        def broken() -> list[str]:
            found = []
            with connection.cursor() as cursor:
                for one in INVARIANTS:
                    cursor.execute(f"SELECT count(*) FROM ({one.violations}) v")
                    found += [one.code] if cursor.fetchone()[0] else []
            return found

        before = broken()
        for _ in range(7):
            step(game)
            assert broken() == before
        assert "I16-seeds-stay-secret" not in before
        assert "I35-clocks-of-sandboxes-only" not in before


class TestTheClock:
    def test_it_is_ahead_of_the_real_one_and_standing_uses_that_up(self, game: Game) -> None:
        assert timedelta(hours=3, minutes=59) < read_clock(game).lead <= timedelta(hours=4)
        stopped = clock.pause(game=game, actor="test")
        wait_until(selectors.database_now() + timedelta(milliseconds=200))
        later = read_clock(game)
        assert later.now == stopped.now
        assert later.lead < stopped.lead
        running = clock.run(game=game, actor="test")
        assert abs(running.lead - later.lead) < timedelta(seconds=1)

    def test_a_forgotten_pause_ends_by_itself(self, game: Game, settings: Any) -> None:
        settings.SANDBOX_PAUSE_SECONDS = 1
        stopped = clock.pause(game=game, actor="test")
        assert stopped.stands
        assert stopped.goes_on_at is not None
        wait_until(stopped.goes_on_at + timedelta(milliseconds=300))
        now = read_clock(game)
        assert not now.stands
        assert timedelta(milliseconds=300) <= now.now - stopped.now < timedelta(seconds=5)

    def test_it_stands_no_longer_than_its_lead(self, game: Game) -> None:
        own = new_lead(game, timedelta(seconds=20))
        stopped = clock.pause(game=own, actor="test")
        assert stopped.goes_on_at is not None
        assert abs(stopped.goes_on_at - stopped.now) < timedelta(milliseconds=1)
        brief = new_lead(game, timedelta(seconds=2))
        with pytest.raises(ClockHasNoLead):
            clock.pause(game=brief, actor="test")

    def test_it_gets_no_further_ahead_than_half_a_day(self, game: Game) -> None:
        far = new_lead(game, LEAD_MAX)
        with pytest.raises(ClockTooFarAhead):
            clock.step(game=far, actor="test")
        assert not read_clock(far).stands  # nothing has changed

    def test_its_epochs_hold_no_other_games_rounds_and_are_committed_before(self, game: Game) -> None:
        ordinary = create_game(code=f"o-{game.code[8:]}", name="ordinary", interval_seconds=600, betting_seconds=300)
        try:
            epochs.schedule_ahead()
        finally:
            Game.objects.filter(pk=ordinary.pk).update(active=False)
        own = set(Round.objects.filter(game=game).values_list("epoch", flat=True))
        assert own
        assert not Round.objects.filter(epoch__in=own).exclude(game=game).exists()
        assert Round.objects.filter(game=ordinary).exists()
        for epoch in Epoch.objects.filter(pk__in=own):
            assert epoch.committed_at < epoch.starts_at

    def test_the_tick_wakes_at_the_boundaries_of_a_game_that_is_ahead(self, game: Game) -> None:
        clock.run(game=game, actor="test")
        event = next_event(game)
        assert event is not None
        waits = event.at - selectors.game_now(game.pk)
        assert timedelta(0) < waits < timedelta(seconds=90)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT public.real_time(lead, stopped_at, resumes_at, %s) - clock_timestamp() "
                "FROM public.rounds_gameclock WHERE game_id = %s",
                [event.at, game.pk],
            )
            assert abs(cursor.fetchone()[0] - waits) < timedelta(seconds=1)
        clock.pause(game=game, actor="test")
        assert tick._pause() > 0


def new_lead(game: Game, lead: timedelta) -> Game:
    """Another game of the sandbox, without rounds yet, with a clock that is so far ahead. None runs back by itself."""
    code = f"sandbox-{uuid4().hex[:12]}"
    terms: dict[str, Any] = {"interval_seconds": 300, "betting_seconds": 200, "network": "none", "sandbox": True}
    ahead = create_game(code=code, name=code, owner_id=game.owner_id, **terms)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE public.rounds_gameclock DISABLE TRIGGER rounds_clock_guard")
        cursor.execute(
            "UPDATE public.rounds_gameclock SET lead = make_interval(secs => %s), stopped_at = NULL, "
            "resumes_at = NULL, changed_at = clock_timestamp() WHERE game_id = %s",
            [lead.total_seconds(), ahead.pk],
        )
        cursor.execute("ALTER TABLE public.rounds_gameclock ENABLE TRIGGER rounds_clock_guard")
    return ahead


@pytest.mark.usefixtures("committed")
class TestOrdinaryGames:
    def test_have_no_clock_to_stop_or_step(self, operator_a: Operator) -> None:
        for ordinary in (new_game(), new_game(owner_id=operator_a.pk)):
            for move in (clock.pause, clock.run, clock.step):
                with pytest.raises(NoSandbox):
                    move(game=ordinary, actor="test")
            with pytest.raises(NoSandbox):
                clock.find_sandbox_game(code=ordinary.code, operator_id=operator_a.pk)

    def test_go_by_the_real_clock_whatever_somebody_writes_into_the_tables(self, game: Game, sandbox: Operator) -> None:
        ordinary, one = new_game(owner_id=sandbox.pk), open_round(new_game())
        insert = "INSERT INTO public.rounds_gameclock (game_id, lead, changed_at) VALUES (%s, %s, clock_timestamp())"
        move = "UPDATE public.rounds_gameclock SET game_id = %s, changed_at = clock_timestamp() WHERE game_id = %s"
        become = "UPDATE public.rounds_game SET sandbox = true, code = 'sandbox-' || id WHERE id = %s"
        hour = timedelta(hours=1)
        assert "only a sandbox" in refused_by_the_database(insert, ordinary.pk, hour)
        assert "only a sandbox" in refused_by_the_database(insert, one.game_id, hour)
        assert "only a sandbox" in refused_by_the_database(move, ordinary.pk, game.pk)
        assert "never changes" in refused_by_the_database(become, ordinary.pk)
        assert "never changes" in refused_by_the_database(become, one.game_id)
        moved = "UPDATE public.rounds_round SET closes_at = closes_at + interval '1 hour' WHERE id = %s"
        assert "never changes" in refused_by_the_database(moved, one.pk)
        mark = "UPDATE public.rounds_round SET sandbox = true WHERE id = %s"
        assert "refused" in refused_by_the_database(mark, one.pk)
        before = selectors.database_now()
        assert before <= selectors.game_now(one.game_id) <= selectors.database_now()

    def test_and_bets_on_them_in_one_call_with_a_sandboxs_are_dated_before_every_close(
        self, game: Game, sandbox: Operator
    ) -> None:
        ordinary = open_round(new_game(), timing=Timing(betting=60))
        own = selectors.get_round(round_id=step(game, Until.OPENED).events[-1].round_id)
        player = new_player(sandbox, money=100_000)
        asks = [slip(sandbox, player, round_id=one.pk) for one in (own, ordinary)]
        placed = place_slips(operator=sandbox, asks=asks)
        for one, bets in zip((own, ordinary), placed, strict=True):
            assert not isinstance(bets, Refusal), bets
            assert bets[0].created_at < one.closes_at
            assert bets[0].created_at <= selectors.database_now()
        void_round(round_id=ordinary.pk, reason="test", actor="test")
        settle([ordinary.pk])


@pytest.mark.usefixtures("committed")
class TestSandboxesForEver:
    def test_a_games_clock_never_runs_back_and_never_goes(self, game: Game) -> None:
        clock.run(game=game, actor="test")
        lead = "UPDATE public.rounds_gameclock SET lead = lead - interval '1 minute', changed_at = clock_timestamp()"
        assert "never runs back" in refused_by_the_database(f"{lead} WHERE game_id = %s", game.pk)
        later = "UPDATE public.rounds_gameclock SET changed_at = clock_timestamp() - interval '1 hour'"
        assert "another time" in refused_by_the_database(f"{later} WHERE game_id = %s", game.pk)
        far = "UPDATE public.rounds_gameclock SET changed_at = clock_timestamp(), "
        stop = "stopped_at = clock_timestamp() + interval '13 hours', resumes_at = clock_timestamp()"
        assert "too far" in refused_by_the_database(f"{far}{stop} WHERE game_id = %s", game.pk)
        behind = (
            "stopped_at = clock_timestamp() + interval '5 hours', resumes_at = clock_timestamp() + interval '6 hours'"
        )
        assert "goes_on_in_time" in refused_by_the_database(f"{far}{behind} WHERE game_id = %s", game.pk)
        assert "keeps its rows" in refused_by_the_database("DELETE FROM public.rounds_gameclock")
        assert "keeps its rows" in refused_by_the_database("TRUNCATE public.rounds_gameclock")

    def test_its_game_and_its_owner_stay_a_sandboxs(self, game: Game, sandbox: Operator, operator_a: Operator) -> None:
        change = "UPDATE public.rounds_game SET {} WHERE id = %s"
        assert "never changes" in refused_by_the_database(change.format("sandbox = false"), game.pk)
        given = f"owner_id = '{operator_a.pk}'"
        assert "never changes" in refused_by_the_database(change.format(given), game.pk)
        assert "sandbox_terms" in refused_by_the_database(change.format("network = 'local'"), game.pk)
        real = "UPDATE public.operators_operator SET sandbox = false WHERE operator_id = %s"
        assert "has games of a sandbox" in refused_by_the_database(real, sandbox.pk)

    def test_a_round_is_not_committed_when_it_should_be_open_by_the_games_own_time(self, game: Game) -> None:
        [first] = Round.objects.filter(game=game).order_by("number")[:1]
        late = f"""
            INSERT INTO public.rounds_round (game_id, number, epoch_id, leaf_index, network, anchoring, opens_at,
                closes_at, beacon_round, server_seed_hash, status, close_key_id, void_reason)
            SELECT game_id, 99999, epoch_id, 99999, network, anchoring,
                   public.game_clock(game_id) - interval '1 second',
                   public.game_clock(game_id) + interval '1 minute', 0, server_seed_hash, 'scheduled', '', ''
            FROM public.rounds_round WHERE id = {first.pk}"""
        assert "before it is committed" in refused_by_the_database(late)

    def test_only_a_sandbox_has_such_games(self, operator_a: Operator, sandbox: Operator) -> None:
        terms: dict[str, Any] = {"name": "x", "interval_seconds": 10, "betting_seconds": 7, "actor": "test"}
        with pytest.raises(NoSandbox):
            create_sandbox_game(operator=operator_a, code="sandbox-x", **terms)
        with pytest.raises(GameInvalid):  # the database says so too, whoever asks
            create_game(code="sandbox-x", name="x", network="none", owner_id=operator_a.pk, sandbox=True)
        for code in ("keno-x", "sandbox-", "sandbox-X", "sandbox-" + "x" * 25, "sandbox-x\n"):
            with pytest.raises(GameInvalid):
                create_sandbox_game(operator=sandbox, code=code, **terms)
        for interval, betting in ((4, 1), (601, 7), (10, 9), (10, 0)):
            wrong = terms | {"interval_seconds": interval, "betting_seconds": betting}
            with pytest.raises(GameInvalid):
                create_sandbox_game(operator=sandbox, code="sandbox-x", **wrong)

    def test_the_same_game_asked_for_again_is_the_same_and_there_are_only_a_few(self, sandbox: Operator) -> None:
        first = new_sandbox_game(sandbox, interval_seconds=600, betting_seconds=300)
        terms: dict[str, Any] = {"interval_seconds": 600, "betting_seconds": 300, "actor": "test"}
        same = create_sandbox_game(operator=sandbox, code=first.code, name=first.name, **terms)
        assert same.pk == first.pk
        for n in range(1, SANDBOX_GAMES_MAX):
            create_sandbox_game(operator=sandbox, code=f"{first.code}-{n}", name="x", **terms)
        with pytest.raises(TooManyGames):
            create_sandbox_game(operator=sandbox, code=f"{first.code}-x", name="x", **terms)
        Game.objects.filter(owner=sandbox).update(active=False)


def test_the_end_of_rounds_is_told_once_each_whether_revealed_or_void(game: Game) -> None:
    from rounds.ports import ports

    heard: list[int] = []
    ports.on_finished.append(heard.extend)
    try:
        revealed = step(game, Until.REVEALED).events[-1].round_id
        void = step(game, Until.OPENED).events[-1].round_id
        void_round(round_id=void, reason="test", actor="test")
        step(game, Until.OPENED)
    finally:
        ports.on_finished.remove(heard.extend)
    assert [one for one in heard if one in (revealed, void)] == [revealed, void]


def test_a_listener_that_fails_holds_up_no_round(game: Game) -> None:
    from rounds.ports import ports

    def fail(_: list[int]) -> None:
        raise RuntimeError("a listener's fault")

    ports.on_finished.append(fail)
    try:
        assert step(game, Until.REVEALED).done
    finally:
        ports.on_finished.remove(fail)
