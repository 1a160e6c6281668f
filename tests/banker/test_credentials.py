"""Passwords and second factors: who may change whose, and that one person never becomes two admins."""

import time
from urllib.parse import parse_qs, unquote, urlparse

import pytest

from audit.models import AuditEntry
from banker import second_factor
from banker.services.sessions import FAILURES_MAX
from operators.models import Operator
from operators.services import issue_key
from tests.support import lottery
from tests.support.members import PASSWORD, Api, new_admin, new_collector

pytestmark = pytest.mark.usefixtures("committed")
OTHER = "another good one"


@pytest.fixture
def backend(committed: None, operator_a: Operator) -> Api:
    return Api(issue_key(operator=operator_a, label="tests", actor="tests")[1])


def sign_in(username: str, password: str, code: str = "") -> Api:
    ask = {"operator": "alpha", "username": username, "password": password, "code": code}
    return Api(Api(None).post("sessions", ask)["token"])


def refused_at_the_door(username: str, password: str) -> bool:
    ask = {"operator": "alpha", "username": username, "password": password}
    return Api(None).refused("POST", "sessions", ask) == (401, "sign_in_refused")


def test_an_admin_makes_collectors_but_never_a_second_admin_for_itself(backend: Api, operator_a: Operator) -> None:
    """With one more admin of its own making, one person could enter a number and confirm it."""
    ann, bob = new_admin(backend), new_admin(backend)
    bob_id = bob.get("me")["member_id"]
    admins_by_operator = (403, "admins_by_operator")
    puppet = {"username": lottery.username("puppet"), "role": "admin", "password": PASSWORD}
    assert ann.refused("POST", "members", puppet) == admins_by_operator
    assert ann.refused("PUT", f"members/{bob_id}/password", {"password": OTHER}) == admins_by_operator
    assert ann.refused("POST", f"members/{bob_id}/second-factor") == admins_by_operator
    ann.post(f"members/{bob_id}/deactivate")
    assert ann.refused("POST", f"members/{bob_id}/activate") == admins_by_operator
    assert backend.post(f"members/{bob_id}/activate")["active"]
    assert new_collector(ann, credit="1.00")


def test_a_member_changes_its_own_password_and_signs_in_anew(backend: Api) -> None:
    carl, _ = new_collector(backend, credit="1.00")
    name = carl.get("me")["username"]
    second = sign_in(name, PASSWORD)
    assert carl.refused("POST", "me/password", {"present": OTHER, "password": OTHER}) == (403, "password_refused")
    assert carl.refused("POST", "me/password", {"present": PASSWORD, "password": "short"}) == (422, "member_invalid")
    assert carl.get("me")["username"] == name
    assert carl.post("me/password", {"present": PASSWORD, "password": OTHER}) is None
    for ended in (carl, second):
        assert ended.refused("GET", "me") == (401, "unauthenticated")
    assert refused_at_the_door(name, PASSWORD)
    assert sign_in(name, OTHER).get("me")["username"] == name


def test_guessing_the_present_password_locks_the_name_as_guessing_at_the_door_does(backend: Api) -> None:
    carl, _ = new_collector(backend, credit="1.00")
    name = carl.get("me")["username"]
    for _ in range(FAILURES_MAX):
        assert carl.refused("POST", "me/password", {"present": OTHER, "password": OTHER}) == (403, "password_refused")
    assert carl.refused("POST", "me/password", {"present": PASSWORD, "password": OTHER}) == (403, "password_refused")
    assert refused_at_the_door(name, PASSWORD)


def test_a_collector_that_has_lost_its_password_gets_another_from_an_admin(backend: Api) -> None:
    ann = new_admin(backend)
    carl, carl_id = new_collector(backend, credit="1.00")
    name = carl.get("me")["username"]
    for _ in range(FAILURES_MAX):
        assert refused_at_the_door(name, OTHER)
    assert ann.call("PUT", f"members/{carl_id}/password", {"password": OTHER})[0] == 200
    assert carl.refused("GET", "me") == (401, "unauthenticated")
    assert refused_at_the_door(name, PASSWORD)
    assert sign_in(name, OTHER).get("me")["member_id"] == carl_id
    told = AuditEntry.objects.filter(event_type="member.password_set", description__contains=name)
    assert [one.actor for one in told] == [f"admin {ann.get('me')['username']}"]
    assert carl.refused("PUT", f"members/{carl_id}/password", {"password": OTHER}) == (401, "unauthenticated")


def test_an_admin_that_has_lost_its_phone_gets_a_second_factor_from_the_backend(backend: Api) -> None:
    ann = new_admin(backend)
    me = ann.get("me")
    renewed = backend.post(f"members/{me['member_id']}/second-factor")
    assert ann.refused("GET", "me") == (401, "unauthenticated")
    code = second_factor.code_at(renewed["totp_secret"], int(time.time()) // second_factor.STEP_S)
    assert sign_in(me["username"], PASSWORD, code).get("me")["member_id"] == me["member_id"]
    assert refused_at_the_door(me["username"], PASSWORD), "without a code"
    _, carl_id = new_collector(backend, credit="1.00")
    assert backend.refused("POST", f"members/{carl_id}/second-factor") == (422, "member_invalid")


def test_the_secret_comes_as_the_address_that_authenticator_apps_read(backend: Api, operator_a: Operator) -> None:
    made = backend.post("members", {"username": lottery.username("admin"), "role": "admin", "password": PASSWORD})
    address = urlparse(made["totp_address"])
    assert (address.scheme, address.netloc) == ("otpauth", "totp")
    assert unquote(address.path) == f"/{operator_a.name}:{made['username']}"
    asked = {name: value for name, [value] in parse_qs(address.query).items()}
    assert asked == {"secret": made["totp_secret"], "issuer": operator_a.name, "digits": "6", "period": "30"}
    again = backend.get(f"members/{made['member_id']}")
    assert (again["totp_secret"], again["totp_address"]) == (None, None)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "abcdef", "\u0661\u0662\u0663\u0664\u0665\u0666", "-00001"])
def test_what_is_no_code_signs_no_admin_in(backend: Api, code: str) -> None:
    name = lottery.username("admin")
    backend.post("members", {"username": name, "role": "admin", "password": PASSWORD})
    ask = {"operator": "alpha", "username": name, "password": PASSWORD, "code": code}
    assert Api(None).refused("POST", "sessions", ask) == (401, "sign_in_refused")
