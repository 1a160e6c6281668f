"""
Every call of the API that changes something, ready to be made twice at the same moment: by operation id.

A deed makes what it needs anew, so that each starts from the same place, and says how the two answers come out, in any
order. `SAME`: both answers are the same bytes, because a key makes them one call.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import uuid4

from banker.models import Member
from keno_platform.core import clock
from operators.models import Operator
from operators.selectors import list_valid_caller_keys
from operators.services import add_caller_key, issue_key, revoke_caller_key
from players.models import Player
from rounds.models import Round
from tests.support import lottery
from tests.support.api import call
from tests.support.bets import balance, new_player, place, player_client
from tests.support.members import PASSWORD
from tests.support.sandboxes import new_sandbox_game

PURSE = 100_000


@dataclass(slots=True, kw_only=True)
class House:
    """An operator of this module's own, a sandbox, and who calls for it."""

    operator: Operator
    sandbox: Operator
    key: str
    sandbox_key: str
    provider: str
    rounds: list[Round]

    def read(self, method: str, path: str, body: Any = None, *, credential: str | None = None) -> Any:
        """The document of a call that must succeed."""
        answer = call(method, path, credential=credential or self.key, body=body, headers=_key())
        assert answer.status_code in (200, 201, 202, 204), (path, answer.content)
        return answer.json() if answer.content else None

    def session(self, player: Player) -> str:
        return player_client(self.operator, player).secret

    def member(self, role: str = "collector", *, credit: int = 0) -> Member:
        if role == "admin":
            return lottery.admin(self.operator)
        return lottery.collector(self.operator, credit=credit)


@dataclass(slots=True, kw_only=True)
class Ask:
    """One call, to be made by two at once; `sums` looks at what it has become."""

    method: str
    path: str
    body: Any = None
    credential: str | None = None
    headers: dict[str, str] = field(default_factory=lambda: _key())
    sums: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """How a call is made ready, and the two statuses in ascending order."""

    ready: Callable[[House], Ask]
    statuses: tuple[int, int]
    same: bool = False


DEEDS: dict[str, Deed] = {}


def _key() -> dict[str, str]:
    return {"Idempotency-Key": str(uuid4())}


def deed(operation: str, *statuses: int, same: bool = False) -> Callable[[Callable[[House], Ask]], None]:
    """Add how this operation is made ready."""

    def add(ready: Callable[[House], Ask]) -> None:
        first, second = statuses
        DEEDS[operation] = Deed(ready=ready, statuses=(first, second), same=same)

    return add


def plain(operation: str, method: str, path: str, body: Any = None, *, statuses: tuple[int, int]) -> None:
    """A call that needs nothing made before it."""
    deed(operation, *statuses)(lambda house: Ask(method=method, path=path, body=body))


def in_books(house: House, player: Player, wanted: int) -> Callable[[], None]:
    """The player has exactly so much afterwards."""

    def look() -> None:
        assert balance(house.operator, player) == wanted

    return look


# --- money ------------------------------------------------------------------------------------------------------------
def _bet(house: House, player: Player) -> dict[str, Any]:
    return {
        "player_token": player.token,
        "round_id": house.rounds[0].pk,
        "picks": [7, 21, 63],
        "stake": "10.00",
        "currency": "KES",
    }


@deed("place_bet", 201, 201, same=True)
def _(house: House) -> Ask:
    player = new_player(house.operator, money=PURSE)
    return Ask(method="POST", path="bets", body=_bet(house, player), sums=in_books(house, player, PURSE - 1000))


@deed("place_bets", 200, 200, same=True)
def _(house: House) -> Ask:
    player = new_player(house.operator, money=PURSE)
    body = {"bets": [_bet(house, player) for _ in range(5)]}
    return Ask(method="POST", path="bets/batch", body=body, sums=in_books(house, player, PURSE - 5000))


@deed("cancel_bet", 200, 200, same=True)
def _(house: House) -> Ask:
    player = new_player(house.operator, money=PURSE)
    bet = place(house.operator, player, round_id=house.rounds[0].pk)
    return Ask(method="POST", path=f"bets/{bet.pk}/cancel", sums=in_books(house, player, PURSE))


