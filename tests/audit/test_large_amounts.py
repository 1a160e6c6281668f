"""Large wagers and large wins are on record, with the money that they are about and by the operator's own threshold."""

from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from audit.models import AuditEntry
from bets.models import Bet
from bets.services.cancellation import cancel_bet
from bets.services.placement import place_slips
from bets.services.settlement import settle_round
from configuration import catalogue as configured
from configuration.registry import Setting
from keno_platform.core.errors import Refusal
from operators.jurisdictions import Jurisdiction
from operators.models import Operator
from operators.selectors import get_operator
from operators.tenancy import tenant_context
from players.models import Player
from reports.invariants import ALL
from rounds.models import Round, RoundStatus
from rounds.services.voiding import void_round
from tests.support.bets import new_player, place, place_ticket, slip
from tests.support.old_days import own_operator
from tests.support.rounds import Timing, commit_rounds, drive, new_game, wait_until

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture(scope="module")
def made(django_db_setup: None, django_db_blocker: Any) -> Operator:
    with django_db_blocker.unblock():
        operator = own_operator(f"large-{uuid4().hex[:8]}")
        Jurisdiction.objects.filter(pk=operator.jurisdiction_id).update(bet_cancellation=True)
        return operator


@pytest.fixture
def operator(made: Operator) -> Operator:
    """The same for all of these, without thresholds of its own when a test begins."""
    return with_thresholds(made)


def with_thresholds(operator: Operator, *, wager: int | None = None, win: int | None = None) -> Operator:
    Operator.objects.filter(pk=operator.pk).update(large_wager_from=wager, large_win_from=win)
    return get_operator(slug=operator.slug)


def told(one: Round, event: str) -> list[AuditEntry]:
    """What is on record about this round."""
    return list(AuditEntry.objects.filter(event_type=event, round_id=one.pk).order_by("pk"))


def opened(operator: Operator, *, count: int = 1, betting: float = 3.0) -> list[Round]:
    rounds = commit_rounds(new_game(owner_id=operator.pk), count=count, timing=Timing(opens_in=0.5, betting=betting))
    wait_until(rounds[0].opens_at)
    drive(rounds[:1], RoundStatus.OPEN)
    return rounds


def bet_on_all(operator: Operator, player: Player, one: Round, *stakes: str) -> dict[str, list[Bet]]:
    """With each of these stakes a bet on each of the 80 numbers, in one call: 20 of them win."""
    asks = {
        stake: [slip(operator, player, round_id=one.pk, picks=[n], stake=stake) for n in range(1, 81)]
        for stake in stakes
    }
    placed = iter(place_slips(operator=operator, asks=[ask for own in asks.values() for ask in own]))
    found: dict[str, list[Bet]] = {}
    for stake, own in asks.items():
        for _ in own:
            bets = next(placed)
            assert not isinstance(bets, Refusal), bets.code
            found.setdefault(stake, []).extend(bets)
    return found


class TestWagers:
    def test_one_of_the_threshold_is_on_record_and_one_below_is_not(self, operator: Operator) -> None:
        operator = with_thresholds(operator, wager=50_00)
        player = new_player(operator, money=1_000_00)
        [one] = opened(operator)
        place(operator, player, round_id=one.pk, stake="49.99")
        large = place(operator, player, round_id=one.pk, stake="50.00")
        [entry] = told(one, "large_wager.placed")
        assert (entry.bet_id, entry.round_id, entry.actor) == (large.pk, one.pk, "system")
        assert entry.description == "a ticket of 50.00 KES"
        assert entry.after == {"staked": 50_00, "from": 50_00, "bets": 1, "player_id": player.pk}

    def test_a_ticket_counts_with_all_its_rounds(self, operator: Operator) -> None:
        operator = with_thresholds(operator, wager=50_00)
        player = new_player(operator, money=1_000_00)
        one, *_ = opened(operator, count=3)
        bets = place_ticket(operator, player, round_id=one.pk, stake="20.00", rounds=3)
        [entry] = told(one, "large_wager.placed")
        assert (entry.bet_id, entry.after) == (
            bets[0].pk,
            {"staked": 60_00, "from": 50_00, "bets": 3, "player_id": player.pk},
        )

    def test_of_a_batch_each_large_one_is_told_and_none_that_was_refused(self, operator: Operator) -> None:
        operator = with_thresholds(operator, wager=50_00)
        rich, poor = new_player(operator, money=1_000_00), new_player(operator, money=10_00)
        [one] = opened(operator)
        asks = [
            *(slip(operator, rich, round_id=one.pk, stake=stake) for stake in ("60.00", "10.00", "70.00")),
            slip(operator, poor, round_id=one.pk, stake="80.00"),
        ]
        placed = place_slips(operator=operator, asks=asks)
        expected = [placed[0][0].pk, placed[2][0].pk]  # type: ignore[index]
        assert [entry.bet_id for entry in told(one, "large_wager.placed")] == expected

    def test_a_retry_is_not_told_again(self, operator: Operator) -> None:
        operator = with_thresholds(operator, wager=50_00)
        player = new_player(operator, money=1_000_00)
        [one] = opened(operator)
        ask = slip(operator, player, round_id=one.pk, stake="60.00")
        for _ in range(2):
            place_slips(operator=operator, asks=[ask])
        assert len(told(one, "large_wager.placed")) == 1

    def test_one_that_comes_by_the_door_of_single_bets_is_told_too(self, operator: Operator) -> None:
        operator = with_thresholds(operator, wager=50_00)
        player = new_player(operator, money=1_000_00)
        [one] = opened(operator)
        for stake, said in (("49.99", 0), ("50.00", 1)):
            by_place_one(operator, player, one, stake)
            assert len(told(one, "large_wager.placed")) == said

    def test_without_a_threshold_nothing_is(self, operator: Operator) -> None:
        player = new_player(operator, money=10_000_00)
        [one] = opened(operator)
        place(operator, player, round_id=one.pk, stake="1000.00")
        assert told(one, "large_wager.placed") == []


