"""Who comes to which page, by a table of every address; and what the cookie, the headers and the ticket are worth."""

import re
from typing import Any
from uuid import UUID

import pytest
from django.core import signing
from django.test import Client

from banker.authentication import TICKET, make_ticket, read_session, read_watcher
from banker.models import MemberSession
from banker.web.routes import routes
from banker.web.visits import COOKIE
from keno_platform.http.problems import Unauthenticated
from operators.models import Operator
from operators.tenancy import tenant_context
from tests.support import booth, lottery
from tests.support.booth import Visitor
from tests.support.members import PASSWORD, Api

pytestmark = pytest.mark.usefixtures("committed")

ANYBODY = {"lottery", "lottery/sign-in", "lottery/sign-out", "lottery/language"}
COLLECTORS = {"lottery/slips/read", "lottery/slips/hand-in", "lottery/account", "lottery/account.pdf"}
MEMBERS = {
    *("lottery/password", "lottery/password/change", "lottery/slips"),
    *("lottery/slips/<uuid:slip_id>", "lottery/slips/<uuid:slip_id>/cancel", "lottery/slips/<uuid:slip_id>/receipt"),
    *("lottery/slips/<uuid:slip_id>/receipt.pdf", "lottery/slips/<uuid:slip_id>/receipt.escpos"),
}
_PHASE, _MEMBER = "lottery/phases/<uuid:phase_id>", "lottery/members/<uuid:member_id>"
ADMINS = {
    *("lottery/live", "lottery/phases/new", "lottery/phases/create", "lottery/members", "lottery/members/new"),
    *("lottery/members/add", _PHASE, _MEMBER),
    *(f"{_PHASE}/{rest}" for rest in ("open", "close", "end", "result", "result/decide", "correction", "map")),
    *(f"{_PHASE}/{rest}" for rest in ("map.json", "numbers/<str:number>", "liabilities", "limits", "limits/change")),
    *(f"{_PHASE}/{rest}" for rest in ("<slug:name>.pdf", "<slug:name>.csv")),
    *(f"{_MEMBER}/{rest}" for rest in ("credit", "commission", "stand", "password")),
}
ROUTES = [str(one.pattern) for one in routes]
NOTHING = UUID(int=7 << 76)


def address(route: str) -> str:
    return "/" + re.sub(r"<str:\w+>", "123", re.sub(r"<slug:\w+>", "risk", re.sub(r"<uuid:\w+>", str(NOTHING), route)))


def statuses(phone: Visitor, route: str) -> set[int]:
    """What a page answers to either verb; 405 is that of the verb that it does not know."""
    client = Client()
    client.cookies = phone.client.cookies
    made = [getattr(client, verb)(address(route), headers={"Host": phone.host}) for verb in ("get", "post")]
    return {one.status_code for one in made} - {405}


def test_every_address_stands_in_one_of_the_tables() -> None:
    tables = [ANYBODY, COLLECTORS, MEMBERS, ADMINS]
    assert sorted(ROUTES) == sorted(one for table in tables for one in table)


@pytest.fixture(scope="module")
def phones(django_db_setup: None, django_db_blocker: Any) -> dict[str, Visitor]:
    from operators.selectors import get_operator

    with django_db_blocker.unblock():
        alpha, beta = get_operator(slug="alpha"), get_operator(slug="beta")
        other = booth.admin(beta)
        other.host = "alpha.localhost"  # a session of another operator's lottery, shown here
        return {
            "nobody": Visitor("alpha.localhost"),
            "collector": booth.collector(alpha),
            "admin": booth.admin(alpha),
            "another operator's admin": other,
        }


@pytest.mark.parametrize("route", sorted(COLLECTORS | MEMBERS | ADMINS))
@pytest.mark.parametrize("who", ["nobody", "another operator's admin", "collector", "admin"])
def test_a_page_is_for_whom_the_table_says(phones: dict[str, Visitor], who: str, route: str) -> None:
    found = statuses(phones[who], route)
    if who in ("nobody", "another operator's admin"):
        assert found == {401}
    elif route in ({"collector": ADMINS, "admin": COLLECTORS}[who]):
        assert found == {403}
    else:
        assert found.isdisjoint({401, 403, 500}), found


def test_a_session_is_kept_where_no_script_reads_it_and_ends_everywhere(operator_a: Operator) -> None:
    carl = booth.collector(operator_a)
    cookie = carl.client.cookies[COOKIE]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/lottery")
    assert 11 * 3600 < int(cookie["max-age"]) <= 12 * 3600
    kept = cookie.value
    token = signing.loads(kept, salt="banker.web")["token"]
    assert Api(token).get("me")["username"] == carl.member.username
    carl.client.cookies[COOKIE] = kept[:-2] + "zz"
    assert carl.get("/lottery/account").status_code == 401, "not as it was signed"
    carl.client.cookies[COOKIE] = kept
    carl.open("/lottery/account")
    carl.send("/lottery/sign-out")
    assert "Sign in" in carl.said
    assert Api(token).refused("GET", "me") == (401, "unauthenticated")
    carl.client.cookies[COOKIE] = kept
    carl.open("/lottery")
    assert "Your session has ended. Sign in again." in carl.said


