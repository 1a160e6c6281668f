"""What protects a player, through the API: for the player's client and for the operator's backend, and on record."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError
from django.db.models.functions import Now

from audit.models import AuditEntry
from keno_platform.live.topics import player_topic
from operators.models import Operator
from operators.tenancy import tenant_context
from players.models import Exclusion, Player, PlayerLimit, RealityCheck, Session
from rounds.models import Round
from tests.support.api import call, refusal
from tests.support.bets import backend, bet_body, new_player, place, reload
from tests.support.fixtures import standing_game, standing_rounds
from tests.support.live import topics
from tests.support.protection import end_exclusions, licensed, limit, new_profile, shut_out, wait_out

__all__ = ["standing_game", "standing_rounds"]
pytestmark = pytest.mark.usefixtures("committed")


class Client:
    """A player's client with a session, entered as the launch page does."""

    def __init__(self, operator: Operator, player: Player, **opened: Any) -> None:
        self.operator, self.player = operator, player
        self.secret = backend(operator).secret
        asked = {"player_token": player.token, "currency": operator.currency_code} | opened
        made = self._told(call("POST", "sessions", credential=self.secret, body=asked), 201)
        self.entered = self._told(call("POST", "sessions/enter", body={"launch_token": made["launch_token"]}), 201)
        self.token, self.session_id = self.entered["session_token"], made["session_id"]

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        return call(method, f"protection{path}", credential=self.token, body=body)

    def told(self, method: str = "GET", path: str = "", body: Any = None, *, status: int = 200) -> dict[str, Any]:
        return self._told(self.ask(method, path, body), status)

    def backend(self, method: str, path: str = "", body: Any = None) -> Any:
        return call(method, f"players/{self.player.token}/protection{path}", credential=self.secret, body=body)

    def session(self) -> Session:
        with tenant_context(self.operator):
            return Session.objects.get(pk=self.session_id)

    def change(self, **values: Any) -> None:
        with tenant_context(self.operator):
            Session.objects.filter(pk=self.session_id).update(**values)

    @staticmethod
    def _told(response: Any, status: int) -> dict[str, Any]:
        assert response.status_code == status, response.content
        found: dict[str, Any] = response.json()
        return found


@pytest.fixture
def client(operator_a: Operator) -> Client:
    return Client(operator_a, new_player(operator_a, money=1_000_00))


def only(told: dict[str, Any]) -> dict[str, Any]:
    """The one limit that is told."""
    [found] = told["limits"]
    return dict(found)


class TestWhatTheClientIsTold:
    def test_entering_answers_the_same_as_asking_later(self, client: Client) -> None:
        entered, later = client.entered["protection"], client.told()
        for told in (entered, later):
            assert told.pop("now") <= told["session"]["expires_at"]
            assert 0 <= told["session"].pop("elapsed_seconds") < 60
        assert entered == later
        assert (entered["limits"], entered["exclusion"], entered["reality_check"]) == ([], None, None)
        assert entered["session"]["net_position"] == "0.00"
        assert [one["kind"] for one in entered["limits_offered"]] == ["stake", "loss", "deposit", "session"]

    def test_everything_that_the_sessions_profile_demands(self, operator_a: Operator) -> None:
        strict = new_profile(
            minimum_age=21,
            autobet_allowed=False,
            turbo_allowed=False,
            game_start_min_ms=5000,
            currency_code="KES",
            stake_min=20_00,
            session_max_minutes=120,
            reality_check_minutes=30,
            loosening_hours=48,
            show_net_position=False,
            helpline_name="Somebody",
            helpline_number="1199",
            cool_off_hours=[48],
            exclusion_days=[90],
            exclusion_forever=False,
        )
        client = Client(operator_a, new_player(operator_a), jurisdiction=strict.code)
        told = client.told()
        profile = told["profile"]
        expected = {
            "code": strict.code,
            "name": strict.code,
            "minimum_age": 21,
            "autobet_allowed": False,
            "turbo_allowed": False,
            "game_start_min_ms": 5000,
            "stake_min": "20.00",
            "stake_max": None,
            "session_max_minutes": 120,
            "reality_check_minutes": 30,
            "loosening_hours": 48,
            "show_rtp": True,
            "show_net_position": False,
            "show_elapsed": True,
            "cool_off_hours": [48],
            "exclusion_days": [90],
            "exclusion_forever": False,
            "helpline": {"name": "Somebody", "url": "", "number": "1199"},
        }
        assert profile == expected
        session = told["session"]
        length = datetime.fromisoformat(session["expires_at"]) - datetime.fromisoformat(session["started_at"])
        assert abs(length - timedelta(hours=2)) < timedelta(seconds=2)
        assert session["ends_by_limit"] is True
        due = datetime.fromisoformat(told["reality_check"]["due_at"]) - datetime.fromisoformat(session["started_at"])
        assert (told["reality_check"]["every_minutes"], due) == (30, timedelta(minutes=30))
        assert only(told) | {"binding": True} == only(told)
        assert (only(told)["kind"], only(told)["source"], only(told)["minutes"]) == ("session", "jurisdiction", 120)

    def test_the_sessions_result_is_of_the_bets_since_it_was_entered(
        self, operator_a: Operator, standing_rounds: list[Round]
    ) -> None:
        player = new_player(operator_a, money=1_000_00)
        place(operator_a, player, round_id=standing_rounds[0].pk)
        client = Client(operator_a, player)
        place(operator_a, player, round_id=standing_rounds[0].pk, stake="25.00")
        session = client.told()["session"]
        facts = {name: session[name] for name in ("staked", "returned", "net_position")}
        assert facts == {"staked": "25.00", "returned": "0.00", "net_position": "-25.00"}