def _transfer(house: House, path: str, start: int, left: int) -> Ask:
    player = new_player(house.operator, money=start)
    body = {"player_token": player.token, "amount": "100.00", "currency": "KES", "reference": "till 1"}
    return Ask(method="POST", path=path, body=body, sums=in_books(house, player, left))


deed("deposit", 201, 201, same=True)(lambda house: _transfer(house, "wallet/deposits", 500, 10_500))
deed("withdraw", 201, 201, same=True)(lambda house: _transfer(house, "wallet/withdrawals", 15_000, 5_000))


@deed("move_credit", 200, 200, same=True)
def _(house: House) -> Ask:
    member = house.member()
    body = {"amount": "100.00", "direction": "give"}

    def look() -> None:
        assert lottery.balance(house.operator, member) == 10_000

    return Ask(method="POST", path=f"banker/members/{member.pk}/credit", body=body, sums=look)


# --- sessions ---------------------------------------------------------------------------------------------------------
@deed("open_session", 201, 201)
def _(house: House) -> Ask:
    player = new_player(house.operator)
    return Ask(method="POST", path="sessions", body={"player_token": player.token, "currency": "KES"})


@deed("enter_session", 201, 401)
def _(house: House) -> Ask:
    player = new_player(house.operator)
    opened = house.read("POST", "sessions", {"player_token": player.token, "currency": "KES"})
    return Ask(method="POST", path="sessions/enter", body={"launch_token": opened["launch_token"]}, credential="")


@deed("revoke_session", 204, 204)
def _(house: House) -> Ask:
    player = new_player(house.operator)
    opened = house.read("POST", "sessions", {"player_token": player.token, "currency": "KES"})
    return Ask(method="DELETE", path=f"sessions/{opened['session_id']}")


# --- protection -------------------------------------------------------------------------------------------------------
def _own(house: House, method: str, path: str, body: Any = None) -> Ask:
    credential = house.session(new_player(house.operator))
    return Ask(method=method, path=f"protection/{path}", body=body, credential=credential)


def _players(house: House, method: str, path: str, body: Any = None) -> Ask:
    player = new_player(house.operator)
    return Ask(method=method, path=f"players/{player.token}/protection/{path}", body=body)


BREAK = {"kind": "cool_off", "hours": 24}
LIMIT = {"amount": "500.00"}
deed("set_limit", 200, 200)(lambda house: _own(house, "PUT", "limits/loss/day", LIMIT))
deed("set_players_limit", 200, 200)(lambda house: _players(house, "PUT", "limits/loss/day", LIMIT))
deed("exclude_oneself", 201, 201)(lambda house: _own(house, "POST", "exclusions", BREAK))
deed("exclude_player", 201, 201)(
    lambda house: _players(house, "POST", "exclusions", {**BREAK, "reason": "the player asked for it"})
)
deed("answer_reality_check", 201, 201)(lambda house: _own(house, "POST", "reality-checks", {"choice": "continue"}))


@deed("lift_exclusion", 200, 200)
def _(house: House) -> Ask:
    player = new_player(house.operator)
    path = f"players/{player.token}/protection/exclusions"
    begun = house.read("POST", path, {**BREAK, "reason": "by mistake"})["exclusion"]
    return Ask(method="POST", path=f"{path}/{begun['exclusion_id']}/lift", body={"reason": "it was one"})


def _loosened(house: House, ask: Ask, credential: str | None) -> Ask:
    """With a looser limit that waits, to be taken back."""
    path = ask.path.removesuffix("/pending")
    for amount in ("100.00", "500.00"):
        house.read("PUT", path, {"amount": amount}, credential=credential)
    return ask


@deed("withdraw_limit", 200, 200)
def _(house: House) -> Ask:
    ask = _own(house, "DELETE", "limits/loss/day/pending")
    return _loosened(house, ask, ask.credential)


@deed("withdraw_players_limit", 200, 200)
def _(house: House) -> Ask:
    return _loosened(house, _players(house, "DELETE", "limits/loss/day/pending"), None)


# --- keys -------------------------------------------------------------------------------------------------------------
def _spare(house: House) -> str:
    made, _ = issue_key(operator=house.operator, label="spare", actor="test")
    return f"keys/{made.pk}"