def test_a_wrong_sign_in_says_nothing_of_what_was_wrong(operator_a: Operator) -> None:
    carl, _ = booth.member(operator_a, booth.Role.COLLECTOR)
    ann, _ = booth.member(operator_a, booth.Role.ADMIN)
    said = set()
    for name, password, code in ((carl.username, "wrong", ""), ("nobody", PASSWORD, ""), (ann.username, PASSWORD, "")):
        phone = Visitor("alpha.localhost")
        phone.open("/lottery")
        phone.send("/lottery/sign-in", username=name, password=password, code=code)
        assert phone.status == 401
        said.add(phone.said.replace(name, ""))
        assert COOKIE not in phone.client.cookies
    assert len(said) == 1


def test_forms_of_other_sites_are_refused(operator_a: Operator) -> None:
    carl = booth.collector(operator_a)
    for route in ROUTES:
        answer = carl.client.post(address(route), {}, headers={"Host": carl.host})
        assert answer.status_code in (403, 405), route


def test_no_page_has_a_script_or_a_style_of_its_own(phones: dict[str, Visitor]) -> None:
    for who in ("nobody", "collector", "admin"):
        for route in ("lottery", "lottery/slips", "lottery/account", "lottery/phases/new", "lottery/members"):
            answer = phones[who].get(address(route))
            policy, text = answer["Content-Security-Policy"], answer.content.decode()
            assert "default-src 'self'" in policy
            assert "unsafe" not in policy
            assert "frame-ancestors 'none'" in policy
            assert answer["Cache-Control"] == "no-store"
            assert re.findall(r"<script(?![^>]*(?: src=|application/json))|\sstyle=|\son[a-z]+=|<style", text) == []


def test_a_ticket_opens_the_socket_for_a_minute_and_is_no_credential(operator_a: Operator) -> None:
    ann = booth.admin(operator_a)
    ticket = ann.get("/lottery/live").json()["ticket"]
    assert read_watcher(ticket)[1].member == ann.member
    assert Api(ticket).refused("GET", "me")[0] == 401
    with pytest.raises(Unauthenticated):
        read_session(ticket)
    with pytest.raises(Unauthenticated):
        read_watcher(ticket[:-1] + ("a" if ticket[-1] != "a" else "b"))
    with tenant_context(operator_a):
        session = MemberSession.objects.get(member=ann.member)
    with pytest.raises(Unauthenticated):
        read_watcher(Late(operator_a, session).ticket)
    ann.open("/lottery")
    ann.send("/lottery/sign-out")
    with pytest.raises(Unauthenticated):
        read_watcher(ticket)


class Late:
    """A ticket as it was made 61 seconds ago."""

    def __init__(self, operator: Operator, session: MemberSession) -> None:
        fresh = make_ticket(operator, session).removeprefix(TICKET)
        value, moment, _ = fresh.rsplit(":", 2)
        earlier = signing.b62_encode(signing.b62_decode(moment) - 61)
        self.ticket = TICKET + signing.Signer(salt=TICKET).sign(f"{value}:{earlier}")


def test_a_ticket_that_is_signed_like_the_late_one_is_good_when_it_is_not_late(operator_a: Operator) -> None:
    """That the one above was refused for its age."""
    ann = booth.admin(operator_a)
    with tenant_context(operator_a):
        session = MemberSession.objects.get(member=ann.member)
    value, moment, _ = make_ticket(operator_a, session).removeprefix(TICKET).rsplit(":", 2)
    again = TICKET + signing.Signer(salt=TICKET).sign(f"{value}:{moment}")
    assert read_watcher(again)[1] == session


def test_a_password_of_ones_own_is_changed_and_every_session_begins_anew(operator_a: Operator) -> None:
    carl = booth.collector(operator_a)
    carl.open("/lottery/password")
    carl.send("/lottery/password/change", present="wrong wrong", password="another long one")
    assert carl.status == 403
    carl.send("/lottery/password/change", present=PASSWORD, password="short")
    assert carl.status == 422
    carl.send("/lottery/password/change", present=PASSWORD, password="another long one")
    assert "The password is changed." in carl.said
    carl.send("/lottery/sign-in", password="another long one")
    assert "Balance" in carl.said


def test_only_an_operators_domain_has_a_lottery() -> None:
    assert Client().get("/lottery", headers={"Host": "nowhere.localhost"}).status_code == 404


def test_a_phase_of_another_operator_is_none(operator_a: Operator, operator_b: Operator) -> None:
    ann = booth.admin(operator_a)
    phase = lottery.draft(operator_b)
    for rest in ("", "/map", "/limits", "/liabilities", "/risk.csv"):
        assert ann.get(f"/lottery/phases/{phase.pk}{rest}").status_code == 404