class TestLimits:
    def test_a_limit_is_set_used_loosened_later_and_the_loosening_withdrawn(
        self, client: Client, operator_a: Operator, standing_rounds: list[Round]
    ) -> None:
        told = only(client.told("PUT", "/limits/loss/day", {"amount": "50.00"}))
        assert (told["amount"], told["used"], told["left"], told["binding"]) == ("50.00", "0.00", "50.00", True)
        place(operator_a, client.player, round_id=standing_rounds[0].pk)
        told = only(client.told("PUT", "/limits/loss/day", {"amount": "80.00"}))
        assert (told["amount"], told["used"], told["left"]) == ("50.00", "10.00", "40.00")
        pending = told["pending"]
        assert (pending["amount"], pending["minutes"]) == ("80.00", None)
        assert only(client.told("DELETE", "/limits/loss/day/pending"))["pending"] is None
        assert only(client.told("PUT", "/limits/loss/day", {"amount": None}))["pending"]["amount"] is None
        tight = only(client.told("PUT", "/limits/loss/day", {"amount": "20.00"}))
        assert (tight["amount"], tight["pending"]) == ("20.00", None)

    def test_every_decision_is_on_record_with_who_what_and_before(self, client: Client) -> None:
        client.told("PUT", "/limits/stake/bet", {"amount": "5.00"})
        client.told("PUT", "/limits/stake/bet", {"amount": "9.00"})
        client.told("DELETE", "/limits/stake/bet/pending")
        entries = AuditEntry.objects.filter(event_type__startswith="limit.", after__player_id=client.player.pk)
        found = [
            (one.event_type, (one.before or {})["amount"], (one.after or {})["amount"])
            for one in entries.order_by("id")
        ]
        assert found == [("limit.set", None, 500), ("limit.loosening_asked", 500, 900), ("limit.kept", 500, 500)]
        assert {one.actor for one in entries} == {f"player {client.player.pk}"}
        with tenant_context(client.operator):
            assert PlayerLimit.objects.filter(player=client.player).count() == 2, "nothing is overwritten"

    @pytest.mark.parametrize(
        ("path", "body", "code"),
        [
            ("luck/day", {"amount": "1.00"}, "limit_invalid"),
            ("loss/bet", {"amount": "1.00"}, "limit_invalid"),
            ("session/day", {"minutes": 5}, "limit_invalid"),
            ("session/session", {"minutes": 0}, "limit_invalid"),
            ("session/session", {"minutes": 1441}, "limit_invalid"),
            ("session/session", {"amount": "5.00"}, "parameter_invalid"),
            ("loss/day", {"minutes": 5}, "parameter_invalid"),
            ("loss/day", {}, "parameter_invalid"),
            ("loss/day", {"amount": "1.00", "source": "operator"}, "parameter_invalid"),
            ("loss/day", {"amount": "-1.00"}, "amount_invalid"),
            ("loss/day", {"amount": 1}, "parameter_invalid"),
            ("loss/day", {"amount": "1.001"}, "currency_exponent"),
        ],
    )
    def test_what_is_no_limit_is_refused_and_changes_nothing(
        self, client: Client, path: str, body: Any, code: str
    ) -> None:
        refusal(client.ask("PUT", f"/limits/{path}", body), 422, code)
        assert client.told()["limits"] == []

    def test_the_operator_sets_its_own_which_the_player_cannot_touch(self, client: Client) -> None:
        answer = client.backend("PUT", "/limits/loss/day", {"amount": "30.00"})
        assert only(answer.json())["source"] == "operator"
        assert answer.json()["session"] is None
        client.told("PUT", "/limits/loss/day", {"amount": "60.00"})
        sources = {one["source"]: (one["amount"], one["binding"]) for one in client.told()["limits"]}
        assert sources == {"operator": ("30.00", True), "player": ("60.00", False)}
        client.told("PUT", "/limits/loss/day", {"amount": None})
        looser = client.backend("PUT", "/limits/loss/day", {"amount": "99.00"}).json()
        assert {one["source"]: one["amount"] for one in looser["limits"]} == {"operator": "30.00", "player": "60.00"}
        kept = client.backend("DELETE", "/limits/loss/day/pending?source=operator").json()
        assert [one["pending"] is None for one in kept["limits"]] == [True, False]

    def test_clients_are_told_when_limits_change(self, client: Client) -> None:
        with topics(player_topic("op_alpha", client.player.pk)) as frames:
            client.backend("PUT", "/limits/loss/day", {"amount": "30.00"})
            frames.wait(1)
        assert frames == [{"type": "protection.changed"}]

    def test_clients_are_told_which_limit_refused_a_bet(
        self, client: Client, operator_a: Operator, standing_rounds: list[Round]
    ) -> None:
        limit(operator_a, client.player, "loss", "day", 5_00)
        body = bet_body(operator_a, client.player, round_id=standing_rounds[0].pk)
        with topics(player_topic("op_alpha", client.player.pk)) as frames:
            answer = backend(operator_a).post("bets", body).json()
            frames.wait(1)
        assert frames == [{"type": "limit.reached", "code": "loss_limit_reached", "params": answer["params"]}]


