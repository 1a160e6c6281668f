"""
The lottery's members at their telephones: a phase from its opening to its statements, by two admins and two collectors,
with the heat map moving while slips arrive. Two hold a dark screen; in English and, right to left, in Arabic.
"""

import re
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, expect

from tests.journey.lottery import Person, apart, arrive, arrives
from tests.support.web import web_process

PASSWORD = "correct horse battery"
TICK_S = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Hall:
    """An operator with a lottery, and where its pages are."""

    operator: Any
    address: str


@pytest.fixture(scope="module")
def hall(
    program: str, django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Hall]:
    """The real server on the test's database, with the lottery's clock going as the workers drive it."""
    with django_db_blocker.unblock():
        operator = apart(_operator)
        with ExitStack() as stack:
            end = threading.Event()
            clock = threading.Thread(target=_keep_time, args=(end,))
            stack.callback(clock.join, 30)
            stack.callback(end.set)
            web = stack.enter_context(_served(tmp_path_factory.mktemp("web")))
            clock.start()
            port = web.address.rpartition(":")[2]
            yield Hall(operator=operator, address=f"http://{operator.slug}.localhost:{port}")


def _served(directory: Path) -> Any:
    return web_process(directory, KENO_ALLOWED_HOSTS="localhost,.localhost,127.0.0.1")


def _operator() -> Any:
    from operators.services import OperatorTerms, create_operator
    from tests.support.lottery import username

    slug = username("hall")
    terms = OperatorTerms(
        slug=slug,
        name="Abyssinia Lottery",
        currency_code="ETB",
        domain=f"{slug}.localhost",
        min_bet=100,
        max_bet=100_000,
        max_win_per_ticket=10**10,
        primary_color="#0b6e4f",
    )
    return create_operator(terms=terms)[0]


def _keep_time(end: threading.Event) -> None:
    from django.db import connections

    from banker.tasks import keep_time

    try:
        while not end.wait(TICK_S):
            keep_time()
    finally:
        connections.close_all()


def _admin(hall: Hall, prefix: str) -> tuple[str, str | None]:
    from banker.models import Role
    from banker.services.members import MemberTerms, add_member
    from tests.support.lottery import username

    terms = MemberTerms(username=username(prefix), role=Role.ADMIN, password=PASSWORD)
    member, secret = add_member(operator=hall.operator, terms=terms, actor="tests")
    return member.username, secret


@pytest.mark.parametrize(
    "language", ["en", pytest.param("ar", marks=pytest.mark.proof), pytest.param("am", marks=pytest.mark.proof)]
)
def test_two_admins_and_two_collectors_take_a_phase_from_its_opening_to_its_statements(
    hall: Hall, browser: Browser, pictures: Path | None, language: str
) -> None:
    people: list[Person] = []

    def come(prefix: str, *, name: str = "", dark: bool = False) -> Person:
        name, secret = (name, None) if name else apart(lambda: _admin(hall, prefix))
        person = arrive(
            browser,
            name=name,
            password=PASSWORD,
            secret=secret,
            pictures=pictures,
            language=language,
            address=hall.address,
            color_scheme="dark" if dark else "light",
        )
        people.append(person)
        sign_in(person, name)
        return person

    try:
        ann, bob = come("ann"), come("bob", dark=True)
        carl = come("carl", name=engage(ann, "carl"))
        dora = come("dora", name=engage(ann, "dora"), dark=True)
        own = open_a_phase(ann)
        limit(bob, own)
        sell_while_the_map_moves(ann, bob, carl, dora, own)
        look_at_the_risk(ann, own)
        settle(ann, bob, own)
        account(carl, dora)
        correct(ann, bob, own)
        assert [(one.name, one.troubles) for one in people if one.troubles] == []
    finally:
        for one in people:
            one.context.close()
    assert apart(lambda: broken(hall)) == {}


def broken(hall: Hall) -> Any:
    from tests.support import lottery

    return lottery.broken(hall.operator)