def by_place_one(operator: Operator, player: Player, one: Round, stake: str) -> None:
    """As a flight of many operators calls it: one slip that was checked from memory."""
    from bets.services import placement, statement, terms
    from bets.slips import Slip
    from operators.tenancy import call_function, tenant_transaction

    with tenant_transaction(operator):
        ask = slip(operator, player, round_id=one.pk, stake=stake)
        market = terms.read_market(operator, [ask])
        checked = placement.check(ask, operator, market)
        assert isinstance(checked, Slip)
        known = statement.Known(version=operator.row_version, paytable_id=market.paytable.id)
        [row] = call_function(statement.NAME_OF_ONE, statement.arguments_of_one(operator, checked, known))
        assert row[2] is None, row


class TestWins:
    def test_each_win_of_the_threshold_is_on_record_in_the_transaction_that_pays_it(self, operator: Operator) -> None:
        operator = with_thresholds(operator, win=20 * 3_55)
        player = new_player(operator, money=10_000_00)
        [one] = opened(operator)
        placed = bet_on_all(operator, player, one, "19.99", "20.00")
        drive([one])
        entries = told(one, "large_win.paid")
        assert len(entries) == 20
        assert {entry.bet_id for entry in entries} <= {bet.pk for bet in placed["20.00"]}
        assert {entry.round_id for entry in entries} == {one.pk}
        assert {entry.description for entry in entries} == {"a win of 71.00 KES"}
        assert entries[0].after == {
            "won": 71_00,
            "from": 71_00,
            "hits": 1,
            "multiplier_hundredths": 355,
            "player_id": player.pk,
        }
        with tenant_context(operator), connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(DISTINCT e.transaction_number) FROM public.audit_auditentry e"
                " JOIN bets_settlement s ON s.round_id = e.round_id AND s.xmin::text::bigint = e.transaction_number"
                " WHERE e.event_type = 'large_win.paid' AND e.round_id = %s",
                [one.pk],
            )
            assert cursor.fetchone() == (1,)

    def test_a_stake_that_goes_back_is_no_win(self, operator: Operator) -> None:
        operator = with_thresholds(operator, win=1)
        player = new_player(operator, money=10_000_00)
        [one] = opened(operator)
        place(operator, player, round_id=one.pk, stake="500.00")
        void_round(round_id=one.pk, reason="a test", actor="test")
        drive([one])
        assert told(one, "large_win.paid") == []

    def test_a_cancelled_bet_wins_nothing(self, operator: Operator) -> None:
        operator = with_thresholds(operator, win=1)
        player = new_player(operator, money=10_000_00)
        [one] = opened(operator, betting=5.0)
        placed = bet_on_all(operator, player, one, "1.00")["1.00"]
        for bet in placed[:4]:
            cancel_bet(operator=operator, bet_id=bet.pk)
        drive([one])
        entries = told(one, "large_win.paid")
        assert 16 <= len(entries) <= 20
        assert not {entry.bet_id for entry in entries} & {bet.pk for bet in placed[:4]}

    def test_a_round_that_is_settled_twice_is_told_once(self, operator: Operator) -> None:
        operator = with_thresholds(operator, win=1)
        player = new_player(operator, money=10_000_00)
        [one] = opened(operator)
        bet_on_all(operator, player, one, "1.00")
        drive([one])
        assert not settle_round(operator_id=operator.pk, round_id=one.pk)
        assert len(told(one, "large_win.paid")) == 20