class TestSessionTime:
    def test_a_session_ends_when_the_limit_of_its_length_says_and_tells_why(
        self, client: Client, operator_a: Operator
    ) -> None:
        told = client.told("PUT", "/limits/session/session", {"minutes": 30})
        assert only(told)["minutes"] == 30
        assert told["session"]["ends_by_limit"] is True, "the one that runs ends earlier too"
        client.change(launched_at=Now() - timedelta(minutes=31), expires_at=Now() - timedelta(minutes=1))
        ended = refusal(client.ask("GET", ""), 401, "session_limit_reached")
        assert ended["params"]["minutes"] == 30
        body = bet_body(operator_a, None, game="any")
        refusal(
            call("POST", "bets", credential=client.token, body=body, headers={"Idempotency-Key": "k"}),
            401,
            "session_limit_reached",
        )
        again = Client(operator_a, client.player)
        session = again.told()["session"]
        length = datetime.fromisoformat(session["expires_at"]) - datetime.fromisoformat(session["started_at"])
        assert abs(length - timedelta(minutes=30)) < timedelta(seconds=2)

    def test_a_looser_limit_makes_no_running_session_longer(self, client: Client) -> None:
        client.told("PUT", "/limits/session/session", {"minutes": 30})
        ends = client.session().expires_at
        with tenant_context(client.operator):
            client.told("PUT", "/limits/session/session", {"minutes": 300})
            wait_out(client.operator, PlayerLimit.objects.filter(player=client.player).latest("id"))
        assert client.session().expires_at == ends

    def test_a_session_that_ended_by_itself_says_only_that(self, client: Client) -> None:
        client.change(expires_at=Now() - timedelta(minutes=1))
        refusal(client.ask("GET", ""), 401, "session_expired")


