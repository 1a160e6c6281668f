"""Limits, breaks and profiles count for every way in which a bet is placed, exactly, from the answer that sets them."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import DatabaseError, connection

from bets.services.placement import place_slips
from operators.models import Operator
from operators.tenancy import tenant_context
from players.models import Player, PlayerLimit
from rounds.models import Round
from tests.support.bets import (
    backend,
    balance,
    bet_body,
    code_of,
    new_player,
    place,
    place_ticket,
    player_client,
    reload,
    slip,
)
from tests.support.door import Door, open_door
from tests.support.protection import end_exclusions, licensed, limit, new_profile, shut_out, wait_out
from tests.support.rounds import Timing, drive, new_game, open_round
from wallet.models import Account, Transaction

pytestmark = pytest.mark.usefixtures("committed")
RICH = 10_000_000


@pytest.fixture
def door() -> Iterator[Door]:
    with open_door() as opened:
        yield opened


def ask(operator: Operator, player: Player, **changed: Any) -> Any:
    """What one slip becomes: its bets or its refusal."""
    [answer] = place_slips(operator=operator, asks=[slip(operator, player, **changed)])
    return answer


def staked(operator: Operator, player: Player) -> int:
    """What stands in the books as staked, in minor units."""
    with tenant_context(operator):
        rows = Transaction.objects.filter(account__player=player, kind=1).values_list("amount", flat=True)
        return -sum(rows)


class TestLimitsOfStakes:
    def test_one_bet_is_held_to_the_limit_for_a_bet(self, operator_a: Operator, standing_rounds: list[Round]) -> None:
        player, where = new_player(operator_a, money=RICH), {"round_id": standing_rounds[0].pk}
        limit(operator_a, player, "stake", "bet", 5_00)
        refused = ask(operator_a, player, **where, stake="5.01")
        assert refused.code == "stake_limit_reached"
        facts = {"period": "bet", "source": "player", "limit": "5.00", "used": "0.00", "left": "5.00"}
        assert refused.params == facts | {"resets_at": None}
        place(operator_a, player, **where, stake="5.00")
        place(operator_a, player, **where, stake="5.00")

    @pytest.mark.parametrize("period", ["day", "week", "month"])
    def test_stakes_of_a_period_add_up_and_the_refusal_says_what_is_left_and_until_when(
        self, operator_a: Operator, standing_rounds: list[Round], period: str
    ) -> None:
        player, where = new_player(operator_a, money=RICH), {"round_id": standing_rounds[0].pk}
        place(operator_a, player, **where, stake="10.00")  # before there was a limit, and in the period
        limit(operator_a, player, "stake", period, 25_00)
        place(operator_a, player, **where, stake="10.00")
        refused = ask(operator_a, player, **where, stake="5.01")
        assert refused.code == "stake_limit_reached"
        assert {name: refused.params[name] for name in ("used", "left")} == {"used": "20.00", "left": "5.00"}
        ends = datetime.fromisoformat(refused.params["resets_at"])
        assert (ends.hour, ends.minute, ends.second) == (0, 0, 0)
        assert {"day": True, "week": ends.isoweekday() == 1, "month": ends.day == 1}[period]
        place(operator_a, player, **where, stake="5.00")

    def test_a_ticket_counts_all_its_rounds_and_is_taken_whole_or_not(
        self, operator_a: Operator, standing_rounds: list[Round]
    ) -> None:
        player, where = new_player(operator_a, money=RICH), {"round_id": standing_rounds[0].pk, "stake": "10.00"}
        limit(operator_a, player, "stake", "day", 25_00)
        assert code_of(ask(operator_a, player, **where, rounds=3)) == "stake_limit_reached"
        assert staked(operator_a, player) == 0
        place_ticket(operator_a, player, **where, rounds=2)
        assert code_of(ask(operator_a, player, **where)) == "stake_limit_reached"

    def test_within_a_batch_one_that_is_refused_does_not_take_a_smaller_later_one_with_it(
        self, operator_a: Operator, standing_rounds: list[Round]
    ) -> None:
        player, free = new_player(operator_a, money=RICH), new_player(operator_a, money=RICH)
        limit(operator_a, player, "stake", "day", 25_00)
        asks = [
            slip(operator_a, who, round_id=standing_rounds[0].pk, stake=stake)
            for who, stake in ((player, "20.00"), (free, "90.00"), (player, "6.00"), (player, "5.00"), (player, "1.00"))
        ]
        codes = [code_of(one) for one in place_slips(operator=operator_a, asks=asks)]
        assert codes == ["accepted", "accepted", "stake_limit_reached", "accepted", "stake_limit_reached"]

    def test_a_cancelled_bet_is_no_stake_any_more(self, operator_a: Operator, standing_rounds: list[Round]) -> None:
        player, where = new_player(operator_a, money=RICH), {"round_id": standing_rounds[0].pk}
        limit(operator_a, player, "stake", "day", 10_00)
        bet = place(operator_a, player, **where)
        assert code_of(ask(operator_a, player, **where, stake="1.00")) == "stake_limit_reached"
        assert backend(operator_a).post(f"bets/{bet.pk}/cancel", {}).status_code == 200
        place(operator_a, player, **where)

    def test_an_accepted_bet_is_answered_again_under_its_key_when_the_limit_is_reached(
        self, operator_a: Operator, standing_rounds: list[Round]
    ) -> None:
        player, one = new_player(operator_a, money=RICH), {"round_id": standing_rounds[0].pk, "key": f"o:{uuid4()}"}
        limit(operator_a, player, "stake", "day", 10_00)
        first = place(operator_a, player, **one)
        assert place(operator_a, player, **one).pk == first.pk


class TestLimitsOfLosses:
    def test_what_was_won_may_be_staked_again_and_what_is_not_drawn_counts_as_lost(self, operator_a: Operator) -> None:
        player = new_player(operator_a, money=RICH)
        limit(operator_a, player, "loss", "day", 800_00)
        one = open_round(new_game(), timing=Timing(betting=2.0))
        asks = [slip(operator_a, player, round_id=one.pk, picks=[1 + number % 80]) for number in range(81)]
        codes = [code_of(answer) for answer in place_slips(operator=operator_a, asks=asks)]
        assert codes == ["accepted"] * 80 + ["loss_limit_reached"]
        drive([one])  # twenty of the eighty bets have won, whatever was drawn: 710.00 came back
        following = open_round(new_game(), timing=Timing(betting=2.0))
        refused = ask(operator_a, player, round_id=following.pk, stake="710.01")
        assert refused.code == "loss_limit_reached"
        assert (refused.params["used"], refused.params["left"]) == ("90.00", "710.00")
        place(operator_a, player, round_id=following.pk, stake="710.00")
        drive([following])

    def test_the_stakes_of_a_void_round_are_no_loss(self, operator_a: Operator) -> None:
        from rounds.services.voiding import void_round

        player = new_player(operator_a, money=RICH)
        limit(operator_a, player, "loss", "day", 10_00)
        one = open_round(new_game(), timing=Timing(betting=2.0))
        place(operator_a, player, round_id=one.pk)
        void_round(round_id=one.pk, reason="test", actor="test")
        drive([one])
        following = open_round(new_game(), timing=Timing(betting=1.0))
        place(operator_a, player, round_id=following.pk)
        drive([following])


class TestWhoseLimit:
    def test_the_strictest_counts_whoever_set_it(self, operator_a: Operator, standing_rounds: list[Round]) -> None:
        player, where = new_player(operator_a, money=RICH), {"round_id": standing_rounds[0].pk}
        with licensed(operator_a, currency_code="KES", loss_day_max=50_00) as operator:
            limit(operator, player, "loss", "day", 30_00)
            limit(operator, player, "loss", "day", 20_00, source="operator")
            assert ask(operator, player, **where, stake="21.00").params["source"] == "operator"
            other = new_player(operator, money=RICH)
            assert ask(operator, other, **where, stake="51.00").params["source"] == "jurisdiction"
            place(operator, other, **where, stake="50.00")
        place(operator_a, other, **where, stake="50.00")

    def test_a_looser_limit_waits_and_can_be_taken_back(
        self, operator_a: Operator, standing_rounds: list[Round]
    ) -> None:
        player, where = new_player(operator_a, money=RICH), {"round_id": standing_rounds[0].pk}
        limit(operator_a, player, "stake", "bet", 5_00)
        waiting = limit(operator_a, player, "stake", "bet", 50_00)
        assert waiting is not None
        assert waiting.effective_from - waiting.created_at == timedelta(hours=24)
        assert code_of(ask(operator_a, player, **where)) == "stake_limit_reached"
        wait_out(operator_a, waiting)
        place(operator_a, player, **where)
        again = limit(operator_a, player, "stake", "bet", 90_00)
        limit(operator_a, player, "stake", "bet", 50_00)  # as it is: what waits is taken back
        assert withdrawn(operator_a, again)
        assert code_of(ask(operator_a, player, **where, stake="60.00")) == "stake_limit_reached"

    def test_a_new_wish_replaces_one_that_waits(self, operator_a: Operator, standing_rounds: list[Round]) -> None:
        player, where = new_player(operator_a, money=RICH), {"round_id": standing_rounds[0].pk}
        limit(operator_a, player, "stake", "bet", 20_00)
        first = limit(operator_a, player, "stake", "bet", None)
        limit(operator_a, player, "stake", "bet", 5_00)
        assert withdrawn(operator_a, first)
        assert code_of(ask(operator_a, player, **where)) == "stake_limit_reached"

    def test_who_has_no_limit_any_more_is_judged_no_more(
        self, operator_a: Operator, standing_rounds: list[Round]
    ) -> None:
        player = new_player(operator_a, money=RICH)
        limit(operator_a, player, "stake", "bet", 5_00)
        wait_out(operator_a, limit(operator_a, player, "stake", "bet", None))
        place(operator_a, player, round_id=standing_rounds[0].pk)
        player_client(operator_a, reload(operator_a, player))
        with tenant_context(operator_a):
            account = Account.objects.get(player=player)
        assert (reload(operator_a, player).guarded, account.guarded) == (False, False)


def withdrawn(operator: Operator, decision: PlayerLimit | None) -> bool:
    """Whether a decision will never be effective; the database lets nobody take that back."""
    assert decision is not None
    with tenant_context(operator):
        decision.refresh_from_db()
        with pytest.raises(DatabaseError, match="stays"):
            PlayerLimit.objects.filter(pk=decision.pk).update(withdrawn_at=None)
    return decision.withdrawn_at is not None


class TestBreaks:
    def test_an_excluded_player_bets_on_no_way_and_a_free_one_does(
        self, door: Door, operator_a: Operator, standing_rounds: list[Round]
    ) -> None:
        player, secret = new_player(operator_a, money=RICH), backend(operator_a).secret
        body = bet_body(operator_a, player, round_id=standing_rounds[0].pk)
        assert door.post(secret, body).status_code == 201
        made = shut_out(operator_a, player)
        refused = door.post(secret, body)
        assert (refused.status_code, refused.json()["code"]) == (403, "player_excluded")
        assert refused.json()["params"]["kind"] == "cool_off"
        assert made.until is not None
        ticket = door.post(secret, body | {"rounds": 2})
        assert ticket.json()["code"] == "player_excluded"
        bulk = door.post(secret, {"bets": [body]}, path="bets/batch").json()
        assert bulk["results"][0]["problem"]["code"] == "player_excluded"
        end_exclusions(operator_a, player)
        assert door.post(secret, body).status_code == 201

    def test_the_longest_of_several_counts_and_for_ever_is_null(
        self, operator_a: Operator, standing_rounds: list[Round]
    ) -> None:
        player = new_player(operator_a, money=RICH)
        shut_out(operator_a, player, "self_exclusion", forever=True)
        shut_out(operator_a, player)
        refused = ask(operator_a, player, round_id=standing_rounds[0].pk)
        assert refused.params == {"kind": "self_exclusion", "until": None}

    def test_what_was_bet_before_is_drawn_and_paid(self, operator_a: Operator) -> None:
        player = new_player(operator_a, money=1_000_00)
        one = open_round(new_game(), timing=Timing(betting=2.0))
        asks = [slip(operator_a, player, round_id=one.pk, picks=[number]) for number in range(1, 81)]
        assert {code_of(answer) for answer in place_slips(operator=operator_a, asks=asks)} == {"accepted"}
        shut_out(operator_a, player, "self_exclusion", days=180)
        drive([one])
        assert balance(operator_a, player) == 1_000_00 - 800_00 + 20 * 35_50


class TestProfiles:
    def test_bets_on_two_rounds_are_apart_and_on_one_round_they_need_not_be(
        self, operator_a: Operator, standing_rounds: list[Round]
    ) -> None:
        player = new_player(operator_a, money=RICH)
        other = open_round(new_game(), timing=Timing(betting=3.0))
        with licensed(operator_a, game_start_min_ms=1_000) as operator:
            place(operator, player, round_id=standing_rounds[0].pk)
            place(operator, player, round_id=standing_rounds[0].pk, picks=[4])
            refused = ask(operator, player, round_id=other.pk)
            assert refused.code == "too_soon"
            assert 0 < refused.params["retry_after_ms"] <= refused.params["min_ms"] == 1_000
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_sleep(1.01)")
            place(operator, player, round_id=other.pk)
        drive([other])

    def test_within_a_batch_bets_on_two_rounds_are_too_soon(
        self, operator_a: Operator, standing_rounds: list[Round]
    ) -> None:
        player = new_player(operator_a, money=RICH)
        other = open_round(new_game(), timing=Timing(betting=3.0))
        with licensed(operator_a, game_start_min_ms=60_000) as operator:
            asks = [slip(operator, player, round_id=one.pk) for one in (other, other, standing_rounds[0])]
            codes = [code_of(one) for one in place_slips(operator=operator, asks=asks)]
        assert codes == ["accepted", "accepted", "too_soon"]
        drive([other])

    def test_where_bets_do_not_repeat_themselves_a_ticket_is_for_one_round(
        self, operator_a: Operator, standing_rounds: list[Round]
    ) -> None:
        player, where = new_player(operator_a, money=RICH), {"round_id": standing_rounds[0].pk}
        with licensed(operator_a, autobet_allowed=False) as operator:
            refused = ask(operator, player, **where, rounds=2)
            assert (refused.code, refused.params) == ("ticket_length", {"rounds_max": 1})
            place(operator, player, **where)
        place_ticket(operator_a, player, **where, rounds=2)

    def test_stakes_are_held_to_the_profile_where_it_is_in_the_operators_currency(
        self, operator_a: Operator, operator_b: Operator, standing_rounds: list[Round]
    ) -> None:
        rules = {"currency_code": "KES", "stake_min": 20_00, "stake_max": 30_00}
        where = {"round_id": standing_rounds[0].pk}
        with licensed(operator_a, **rules) as operator:
            player = new_player(operator, money=RICH)
            low, high = ask(operator, player, **where, stake="19.99"), ask(operator, player, **where, stake="30.01")
            assert (low.code, low.params) == ("stake_below_minimum", {"stake_min": "20.00"})
            assert (high.code, high.params) == ("stake_above_maximum", {"stake_max": "30.00"})
            place(operator, player, **where, stake="20.00")
        with licensed(operator_b, **rules) as operator:
            place(operator, new_player(operator, money=RICH), **where, stake="1")

    def test_a_sessions_own_profile_holds_for_its_player_and_for_nobody_else(
        self, operator_a: Operator, standing_rounds: list[Round]
    ) -> None:
        strict = new_profile(autobet_allowed=False)
        player, free = new_player(operator_a, money=RICH), new_player(operator_a, money=RICH)
        opened = {"player_token": player.token, "currency": "KES", "jurisdiction": strict.code}
        assert backend(operator_a).post("sessions", opened).status_code == 201
        where = {"round_id": standing_rounds[0].pk, "rounds": 2}
        assert code_of(ask(operator_a, player, **where)) == "ticket_length"
        place_ticket(operator_a, free, **where)
        assert backend(operator_a).post("sessions", opened | {"jurisdiction": None}).status_code == 201
        place_ticket(operator_a, player, **where)
        assert reload(operator_a, player).guarded is False

    def test_a_profile_that_changes_counts_at_once_at_a_door_that_remembers(
        self, door: Door, operator_a: Operator, standing_rounds: list[Round]
    ) -> None:
        player, secret = new_player(operator_a, money=RICH), backend(operator_a).secret
        body = bet_body(operator_a, player, round_id=standing_rounds[0].pk)
        with licensed(operator_a) as operator:
            assert door.post(secret, body).status_code == 201
            profile = operator.jurisdiction
            profile.currency_code, profile.stake_max = "KES", 5_00
            profile.save()
            assert door.post(secret, body).json()["code"] == "stake_above_maximum"
            profile.stake_max = None
            profile.save()
            assert door.post(secret, body).status_code == 201


class TestRegions:
    def test_a_country_that_is_closed_meanwhile_places_no_bet_at_any_door(
        self, door: Door, operator_a: Operator, standing_rounds: list[Round]
    ) -> None:
        player = new_player(operator_a, money=RICH)
        api = backend(operator_a)
        opened = api.post("sessions", {"player_token": player.token, "currency": "KES", "country": "FR"}).json()
        entered = api.post("sessions/enter", {"launch_token": opened["launch_token"]}).json()
        token, body = entered["session_token"], bet_body(operator_a, None, round_id=standing_rounds[0].pk)
        assert door.post(token, body).status_code == 201
        Operator.objects.filter(pk=operator_a.pk).update(region_restrictions=["FR"])
        try:
            answers = [door.post(token, body), type(api)(token).post("bets", body)]
        finally:
            Operator.objects.filter(pk=operator_a.pk).update(region_restrictions=[])
        assert [(one.status_code, one.json()["code"]) for one in answers] == [(403, "region_restricted")] * 2
        assert answers[0].json()["params"] == {"country": "FR"}
        assert door.post(token, body).status_code == 201