def sign_in(person: Person, name: str) -> None:
    from banker import second_factor

    person.look("sign-in")
    person.fill("#username", name)
    person.fill("#password", person.password)
    if person.secret:
        person.fill("#code", second_factor.code_at(person.secret, int(time.time()) // second_factor.STEP_S))
    person.press("form[action='/lottery/sign-in'] button")
    expect(person.page.locator("nav.tabs")).to_be_visible()
    person.look("home")


def engage(admin: Person, prefix: str) -> str:
    """A new collector, with credit and a commission."""
    from tests.support.lottery import username

    name = username(prefix)
    admin.press("nav.tabs a[href='/lottery/members']")
    admin.press("a[href='/lottery/members/new']")
    admin.fill("#username", name)
    admin.fill("#password", PASSWORD)
    admin.fill("#commission", "10")
    admin.look("new-collector")
    admin.press("form[action='/lottery/members/add'] button")
    admin.fill("#amount", "20000")
    admin.press("button[value=give]")
    expect(admin.page.locator("#balance")).to_contain_text("20,000.00")
    admin.look("collector")
    return name


def open_a_phase(ann: Person) -> str:
    ann.press("nav.tabs a[href='/lottery']")
    ann.press("a[href='/lottery/phases/new']")
    ann.look("new-phase")
    name = f"Feb-{time.time_ns() % 10**9}"
    ann.fill("#name", name)
    ann.fill("#global_limit", "1000")
    ann.fill("#tod_multiplier", "10")
    ann.press("form[action='/lottery/phases/create'] button")
    expect(ann.page.locator("h1")).to_have_text(name)
    ann.look("draft")
    ann.press("details:has(form[action$='/open']) > summary")
    ann.press("form[action$='/open'] button")
    expect(ann.page.locator("#state.open")).to_be_visible()
    ann.look("open")
    return ann.page.url.removeprefix(ann.address)


def limit(bob: Person, own: str) -> None:
    bob.open(f"{own}/limits")
    bob.fill("#numbers", "777 888")
    bob.press("button[value=bar]")
    expect(bob.page.locator("#own li")).to_have_count(2)
    bob.fill("#numbers", "123")
    bob.fill("#max_amount", "400")
    bob.press("section button[value=set]")
    expect(bob.page.locator("#own li")).to_have_count(3)
    bob.look("limits")


def sell_while_the_map_moves(ann: Person, bob: Person, carl: Person, dora: Person, own: str) -> None:
    """One admin watches the whole map, the other the hundred from 100; neither touches anything while slips arrive."""
    ann.open(f"{own}/map?block=6")
    bob.open(f"{own}/map?block=1")
    for one in (ann, bob):
        expect(one.page.locator("#live[data-state=live]")).to_be_visible()
    ann.look("map-empty")
    cell = bob.page.locator(".cell[data-n='123']")
    expect(cell).to_have_attribute("data-heat", "0")

    type_on_the_keypad(carl)
    hand_in(carl, "123 300\n124=50; 45* 20\n200-229 15")
    carl.look("slip")
    expect(cell).to_have_attribute("data-heat", "5")  # 300 of 400
    expect(cell).to_contain_text("75%")
    expect(ann.page.locator("#staked")).to_contain_text("1,000.00")
    expect(ann.page.locator("#highest tr").first).to_contain_text("123")
    bob.look("map-after-one-slip")

    over_the_limit(dora)
    expect(cell).to_have_attribute("data-heat", "7")
    hand_in(dora, "5** 9\nDOUBLE 3\n601 1000\n321 70")
    expect(ann.page.locator(".mini i[data-n='601']")).to_have_attribute("data-heat", "7")
    for one in (ann, bob):
        as_the_server_has_it(one)
        one.look("map-full")
    take_back(dora)
    expect(ann.page.locator(".mini i[data-n='601']")).to_have_attribute("data-heat", "0")
    as_the_server_has_it(ann)
    hand_in(carl, "321 20; 5** 2")


MAP = """
    root => [
      ...[...root.querySelectorAll('[data-n]')].map(e => [e.dataset.n, e.dataset.heat, e.textContent, e.ariaLabel]),
      ...[...root.querySelectorAll('[data-block], #staked, #highest tr')].map(e => [e.textContent.trim()]),
    ]
"""


def as_the_server_has_it(person: Person) -> None:
    """Everything that was kept live is what a fresh page would show."""
    fresh = f"""async () => ({MAP})(new DOMParser().parseFromString(
        await (await fetch(location.href)).text(), 'text/html'))"""
    live, made = person.page.evaluate(f"() => ({MAP})(document)"), person.page.evaluate(fresh)
    assert [pair for pair in zip(live, made, strict=True) if pair[0] != pair[1]] == []
    assert len(live) > 1000


def type_on_the_keypad(carl: Person) -> None:
    """Keys for thumbs write into the slip, which is read back while it is typed."""
    carl.open("/lottery")  # no phase was open when it was looked at
    carl.press("#keypad-switch")
    for key in ("1", "2", "3", "R", "space", "5", "00", "back", "0"):
        carl.press(f"#keypad [data-key='{key}']")
    expect(carl.page.locator("#text")).to_have_value("123R 500")
    expect(carl.page.locator("#preview .lines li")).to_have_count(1)
    expect(carl.page.locator("#preview .over")).to_have_count(1)  # 123 has room for 400
    carl.look("keypad")
    carl.page.reload()
    expect(carl.page.locator("#text")).to_have_value("123R 500")  # what was typed outlives a reload
    carl.press("#keypad-switch")
    carl.press("#empty")
    carl.fill("#text", "12O 5\n9-1 2")
    expect(carl.page.locator("#preview .reasons li")).to_have_count(2)
    carl.look("mistakes")


def hand_in(person: Person, text: str) -> None:
    person.open("/lottery")
    person.fill("#text", text)
    button = person.page.locator("#preview:not([data-stale]) button[value=whole]")
    expect(button).to_be_enabled()
    person.look("read-back")
    button.click()
    expect(person.page.locator(".note.good")).to_be_visible()


def over_the_limit(dora: Person) -> None:
    """What is not free is named, and a part is taken where that is asked for: once, though its first answer is lost."""
    dora.open("/lottery")
    dora.fill("#text", "123 250\n777 5\n130 10")
    button = dora.page.locator("#preview:not([data-stale]) button[value=partial]")
    expect(button).to_be_enabled()
    dora.look("over-the-limit")
    lost: list[int] = []

    def route(one: Any) -> None:
        if lost:
            one.continue_()
            return
        lost.append(arrives(dora, one.request))
        one.abort()  # its answer never comes back

    dora.page.route("**/slips/hand-in", route)
    button.click()
    again = dora.page.locator("#sending button")
    expect(again).to_be_visible()
    dora.look("unknown")
    again.click()
    expect(dora.page.locator(".note.good")).to_be_visible()
    assert lost == [303], "the first one was taken already"
    dora.page.unroute("**/slips/hand-in")
    dora.look("partial")
    dora.press("nav.tabs a[href='/lottery/slips']")
    expect(dora.page.locator(".list > li")).to_have_count(1)


def take_back(dora: Person) -> None:
    dora.press("details:has(form[action$='/cancel']) > summary")
    dora.look("take-back")
    dora.press("form[action$='/cancel'] button")
    expect(dora.page.locator("form[action$='/cancel']")).to_have_count(0)
    dora.press("a[href$='/receipt']")
    dora.look("receipt")
    dora.press(".screen a:not([download])")
    dora.press("nav.tabs a[href='/lottery/slips']")
    dora.look("slips")


def look_at_the_risk(ann: Person, own: str) -> None:
    ann.open(f"{own}/numbers/123")
    ann.look("number")
    ann.open(f"{own}/liabilities")
    ann.fill("#number", "123")
    ann.press("form:has(#number) button")
    expect(ann.page.locator("#what-if")).to_contain_text("32,000.00")
    ann.fill("#bears", "5000")
    ann.press("form:has(#bears) button")
    expect(ann.page.locator("#lay-offs tbody tr").first).to_contain_text("123")
    ann.look("liabilities")


def settle(ann: Person, bob: Person, own: str) -> None:
    """One closes and enters the number, the other types it again without having seen it; the clock pays."""
    ann.open(own)
    ann.press("details:has(form[action$='/close']) > summary")
    ann.look("close")
    ann.press("form[action$='/close'] button")
    expect(ann.page.locator("#state.closed")).to_be_visible()
    ann.look("closed")
    ann.fill("#number", "123")
    ann.press("form[action$='/result'] button")
    expect(ann.page.locator("#number")).to_have_count(0)
    ann.look("entered")
    bob.open(own)
    expect(bob.page.locator("main")).not_to_contain_text(re.compile(r"\b123\b"))
    bob.fill("#number", "132")
    bob.press("form[action$='/decide'] .go")
    expect(bob.page.locator(".reasons")).to_be_visible()
    bob.look("differs")
    bob.fill("#number", "123")
    bob.press("form[action$='/decide'] .go")
    expect(bob.page.locator("#books")).to_be_visible()
    expect(bob.page.locator("#statements > li")).to_have_count(2)
    bob.press("#statements summary")
    bob.look("statements")


def account(carl: Person, dora: Person) -> None:
    """300 and 100 on the number at 80, 20 on 321 and 15 on 213 at 10, and a tenth of what each sold."""
    for one, paid in ((carl, "24,350.00"), (dora, "8,000.00")):
        one.press("nav.tabs a[href='/lottery/account']")
        one.press("#statements summary")
        expect(one.page.locator("#statements")).to_contain_text(paid)
        one.look("account")
        one.press("nav.tabs a[href='/lottery/slips']")
        expect(one.page.locator(".badge.good").first).to_be_visible()
        one.look("slips-won")
        one.press("nav.tabs a[href='/lottery']")
        one.look("no-phase")


def correct(ann: Person, bob: Person, own: str) -> None:
    ann.open(own)
    ann.press("details:has(form[action$='/correction']) > summary")
    ann.fill("#right", "124")
    ann.fill("#reason", "The official list says 124.")
    ann.press("form[action$='/correction'] button")
    ann.look("correction-entered")
    bob.open(own)
    bob.look("correction-waits")
    bob.fill("#number", "124")
    bob.press("form[action$='/decide'] .go")
    expect(bob.page.locator(".number-now .ball")).to_have_text("124")
    bob.look("corrected")
    ann.press(".menu summary")
    ann.look("menu")