def _caller(house: House) -> str:
    for key in list_valid_caller_keys(house.operator):
        revoke_caller_key(key=key, reason="test", actor="test")
    made, _ = add_caller_key(operator=house.operator, kind="hmac", label="own", actor="test")
    return f"caller-keys/{made.key_id}"


OVERLAP = {"overlap_seconds": 3600}
deed("rotate_key", 201, 201)(lambda house: Ask(method="POST", path=_spare(house), body=OVERLAP))
deed("revoke_key", 204, 204)(lambda house: Ask(method="DELETE", path=_spare(house)))
deed("rotate_caller_key", 201, 409)(lambda house: Ask(method="POST", path=_caller(house), body=OVERLAP))
deed("revoke_caller_key", 204, 204)(lambda house: Ask(method="DELETE", path=_caller(house)))
plain("add_caller_key", "POST", "caller-keys", {"kind": "hmac", "label": "two"}, statuses=(201, 201))


# --- the provider's ---------------------------------------------------------------------------------------------------
def _provider(house: House, method: str, path: str, body: Any) -> Ask:
    path = f"operators/{house.operator.slug}{path}"
    return Ask(method=method, path=path, body=body, credential=house.provider)


deed("change_integration", 200, 200)(
    lambda house: _provider(house, "PATCH", "", {"frame_ancestors": ["https://casino.example"]})
)
deed("change_operator_brand", 200, 200)(lambda house: _provider(house, "PATCH", "/brand", {"name": "Twice"}))
deed("set_operator_rate_limits", 200, 200)(
    lambda house: _provider(house, "PUT", "/rate-limits", {"player_bets": "5000/50000"})
)
deed("suspend_operator", 200, 200)(lambda house: _provider(house, "POST", "/suspend", {"reason": "twice"}))
deed("resume_operator", 200, 200)(lambda house: _provider(house, "POST", "/resume", {"reason": "twice"}))
plain("change_brand", "PATCH", "brand", {"name": "Twice"}, statuses=(200, 200))


@deed("create_operator", 201, 422)
def _(house: House) -> Ask:
    slug = f"tw-{uuid4().hex[:8]}"
    limits = {"min_bet": "1.00", "max_bet": "1000.00", "max_win_per_ticket": "100000.00"}
    body = {"slug": slug, "name": slug, "currency": "KES", "domain": f"{slug}.localhost", **limits}
    return Ask(method="POST", path="operators", body=body, credential=house.provider)


# --- webhooks ---------------------------------------------------------------------------------------------------------
HOOK = {"url": "https://hooks.example.com/keno", "events": ["operator.suspended"]}
plain("create_webhook_endpoint", "POST", "webhooks/endpoints", HOOK, statuses=(201, 201))


def _endpoint(house: House, method: str, rest: str = "", body: Any = None) -> Ask:
    made = house.read("POST", "webhooks/endpoints", HOOK)["endpoint_id"]
    return Ask(method=method, path=f"webhooks/endpoints/{made}{rest}", body=body)


deed("change_webhook_endpoint", 200, 200)(lambda house: _endpoint(house, "PATCH", "", {"description": "two"}))
deed("delete_webhook_endpoint", 204, 404)(lambda house: _endpoint(house, "DELETE"))
deed("pause_webhook_endpoint", 200, 200)(lambda house: _endpoint(house, "POST", "/pause"))
deed("resume_webhook_endpoint", 200, 200)(lambda house: _endpoint(house, "POST", "/resume"))
deed("test_webhook_endpoint", 202, 202)(lambda house: _endpoint(house, "POST", "/test"))
deed("rotate_webhook_secret", 201, 201)(lambda house: _endpoint(house, "POST", "/secret", OVERLAP))
deed("replay_failed_webhooks", 202, 202)(
    lambda house: _endpoint(house, "POST", "/replay", {"since": "2026-11-20T00:00:00Z"})
)


@deed("replay_webhook_delivery", 202, 202)
def _(house: House) -> Ask:
    ask = _endpoint(house, "POST", "/test")
    delivery = house.read("POST", ask.path)["delivery_id"]
    return Ask(method="POST", path=f"webhooks/deliveries/{delivery}/replay")


