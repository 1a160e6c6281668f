"""A lottery over HTTP, from its members to their statements: by a backend, two admins and two collectors."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db.models.functions import Now
from django.test import Client

from banker import second_factor
from banker.models import Member
from banker.services import close_phase
from banker.tasks import keep_time
from keno_platform.core import clock
from operators.models import Operator
from operators.services import issue_key
from operators.tenancy import tenant_context
from tests.support import lottery
from tests.support.members import PASSWORD, Api, new_admin, new_collector

pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture
def backend(committed: None, operator_a: Operator) -> Api:
    return Api(issue_key(operator=operator_a, label="tests", actor="tests")[1])


def test_a_lottery_from_its_members_to_its_statements(backend: Api, operator_a: Operator) -> None:
    ann, bob = new_admin(backend), new_admin(backend)
    carl, carl_id = new_collector(ann, credit="1000.00", commission=1000)
    dora, dora_id = new_collector(bob, credit="500.00", commission=500, parent_id=carl_id)
    assert carl.get("me")["balance"] == "1000.00"
    now = clock.now()
    times = {"starts_at": clock.to_text(now - timedelta(minutes=1)), "ends_at": clock.to_text(now + timedelta(hours=1))}
    phase = ann.post("phases", {"name": str(uuid4()), **times, "global_limit": "300.00", "tod_multiplier": 10})
    own = f"phases/{phase['phase_id']}"
    ann.post(f"{own}/open")
    try:
        slips(ann, carl, dora, phase, own)
        bob.post(f"{own}/close")
    except BaseException:
        close_phase(operator=operator_a, phase_id=phase["phase_id"], actor="tests")
        raise
    result(ann, bob, own, carl)
    assert phase["phase_id"] in keep_time()

    settled = bob.get(f"{own}/settlement")
    assert (settled["winning_number"], settled["slips"], settled["bets"], settled["winners"]) == ("123", 2, 8, 7)
    assert [settled[name] for name in ("total_in", "total_out", "net_profit", "commission")] == [
        *("170.00", "2600.00", "-2430.00", "17.00")
    ]
    found = {one["member_id"]: one for one in ann.get(f"{own}/statements")["statements"]}
    assert [found[carl_id][name] for name in ("total_in", "total_out", "commission", "due")] == [
        *("160.00", "1800.00", "16.50", "-1656.50")
    ]
    assert [found[dora_id][name] for name in ("total_in", "total_out", "commission", "due")] == [
        *("10.00", "800.00", "0.50", "-790.50")
    ]
    assert [one["member_id"] for one in dora.get(f"{own}/statements")["statements"]] == [dora_id]
    table = ann.get(f"{own}/statements.csv").splitlines()
    assert table[0] == "collector,slips,total_in,total_out,commission_rate,commission,corrected,due"
    assert len(table) == 3
    assert dora.get("me")["balance"] == "1290.50"

    ann.post(f"{own}/corrections", {"number": "999", "reason": "misread"})
    assert bob.post(f"{own}/result/confirm", {"number": "999"})["correction"]
    corrected = bob.get(f"{own}/settlement")
    assert (corrected["winning_number"], corrected["total_out"]) == ("999", "2600.00")
    assert corrected["corrections"][0]["reversed"] == "2600.00"
    assert lottery.broken(operator_a) == {}


def slips(ann: Api, carl: Api, dora: Api, phase: Any, own: str) -> None:
    text = "123 10R20\n500 50"
    shown = carl.post("slips/preview", {"text": text})
    assert [(one["line"], one["text"], one["bets"], one["total"]) for one in shown["lines"]] == [
        (1, "123 10R20", 6, "110.00"),
        (2, "500 50", 1, "50.00"),
    ]
    ask = {"phase_id": phase["phase_id"], "text": text, "total": shown["total"]}
    first = carl.post("slips", ask, key="a")
    assert carl.post("slips", ask, key="a") == first
    assert (first["total"], first["balance_after"], first["bets"], len(first["check_code"])) == (
        *("160.00", "840.00", 7, 8),
    )
    assert carl.refused("POST", "slips", ask | {"text": "1 2"}, key="a") == (422, "slip_invalid")
    assert carl.refused("POST", "slips", ask | {"total": "160.01"}) == (409, "slip_total_differs")
    assert carl.refused("POST", "slips", ask | {"partial": True}, key="a") == (422, "idempotency_key_reused")
    over = dora.call("POST", "slips", ask | {"text": "123 290.01", "total": "290.01"})
    assert (over[0], over[1]["code"]) == (409, "slip_over_limit")
    assert over[1]["params"]["numbers"] == [{"number": "123", "lines": [1], "asked": "290.01", "free": "290.00"}]
    cut = dora.post("slips", ask | {"text": "123 290.01\n500 1", "total": "291.01", "partial": True})
    assert cut["cut"] == [{"number": "123", "asked": "290.01", "taken": "290.00"}]
    assert dora.post(f"slips/{cut['slip_id']}/cancel")["cancelled"]
    second = dora.post("slips", ask | {"text": "123 10", "total": "10.00"})

    ann_sees = [one["slip_id"] for one in ann.get(f"slips?phase_id={phase['phase_id']}")["results"]]
    assert ann_sees == [second["slip_id"], cut["slip_id"], first["slip_id"]]
    assert [one["slip_id"] for one in carl.get("slips")["results"]] == [first["slip_id"]]
    assert carl.refused("GET", f"slips/{second['slip_id']}") == (404, "slip_not_found")
    detail = carl.get(f"slips/{first['slip_id']}")
    assert (detail["slip"], len(detail["bets"])) == (first, 7)

    numbers = {one["number"]: one for one in ann.get(f"{own}/risk")["numbers"]}
    assert len(numbers) == 1000
    assert numbers["123"] == {
        "number": "123", "total": "20.00", "bets": 2, "potential_payout": "1600.00", "limit": "300.00",
        "room": "280.00", "version": numbers["123"]["version"],
    }  # fmt: skip
    assert ann.get(f"{own}/risk?by=liability&limit=1")["numbers"][0]["number"] == "500"
    assert ann.get(f"{own}/risk/what-if/123") == {
        "number": "123", "payout": "2600.00", "net": "-2430.00",
        "prizes": {"123": "1600.00", **dict.fromkeys(["132", "213", "231", "312", "321"], "200.00")},
    }  # fmt: skip
    assert ann.get(f"{own}/risk/worst?limit=1")["outcomes"][0]["number"] == "500"
    lay_offs = ann.get(f"{own}/risk/lay-offs?payout_max=3000.00")["numbers"]
    assert lay_offs == [{"number": "500", "total": "50.00", "potential_payout": "4000.00", "amount": "12.50"}]
    assert ann.get(f"{own}/risk.csv").splitlines()[124] == "123,20.00,2,1600.00,300.00,280.00"
    assert carl.refused("GET", f"{own}/risk") == (403, "caller_not_allowed")


def result(ann: Api, bob: Api, own: str, carl: Api) -> None:
    assert carl.refused("POST", f"{own}/result", {"number": "123"}) == (403, "caller_not_allowed")
    assert bob.refused("GET", f"{own}/settlement") == (409, "phase_not_in_status")
    entry = ann.post(f"{own}/result", {"number": "123"})
    assert (entry["number"], entry["confirmed"]) == (None, None)
    assert ann.refused("POST", f"{own}/result/confirm", {"number": "123"}) == (403, "second_admin_needed")
    assert bob.refused("POST", f"{own}/result/confirm", {"number": "132"}) == (409, "result_differs")
    assert bob.post(f"{own}/result/confirm", {"number": "123"})["number"] == "123"


def test_a_backend_neither_decides_numbers_nor_sells(backend: Api, operator_a: Operator) -> None:
    phase = lottery.draft(operator_a)
    for method, path, body in (
        ("POST", f"phases/{phase.pk}/result", {"number": "123"}),
        ("POST", f"phases/{phase.pk}/result/confirm", {"number": "123"}),
        ("POST", f"phases/{phase.pk}/corrections", {"number": "123", "reason": "x"}),
        ("POST", "slips", {"phase_id": str(phase.pk), "text": "123 5", "total": "5.00"}),
        ("GET", "me", None),
    ):
        assert backend.refused(method, path, body) == (403, "caller_not_allowed")


def test_a_collector_changes_neither_phases_nor_members(backend: Api, operator_a: Operator) -> None:
    carl, carl_id = new_collector(backend, credit="1.00")
    phase = lottery.draft(operator_a)
    for method, path, body in (
        ("POST", "phases", {"name": "x", "starts_at": "2030-01-01T00:00:00Z", "ends_at": "2030-01-02T00:00:00Z"}),
        ("POST", f"phases/{phase.pk}/open", None),
        ("POST", f"phases/{phase.pk}/close", None),
        ("PUT", f"phases/{phase.pk}/limits/123", {"max_amount": "1"}),
        ("GET", "members", None),
        ("POST", "members", {"username": "x", "role": "admin"}),
        ("POST", f"members/{carl_id}/credit", {"amount": "1.00", "direction": "give"}),
        ("PUT", f"members/{carl_id}/commission", {"commission": 1}),
        ("POST", f"members/{carl_id}/activate", None),
    ):
        assert carl.refused(method, path, body) == (403, "caller_not_allowed"), path
    assert carl.get(f"phases/{phase.pk}")["status"] == "draft"


def test_credit_is_moved_once_a_key_and_never_below_zero(backend: Api) -> None:
    _, carl_id = new_collector(backend, credit="10.00")
    give = {"amount": "5.00", "direction": "give"}
    for _ in range(2):
        assert backend.post(f"members/{carl_id}/credit", give, key="credit" + carl_id[:8])["balance"] == "15.00"
    reused = backend.refused("POST", f"members/{carl_id}/credit", give | {"amount": "6.00"}, key="credit" + carl_id[:8])
    assert reused == (422, "idempotency_key_reused")
    take = {"amount": "15.01", "direction": "take"}
    assert backend.refused("POST", f"members/{carl_id}/credit", take) == (409, "credit_not_there")
    assert backend.post(f"members/{carl_id}/credit", take | {"amount": "15.00"})["balance"] == "0.00"
    assert backend.refused("POST", f"members/{carl_id}/credit", give | {"amount": "0"}) == (422, "credit_invalid")


def test_a_session_ends_when_it_is_ended_and_when_its_member_may_not_work(backend: Api) -> None:
    carl, carl_id = new_collector(backend, credit="1.00")
    username = carl.get("me")["username"]
    backend.post(f"members/{carl_id}/deactivate")
    assert carl.refused("GET", "me") == (401, "unauthenticated")
    ask = {"operator": "alpha", "username": username, "password": PASSWORD}
    assert Api(None).refused("POST", "sessions", ask) == (401, "sign_in_refused")
    backend.post(f"members/{carl_id}/activate")
    assert carl.refused("GET", "me") == (401, "unauthenticated"), "what has ended stays so"
    carl = Api(Api(None).post("sessions", ask)["token"])
    assert carl.get("me")["active"]
    carl.post("sessions/end")
    assert carl.refused("GET", "me") == (401, "unauthenticated")


@pytest.mark.parametrize("token", ["bm.alpha.x", "bm.nobody.x", "bm.alpha", "bm..", "bm.alpha.x.y", "ps.alpha.x"])
def test_a_token_that_is_none_is_refused(token: str) -> None:
    assert Api(token).refused("GET", "me") == (401, "unauthenticated")


def test_a_members_token_opens_nothing_but_the_lottery(backend: Api) -> None:
    carl, _ = new_collector(backend, credit="1.00")
    headers = {"Authorization": f"Bearer {carl.credential}"}
    for path in ("wallet/transactions", "bets", "keys", "webhooks/endpoints"):
        assert Client().get(f"/api/v1/{path}", headers=headers).status_code == 401


@pytest.mark.parametrize(
    "change",
    [
        {"password": "wrong password"},
        {"username": "nobody-at-all"},
        {"operator": "beta"},
        {"operator": "none"},
    ],
)
def test_a_wrong_name_or_password_signs_nobody_in(backend: Api, operator_a: Operator, change: dict[str, str]) -> None:
    name = lottery.username("carl")
    backend.post("members", {"username": name, "role": "collector", "password": PASSWORD})
    ask = {"operator": "alpha", "username": name, "password": PASSWORD, **change}
    assert Api(None).refused("POST", "sessions", ask) == (401, "sign_in_refused")


def test_after_ten_wrong_passwords_in_a_row_the_right_one_is_refused_too_for_a_while(
    backend: Api, operator_a: Operator
) -> None:
    name = lottery.username("carl")
    made = backend.post("members", {"username": name, "role": "collector", "password": PASSWORD})
    ask = {"operator": "alpha", "username": name, "password": PASSWORD}
    for password in [PASSWORD + "x"] * 9 + [PASSWORD] + [PASSWORD + "x"] * 10:
        Api(None).call("POST", "sessions", ask | {"password": password})
    assert Api(None).refused("POST", "sessions", ask) == (401, "sign_in_refused")
    with tenant_context(operator_a):
        Member.objects.filter(pk=made["member_id"]).update(locked_until=Now())
    assert Api(None).post("sessions", ask)["member_id"] == made["member_id"]


def test_who_has_no_password_never_signs_in(operator_a: Operator) -> None:
    member = lottery.collector(operator_a)
    for password in ("", "!", member.password_hash):
        ask = {"operator": "alpha", "username": member.username, "password": password}
        assert Api(None).refused("POST", "sessions", ask) == (401, "sign_in_refused")


def test_the_second_factors_codes_are_those_of_the_standard() -> None:
    """RFC 6238, appendix B, the last six digits of its SHA-1 column."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    for moment, code in ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (20000000000, "353130")):
        assert second_factor.code_at(secret, moment // 30) == code
        assert second_factor.step_of(secret, code, at_s=moment + 30, after=0) == moment // 30
        assert second_factor.step_of(secret, code, at_s=moment + 60, after=0) is None
        assert second_factor.step_of(secret, code, at_s=moment, after=moment // 30) is None


def test_another_operators_members_slips_and_phases_are_not_there(
    backend: Api, operator_a: Operator, operator_b: Operator
) -> None:
    other = Api(issue_key(operator=operator_b, label="tests", actor="tests")[1])
    member = lottery.collector(operator_a, credit=100)
    with lottery.open_phase(operator_a) as phase:
        slip = lottery.place(operator_a, member, phase, "123 1").slip
    for method, path in (
        ("GET", f"members/{member.pk}"),
        ("POST", f"members/{member.pk}/deactivate"),
        ("GET", f"slips/{slip.pk}"),
        ("POST", f"slips/{slip.pk}/cancel"),
        *(("GET", f"phases/{phase.pk}/{what}") for what in ("risk", "settlement", "statements", "risk/worst")),
    ):
        assert other.call(method, path)[0] == 404, path
    assert backend.get(f"slips/{slip.pk}")["slip"]["slip_id"] == str(slip.pk)
    assert backend.get(f"members/{member.pk}")["balance"] == "0.00"