class TestWhatCounts:
    def test_without_a_threshold_of_its_own_the_defaults_of_the_settings_count(self, operator: Operator) -> None:
        highest = operator.max_win_per_ticket * configured.LARGE_WIN_PERCENT.default // 100
        assert operator.win_recorded_from == (highest or None)
        highest = operator.max_bet * configured.LARGE_WAGER_PERCENT.default // 100
        assert operator.wager_recorded_from == (highest or None)

    def test_its_own_threshold_counts_more_than_the_settings(self, operator: Operator) -> None:
        operator = with_thresholds(operator, wager=7, win=8)
        assert (operator.wager_recorded_from, operator.win_recorded_from) == (7, 8)

    def test_a_threshold_of_zero_or_less_is_refused_by_the_database(self, operator: Operator) -> None:
        from django.db import IntegrityError

        for field in ("large_wager_from", "large_win_from"):
            with pytest.raises(IntegrityError, match="operators_large"):
                Operator.objects.filter(pk=operator.pk).update(**{field: 0})

    def test_a_change_of_the_settings_counts_for_all_operators_at_once(self, operator: Operator) -> None:
        other = get_operator(slug="alpha")
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            try:
                for version, percent, expected in ((1, 20, 20_000), (2, 0, None), (3, None, None)):
                    set_percent(configured.LARGE_WAGER_PERCENT, percent, version)
                    assert get_operator(slug=operator.slug).wager_recorded_from == expected
                    assert get_operator(slug=other.slug).wager_recorded_from == (
                        other.max_bet * percent // 100 if percent else None
                    )
            finally:
                cursor.execute("ROLLBACK")


def set_percent(setting: Setting[int], percent: int | None, version: int) -> None:
    """A change as the room of settings stores it. What it needs besides for a sensitive one is that room's to test."""
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO public.configuration_change (id, key, version, value, sensitive, reason, actor)"
            " VALUES (gen_random_uuid(), %s, %s, %s::jsonb, false, 'a test', 'test')",
            [setting.key, version, "null" if percent is None else str(percent)],
        )


def violations(operator: Operator, code: str) -> list[Any]:
    """What an invariant says of this operator."""
    [invariant] = [one for one in ALL if one.code.startswith(code)]
    with tenant_context(operator), connection.cursor() as cursor:
        cursor.execute(invariant.violations)
        return list(cursor.fetchall())


@pytest.fixture(scope="module")
def played(made: Operator, django_db_blocker: Any) -> Operator:
    """The operator with a settled round of large wagers and large wins."""
    with django_db_blocker.unblock():
        operator = with_thresholds(made, wager=50_00, win=1)
        [one] = opened(operator)
        bet_on_all(operator, new_player(operator, money=10_000_00), one, "50.00")
        drive([one])
        assert [code for code in ("I60", "I61", "I62") if violations(operator, code)] == []
        return operator


class TestWhatTheInvariantsFind:
    @pytest.mark.parametrize(
        ("change", "code"),
        [
            ("UPDATE bets_payout SET created_at = created_at + interval '1 day'; {forget_wins}", "I60"),
            ("UPDATE bets_payout SET amount = amount + 1", "I60"),
            ("UPDATE bets_bet SET created_at = created_at + interval '1 day'; {forget_wagers}", "I61"),
            ("UPDATE bets_bet SET stake = stake + 1", "I61"),
            ("{other_threshold}", "I62"),
        ],
    )
    def test_a_breach_is_found(self, played: Operator, change: str, code: str) -> None:
        forget = "ALTER TABLE public.audit_auditentry DISABLE TRIGGER USER; DELETE FROM public.audit_auditentry WHERE"
        text = change.format(
            forget_wins=f"{forget} event_type = 'large_win.paid'",
            forget_wagers=f"{forget} event_type = 'large_wager.placed'",
            other_threshold="ALTER TABLE public.operators_operator DISABLE TRIGGER USER;"
            f" UPDATE public.operators_operator SET win_recorded_from = 2 WHERE slug = '{played.slug}'",
        )
        with connection.cursor() as cursor:
            cursor.execute("BEGIN")
            try:
                with tenant_context(played), connection.cursor() as own:
                    for table in ("bets_payout", "bets_bet"):
                        own.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
                    own.execute(text)
                assert violations(played, code)
            finally:
                cursor.execute("ROLLBACK")
