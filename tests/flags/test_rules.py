"""What rules find in bets that were really placed, and that finding it changes nothing."""

from datetime import timedelta
from typing import Any
from unittest.mock import ANY

import pytest
import redis
from django.conf import settings

from audit.models import AuditEntry
from bets.services.cancellation import cancel_bet
from bets.services.placement import place_slips
from flags import services
from flags.models import Flag, FlagStatus, Progress
from flags.ports import ports
from flags.rules import crowds, returns
from flags.tasks import look as look_at_all
from flags.tasks import look_at
from operators.models import Operator
from operators.selectors import list_operators
from operators.tenancy import tenant_context
from players.models import Player
from rounds.models import Round, RoundStatus
from rounds.services.voiding import void_round
from tests.flags.conftest import Look
from tests.support.bets import everything, new_player, place, slip
from tests.support.rounds import Timing, commit_rounds, drive, new_game, open_round, wait_until
from tests.support.threads import at_once

LONG = Timing(betting=3)
pytestmark = pytest.mark.usefixtures("committed")


def place_all(operator: Operator, one: Round, slips: list[tuple[Player, list[int]]]) -> None:
    asks = [slip(operator, player, round_id=one.pk, picks=picks) for player, picks in slips]
    placed = place_slips(operator=operator, asks=asks)
    assert all(isinstance(each, list) for each in placed), placed


def players(operator: Operator, count: int) -> list[Player]:
    return [new_player(operator, money=1_000_000) for _ in range(count)]


def finish(one: Round) -> None:
    drive([one], RoundStatus.REVEALED)


def by(rule: str, flags: list[Flag]) -> list[Flag]:
    return [flag for flag in flags if flag.rule == rule]