class TestExclusion:
    def test_it_ends_the_session_and_opens_none_until_it_is_over(self, client: Client, operator_a: Operator) -> None:
        with topics(player_topic("op_alpha", client.player.pk)) as frames:
            told = client.told("POST", "/exclusions", {"kind": "cool_off", "hours": 24}, status=201)
            frames.wait(1)
        assert frames == [{"type": "session.revoked", "session_id": client.session_id}]
        facts = told["exclusion"]
        assert (facts["kind"], facts["source"]) == ("cool_off", "player")
        lasts = datetime.fromisoformat(facts["until"]) - datetime.fromisoformat(facts["from"])
        assert lasts == timedelta(hours=24)
        refusal(client.ask("GET", ""), 401, "session_expired")
        asked = {"player_token": client.player.token, "currency": "KES"}
        problem = refusal(call("POST", "sessions", credential=client.secret, body=asked), 403, "player_excluded")
        assert problem["params"] == {"kind": "cool_off", "until": facts["until"]}
        assert problem["retry"] == "new_key"
        end_exclusions(operator_a, client.player)
        again = Client(operator_a, client.player)
        assert again.told()["exclusion"] is None
        assert reload(operator_a, client.player).guarded is False

    def test_a_launch_that_was_opened_before_does_not_enter(self, client: Client) -> None:
        asked = {"player_token": client.player.token, "currency": "KES"}
        made = call("POST", "sessions", credential=client.secret, body=asked).json()
        client.told("POST", "/exclusions", {"kind": "self_exclusion", "forever": True}, status=201)
        entering = {"launch_token": made["launch_token"]}
        refusal(call("POST", "sessions/enter", body=entering), 401, "session_expired")

    @pytest.mark.parametrize(
        ("body", "code"),
        [
            ({"kind": "cool_off", "hours": 25}, "exclusion_invalid"),
            ({"kind": "cool_off"}, "exclusion_invalid"),
            ({"kind": "cool_off", "days": 180}, "exclusion_invalid"),
            ({"kind": "self_exclusion", "days": 1}, "exclusion_invalid"),
            ({"kind": "self_exclusion", "days": 180, "forever": True}, "exclusion_invalid"),
            ({"kind": "self_exclusion", "hours": 24}, "exclusion_invalid"),
            ({"kind": "holiday", "hours": 24}, "parameter_invalid"),
        ],
    )
    def test_only_what_the_profile_offers_is_taken(self, client: Client, body: Any, code: str) -> None:
        refusal(client.ask("POST", "/exclusions", body), 422, code)
        assert client.told()["exclusion"] is None

    def test_the_operator_lifts_its_own_break_and_nothing_else(self, client: Client, operator_a: Operator) -> None:
        own = client.backend("POST", "/exclusions", {"kind": "cool_off", "hours": 168, "reason": "asked by phone"})
        assert own.status_code == 201
        lift = f"/exclusions/{own.json()['exclusion']['exclusion_id']}/lift"
        assert client.backend("POST", lift, {"reason": "a mistake"}).json()["exclusion"] is None
        theirs = [
            shut_out(operator_a, client.player),
            shut_out(operator_a, client.player, "self_exclusion", days=180),
        ]
        for one in theirs:
            refusal(client.backend("POST", f"/exclusions/{one.pk}/lift", {"reason": "no"}), 422, "exclusion_invalid")
        told = client.backend("GET").json()["exclusion"]
        assert told["exclusion_id"] == str(theirs[1].pk)
        entries = AuditEntry.objects.filter(after__player_id=client.player.pk).order_by("id")
        kinds = [one.event_type for one in entries if "exclu" in one.event_type]
        assert kinds == ["player.excluded", "player.exclusion_lifted", "player.excluded", "player.excluded"]

    def test_the_database_lets_nobody_shorten_an_exclusion(self, client: Client, operator_a: Operator) -> None:
        made = shut_out(operator_a, client.player, "self_exclusion", days=180)
        with tenant_context(operator_a):
            for change in ({"until": Now()}, {"kind": "cool_off"}, {"lifted_at": Now()}, {"starts_at": Now()}):
                with pytest.raises(DatabaseError):
                    Exclusion.objects.filter(pk=made.pk).update(**change)
            with pytest.raises(DatabaseError):
                Exclusion.objects.filter(pk=made.pk).delete()

    def test_another_operators_exclusion_is_not_found(self, client: Client, operator_b: Operator) -> None:
        other = shut_out(operator_b, new_player(operator_b))
        refusal(client.backend("POST", f"/exclusions/{other.pk}/lift", {"reason": "x"}), 404, "not_found")

    def test_who_is_excluded_is_not_kept_at_the_game_by_play_money(self, client: Client, operator_a: Operator) -> None:
        from play.demo import ensure_house

        ensure_house()
        shut_out(operator_a, client.player)
        asked = {"player_token": client.player.token, "currency": "XTS", "mode": "demo"}
        answer = call("POST", "sessions", credential=client.secret, body=asked)
        assert answer.json()["code"] in ("player_excluded", "demo_unavailable")