# --- reconciliation and reports ---------------------------------------------------------------------------------------
def _run(house: House, method: str, rest: str, body: Any = None) -> Ask:
    made = house.read("POST", "reconciliation", {})["id"]
    return Ask(method=method, path=f"reconciliation/{made}/{rest}", body=body)


plain("reconcile", "POST", "reconciliation", {"rows": []}, statuses=(201, 201))
deed("put_reconciliation_part", 200, 200)(lambda house: _run(house, "PUT", "parts/1", {"rows": []}))
deed("compare_reconciliation", 200, 409)(lambda house: _run(house, "POST", "compare"))
plain("ask_for_report", "POST", "reports/runs", {"report": "liability"}, statuses=(202, 202))
plain("schedule_report", "POST", "reports/schedules", {"report": "liability", "every": "day"}, statuses=(201, 201))


@deed("end_report_schedule", 204, 404)
def _(house: House) -> Ask:
    made = house.read("POST", "reports/schedules", {"report": "liability", "every": "month"})["id"]
    return Ask(method="DELETE", path=f"reports/schedules/{made}")


# --- sandboxes --------------------------------------------------------------------------------------------------------
def _clock(house: House, what: str, body: Any = None) -> Ask:
    game = new_sandbox_game(house.sandbox)
    return Ask(method="POST", path=f"games/{game.code}/clock/{what}", body=body, credential=house.sandbox_key)


deed("pause_clock", 200, 200)(lambda house: _clock(house, "pause"))
deed("run_clock", 200, 200)(lambda house: _clock(house, "run"))
deed("step_clock", 200, 200)(lambda house: _clock(house, "step"))


@deed("create_game", 201, 201, same=True)  # with the same terms it is the same game
def _(house: House) -> Ask:
    code = f"sandbox-{uuid4().hex[:10]}"
    return Ask(method="POST", path="games", body={"code": code, "name": code}, credential=house.sandbox_key)


# --- the lottery ------------------------------------------------------------------------------------------------------
def _member(house: House, method: str, rest: str, body: Any = None, *, role: str = "collector") -> Ask:
    return Ask(method=method, path=f"banker/members/{house.member(role).pk}/{rest}", body=body)


deed("activate_member", 200, 200)(lambda house: _member(house, "POST", "activate"))
deed("deactivate_member", 200, 200)(lambda house: _member(house, "POST", "deactivate"))
deed("set_commission", 200, 200)(lambda house: _member(house, "PUT", "commission", {"commission": 500}))
deed("set_member_password", 200, 200)(lambda house: _member(house, "PUT", "password", {"password": PASSWORD}))
deed("renew_second_factor", 200, 200)(lambda house: _member(house, "POST", "second-factor", role="admin"))


@deed("add_member", 201, 422)
def _(house: House) -> Ask:
    body = {"username": lottery.username("two"), "role": "collector", "password": PASSWORD}
    return Ask(method="POST", path="banker/members", body=body)


def _phase(house: House, method: str, rest: str, body: Any = None) -> Ask:
    return Ask(method=method, path=f"banker/phases/{lottery.draft(house.operator).pk}/{rest}", body=body)


deed("set_phase_end", 200, 200)(lambda house: _phase(house, "PUT", "end", {"ends_at": "2100-01-01T00:00:00Z"}))
deed("set_global_limit", 200, 200)(lambda house: _phase(house, "PUT", "global-limit", {"global_limit": "5000.00"}))
deed("set_number_limit", 200, 200)(lambda house: _phase(house, "PUT", "limits/007", {"max_amount": "50.00"}))


@deed("clear_number_limit", 200, 200)
def _(house: House) -> Ask:
    ask = _phase(house, "DELETE", "limits/007")
    house.read("PUT", ask.path, {"max_amount": "50.00"})
    return ask


@deed("create_phase", 201, 422)
def _(house: House) -> Ask:
    now = clock.now()
    times = {"starts_at": clock.to_text(now), "ends_at": clock.to_text(now + timedelta(days=1))}
    return Ask(method="POST", path="banker/phases", body={"name": uuid4().hex, **times})