class TestTempo:
    def test_fifty_slips_in_a_moment_are_too_many_for_hands_and_forty_nine_are_not(
        self, look: Look, operator_a: Operator
    ) -> None:
        one, (fast, steady) = open_round(new_game(), timing=Timing(betting=30)), players(operator_a, 2)
        place_all(operator_a, one, [(fast, [n + 1]) for n in range(50)] + [(steady, [n + 1]) for n in range(49)])
        [flag] = look()
        assert flag.rule == "impossible_tempo"
        assert flag.player == fast
        assert flag.status == FlagStatus.OPEN
        assert flag.evidence == {
            "slips": 50, "from": ANY, "to": ANY, "seconds": "0.000", "rule": "50 slips within 10 seconds",
        }  # fmt: skip
        entry = AuditEntry.objects.filter(event_type="flag.raised").order_by("-pk")[0]
        assert entry.operator_id == operator_a.pk
        assert entry.after["subject"] == f"player:{fast.pk}"

    def test_a_burst_that_goes_on_over_two_looks_is_one_burst(self, look: Look, operator_a: Operator) -> None:
        one, [player] = open_round(new_game(), timing=Timing(betting=30)), players(operator_a, 1)
        place_all(operator_a, one, [(player, [n + 1]) for n in range(30)])
        assert look() == []
        place_all(operator_a, one, [(player, [n + 31]) for n in range(20)])
        [flag] = look()
        assert flag.times == 1
        assert look() == [], "what was found is not found again"
        place_all(operator_a, one, [(player, [n + 1]) for n in range(2)])
        assert look() == []
        with tenant_context(operator_a):
            flag.refresh_from_db()
        assert flag.times == 2, "it goes on: the same flag, with the newest evidence"

    def test_a_ticket_over_many_rounds_is_one_slip(self, look: Look, operator_a: Operator) -> None:
        game, [player] = new_game(), players(operator_a, 1)
        rounds = commit_rounds(game, count=20, timing=Timing(betting=20))
        wait_until(rounds[0].opens_at)
        drive(rounds[:1], RoundStatus.OPEN)
        asks = [slip(operator_a, player, game=game.code, rounds=20, picks=[n + 1]) for n in range(10)]
        assert all(isinstance(each, list) for each in place_slips(operator=operator_a, asks=asks))
        assert look() == []

    def test_a_look_takes_a_bounded_part_and_the_next_goes_on(
        self, look: Look, operator_a: Operator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(services, "BETS_A_LOOK", 7)
        one, [player] = open_round(new_game(), timing=Timing(betting=30)), players(operator_a, 1)
        place_all(operator_a, one, [(player, [n + 1]) for n in range(50)])
        with redis.Redis.from_url(settings.REDIS_URL) as broker:
            waiting = broker.llen("default")
            assert look_at(operator_id=str(operator_a.pk)) == 0
            assert broker.llen("default") == waiting + 1, "what is left has a message of its own"
        [flag] = look()
        assert flag.player == player


class TestCrowds:
    def test_ten_players_with_the_same_five_numbers_are_told_of_and_nine_are_not(
        self, look: Look, operator_a: Operator
    ) -> None:
        alike, fewer, short = players(operator_a, 10), players(operator_a, 9), players(operator_a, 12)
        one = open_round(new_game(), timing=LONG)
        place_all(
            operator_a,
            one,
            [(player, [3, 14, 15, 26, 53]) for player in alike]
            + [(player, [3, 14, 15, 26, 54]) for player in fewer]
            + [(player, [1, 2, 3, 4]) for player in short],
        )
        finish(one)
        [flag] = by("identical_slips", look())
        assert flag.round_id == one.pk
        assert flag.player is None
        evidence = flag.evidence
        assert evidence["picks"] == [3, 14, 15, 26, 53]
        assert (evidence["players"], evidence["slips"], evidence["slips_of_this_size"]) == (10, 10, 19)
        assert set(evidence["player_tokens"]) == {player.token for player in alike}
        assert evidence["stake"] == operator_a.money(1_000)
        assert evidence["chance_at_most"] == crowds.chance_at_most(slips=19, alike=10, pick_count=5)
        assert look() == []

    def test_the_chance_is_what_it_says(self) -> None:
        assert crowds.chance_at_most(slips=2, alike=2, pick_count=5) == "1e-7"  # 1 in 24,040,016
        assert crowds.chance_at_most(slips=10**9, alike=2, pick_count=5) == "1"
        assert crowds.chance_at_most(slips=19, alike=10, pick_count=5) == "1e-61"


class TestReturns:
    """With a threshold that ordinary luck reaches, since nobody can win what chance does not explain."""

    @pytest.fixture
    def easily(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(returns, "CHANCE_MAX", 0.3)

    def test_a_winner_is_told_of_with_the_exact_chance_and_losers_are_not(
        self, easily: None, look: Look, operator_a: Operator
    ) -> None:
        everybody, one = players(operator_a, 40), open_round(new_game(), timing=LONG)
        place_all(operator_a, one, [(player, [n + 1]) for n, player in enumerate(everybody)])
        finish(one)
        one.refresh_from_db()
        winners = {everybody[number - 1].pk for number in one.numbers_drawn or () if number <= 40}
        flags = by("abnormal_return", look())
        assert {flag.player_id for flag in flags} == winners
        assert winners, "forty numbers of eighty"
        assert flags[0].evidence == {
            "bets": 1, "rounds": 1, "first_round_id": one.pk, "last_round_id": one.pk,
            "staked": operator_a.money(1_000), "won": operator_a.money(3_550), "expected": operator_a.money(888),
            "return_percent": "355.00", "chance": "0.25", "exact": True, "rule": "a chance below 0.3",
        }  # fmt: skip

    def test_the_usual_threshold_leaves_luck_alone(self, look: Look, operator_a: Operator) -> None:
        everybody, one = players(operator_a, 40), open_round(new_game(), timing=LONG)
        place_all(operator_a, one, [(player, [n + 1]) for n, player in enumerate(everybody)])
        finish(one)
        assert by("abnormal_return", look()) == []

    def test_what_was_dismissed_is_not_held_against_the_player_again(
        self, easily: None, look: Look, operator_a: Operator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        [player] = players(operator_a, 1)

        def win(bets: int) -> Round:
            """One of eighty numbers wins; three of four do not."""
            one = open_round(new_game())
            place_all(operator_a, one, [(player, [n + 1]) for n in range(40)][:bets])
            finish(one)
            return one

        monkeypatch.setattr(returns, "CHANCE_MAX", 1.1)
        while not (flags := by("abnormal_return", look())):
            win(3)
        flag = flags[-1]
        services.dismiss(operator=operator_a, flag_id=flag.pk, reason="a lucky day", actor="staff:test")
        assert look() == []
        while not (again := by("abnormal_return", look())):
            last = win(3)
        assert again[-1].pk != flag.pk
        assert again[-1].evidence["first_round_id"] > flag.evidence["last_round_id"]
        assert again[-1].evidence["last_round_id"] == last.pk

    def test_a_cancelled_bet_and_a_void_round_are_no_part_of_it(
        self, easily: None, look: Look, operator_a: Operator, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(returns, "CHANCE_MAX", 1.1)
        one, [player] = open_round(new_game()), players(operator_a, 1)
        cancel_bet(operator=operator_a, bet_id=place(operator_a, player, round_id=one.pk).pk)
        void_round(round_id=one.pk, reason="test", actor="test")
        drive([one], RoundStatus.VOID)
        assert look() == []


def test_looking_changes_no_bet_no_result_and_no_balance(look: Look, operator_a: Operator) -> None:
    everybody, one = players(operator_a, 10), open_round(new_game(), timing=LONG)
    place_all(operator_a, one, [(player, [1, 2, 3, 4, 5]) for player in everybody for _ in range(5)])
    finish(one)
    before = everything()
    raised = look()
    assert len(raised) >= 1
    for flag in raised:
        services.acknowledge(operator=operator_a, flag_id=flag.pk, actor="staff:test")
        services.dismiss(operator=operator_a, flag_id=flag.pk, reason="a test", actor="staff:test")
    after = everything()
    assert {name for name in before if before[name] != after[name]} == {
        "public.audit_auditentry", "op_alpha.flags_flag", "op_alpha.flags_progress",
    }  # fmt: skip


def test_every_operator_is_looked_at_by_a_message_of_its_own() -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as broker:
        waiting = broker.llen("default")
        assert look_at_all() == list_operators().count() >= 2
        assert broker.llen("default") == waiting + list_operators().count()


def test_two_looks_at_once_raise_one_flag(look: Look, operator_a: Operator) -> None:
    one, [player] = open_round(new_game(), timing=Timing(betting=30)), players(operator_a, 1)
    place_all(operator_a, one, [(player, [n + 1]) for n in range(50)])
    looked = at_once([lambda: look_at(operator_id=str(operator_a.pk))] * 4)
    assert sorted(looked) == [0, 0, 0, 1]  # type: ignore[type-var]


def test_flags_and_the_place_to_go_on_from_stand_or_fall_together(
    look: Look, operator_a: Operator, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, [player] = open_round(new_game(), timing=Timing(betting=30)), players(operator_a, 1)
    place_all(operator_a, one, [(player, [n + 1]) for n in range(50)])
    told: list[Any] = []

    def fail(operator: Operator, flags: Any) -> None:
        told.append((operator, list(flags)))
        if len(told) == 1:
            raise RuntimeError("the listener is broken")

    monkeypatch.setattr(ports, "on_raised", [fail])
    with pytest.raises(RuntimeError):
        services.look(operator=operator_a)
    [flag] = look()
    assert flag.player == player
    assert [operator for operator, _ in told] == [operator_a, operator_a]


def test_who_is_far_behind_goes_on_from_what_is_new(
    look: Look, operator_a: Operator, caplog: pytest.LogCaptureFixture
) -> None:
    with tenant_context(operator_a):
        progress = Progress.objects.get()
        progress.settled_at -= timedelta(days=3)
        progress.save()
    with caplog.at_level("WARNING"):
        look()
    assert "was not looked at from" in caplog.text