class TestRealityChecks:
    def test_the_answer_is_kept_with_what_was_told_and_the_next_is_an_interval_later(
        self, operator_a: Operator, standing_rounds: list[Round]
    ) -> None:
        with licensed(operator_a, reality_check_minutes=30) as operator:
            client = Client(operator, new_player(operator, money=1_000_00))
            place(operator, client.player, round_id=standing_rounds[0].pk)
            client.change(launched_at=Now() - timedelta(minutes=31))
            before = client.told()
            assert before["reality_check"]["due_at"] < before["now"]
            after = client.told("POST", "/reality-checks", {"choice": "continue"}, status=201)
        due = datetime.fromisoformat(after["reality_check"]["due_at"]) - datetime.fromisoformat(after["now"])
        assert timedelta(minutes=29) < due <= timedelta(minutes=30)
        with tenant_context(operator_a):
            [kept] = RealityCheck.objects.filter(session_id=client.session_id)
            assert (kept.choice, kept.staked, kept.returned, kept.elapsed_seconds // 60) == ("continue", 10_00, 0, 31)
            with pytest.raises(DatabaseError):
                RealityCheck.objects.filter(pk=kept.pk).update(choice="stop")
        entry = AuditEntry.objects.filter(event_type="reality_check.answered").latest("id")
        assert (entry.after or {})["session_id"] == client.session_id

    def test_stopping_ends_the_session(self, client: Client) -> None:
        client.told("POST", "/reality-checks", {"choice": "stop"}, status=201)
        refusal(client.ask("GET", ""), 401, "session_expired")
        assert client.session().revoked_at is not None


class TestWhoMayAsk:
    def test_a_players_calls_are_for_players_and_the_backends_for_the_backend(self, client: Client) -> None:
        for method, path in (("GET", "protection"), ("PUT", "protection/limits/loss/day")):
            body = {"amount": "1.00"} if method == "PUT" else None
            refusal(call(method, path, credential=client.secret, body=body), 401, "unauthenticated")
        theirs = f"players/{client.player.token}/protection"
        refusal(call("GET", theirs, credential=client.token), 401, "unauthenticated")
        refusal(call("GET", "players/nobody-known/protection", credential=client.secret), 404, "player_not_found")

    def test_a_country_that_closes_between_opening_and_entering_enters_nobody(self, operator_a: Operator) -> None:
        player = new_player(operator_a)
        asked = {"player_token": player.token, "currency": "KES", "country": "FR"}
        made = call("POST", "sessions", credential=backend(operator_a).secret, body=asked).json()
        Operator.objects.filter(pk=operator_a.pk).update(region_restrictions=["FR"])
        try:
            entering = {"launch_token": made["launch_token"]}
            refusal(call("POST", "sessions/enter", body=entering), 403, "region_restricted")
        finally:
            Operator.objects.filter(pk=operator_a.pk).update(region_restrictions=[])
        assert call("POST", "sessions/enter", body=entering).status_code == 201, "the launch was not used up"
