"""
The whole journey of a player, on the demo as `make run` starts it: from the operator's own site through bet, draw,
win, history and verification to limits and self-exclusion, with a cut of the network in between. On a phone and on a
desktop, in three languages.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, expect

from tests.journey.player import ROUND_S, Player, texts_in
from tests.support.rounds import wait_for

DEVICES: dict[str, dict[str, Any]] = {
    "phone": {"viewport": {"width": 360, "height": 740}, "has_touch": True, "is_mobile": True},
    "desktop": {"viewport": {"width": 1280, "height": 800}, "color_scheme": "dark"},
}
BETS_MAX = 16
"""Of two numbers one is drawn in 44 of 100 rounds: so many bets in vain come in one journey of ten thousand."""
PICKS = (28, 64)
LATE = "CloseTooLate"


def operator_of(demo: dict[str, Any], slug: str) -> dict[str, Any]:
    found: dict[str, Any] = next(one for one in demo["operators"] if one["slug"] == slug)
    return found


def welcome(demo: dict[str, Any], token: str) -> str:
    """The reference operator's own page for a player who is known to its wallet; its address."""
    own = operator_of(demo, "baobab")
    headers = {"Authorization": f"Bearer {own['api_key']}"}
    base = demo["base_url"]
    opened = httpx.post(
        f"{base}/api/v1/sessions", headers=headers, json={"player_token": token, "currency": own["currency"]}
    )
    assert opened.status_code == 201, opened.text
    account = f"{base}/api/v1/wallet/accounts/{token}"  # when it is asked for, the wallet opens one
    wait_for(lambda: httpx.get(account, headers=headers).status_code == 200, what=account)
    return f"http://127.0.0.1:{own['port']}"


@contextmanager
def visit(browser: Browser, device: str, token: str, site: str) -> Iterator[BrowserContext]:
    """A browser of this player, signed in at the operator's site."""
    context = browser.new_context(**DEVICES[device], reduced_motion="reduce")
    context.set_default_timeout(15_000)
    context.request.post(f"{site}/login", form={"player": token})
    try:
        yield context
    finally:
        context.close()


@pytest.mark.parametrize("language", ["en", *(pytest.param(one, marks=pytest.mark.proof) for one in ("ar", "am"))])
@pytest.mark.parametrize("device", DEVICES)
def test_a_player_comes_from_the_operators_site_plays_verifies_and_stops(
    demo: dict[str, Any], browser: Browser, pictures: Path | None, device: str, language: str
) -> None:
    token = f"{language}-{device}-{uuid4().hex[:6]}"
    site = welcome(demo, token)
    with visit(browser, device, token, site) as context:
        page = context.new_page()
        page.goto(f"{site}/game")
        player = Player(
            page=page,
            pictures=pictures,
            name=f"{language}-{device}",
            texts=texts_in("en"),
            client=page.frame_locator("#game"),
        )
        player.wait_until_playable()
        speak(player, language)
        win_once(player)
        keep_the_bet_through_a_cut(context, player)
        look_back(player)
        verify(context, player)
        reach_a_limit(player)
        exclude(player)
        assert player.troubles == []


def speak(player: Player, language: str) -> None:
    """Everything changes at once, also the direction."""
    if language != "en":
        player.find("#language").select_option(language)
    player.texts = texts_in(language)
    expect(player.find("#slip label").first).to_have_text(player.t("slip.stake"))
    expect(player.find("html")).to_have_attribute("dir", "rtl" if language == "ar" else "ltr")
    player.picture("game")


def win_once(player: Player) -> None:
    """Bets until one wins; each is accepted with a ticket, drawn and told."""
    player.pick(PICKS)
    fates = []
    while "won" not in fates:
        assert len(fates) < BETS_MAX, fates
        ticket = player.bet()
        if not fates:
            player.picture("accepted")
        fates.append(player.fate_of(ticket))
    expect(player.find("#board .ring")).to_have_count(20)
    player.picture("won")


def keep_the_bet_through_a_cut(context: BrowserContext, player: Player) -> None:
    """The network goes away after a bet. The page says so, comes back by itself, and has the bet's fate."""
    ticket = player.bet()
    context.set_offline(True)
    expect(player.find("#connection")).to_be_visible(timeout=3 * ROUND_S * 1000)
    player.picture("cut")
    context.set_offline(False)
    expect(player.find("#connection")).to_be_hidden(timeout=3 * ROUND_S * 1000)
    player.fate_of(ticket)


def look_back(player: Player) -> None:
    """The bets are in the history, and every other screen has something to say."""
    history = player.open("history")
    expect(history.locator(".bets > li").first).to_be_visible()
    player.close(history)
    for name in ("statistics", "paytable", "rules", "tutorial", "settings"):
        player.close(player.open(name))


def verify(context: BrowserContext, player: Player) -> None:
    """
    From the fairness screen to the checks of a drawn round, in a tab of their own. Of a round that a busy machine
    closed too late the page says so, as it should: then another one is checked.
    """
    fairness = player.open("fairness")
    links = fairness.locator('a[href*="round="]')
    assert any(checked(context, player, links.nth(n)) == "right" for n in reversed(range(links.count())))
    player.close(fairness)


def checked(context: BrowserContext, player: Player, link: Locator) -> str:
    """What the page says of a round: `right` or `late`."""
    with context.expect_page() as opened:
        link.click()
    page = opened.value
    page.wait_for_load_state()
    if page.locator("#check").is_visible():
        page.locator("#check").click()
    right = (player.t("verify.all_passed"), player.t("verify.some_open"))
    said = page.locator("body")
    expect(said).to_contain_text(re.compile("|".join(map(re.escape, (*right, LATE)))), timeout=30_000)
    if player.pictures:
        page.screenshot(path=player.pictures / f"{player.name}-verify.png", full_page=True)
    outcome = "late" if LATE in said.inner_text() else "right"
    page.close()
    return outcome


def reach_a_limit(player: Player) -> None:
    """A limit that the player sets counts at once, and the refusal says why, in the player's language."""
    screen = player.open("responsible")
    name = (
        f"{player.t('protection.set_limit')}: {player.t('protection.kind_stake')}, {player.t('protection.period_bet')}"
    )
    screen.get_by_role("button", name=name, exact=True).click()
    form = screen.locator("form.limit-form")
    form.locator("input").fill("10")
    form.get_by_role("button", name=player.t("screen.save"), exact=True).click()
    expect(screen.get_by_role("status").filter(has_text=player.t("protection.saved")).first).to_be_visible()
    player.picture("limit-set")
    player.close(screen)
    player.find("#stake").fill("20")
    player.wait_for_an_early_moment()
    player.find("#place").click()
    expect(player.find("#outcome")).to_contain_text(player.t("slip.refused"))
    player.picture("limit-reached")


def exclude(player: Player) -> None:
    """Asked for twice; then the session is over and no new one is opened."""
    screen = player.open("responsible")
    screen.get_by_role("button", name=player.t("protection.exclude"), exact=True).click()
    player.picture("exclusion-asked")
    player.find("dialog").get_by_role("button", name=player.t("protection.confirm_exclusion"), exact=True).click()
    expect(player.find("#play")).to_have_count(0)
    player.picture("excluded")
    player.page.wait_for_load_state("load")
    player.page.goto(player.page.url)  # a reload loses its page when the browser changes it meanwhile
    expect(player.page.locator("#game")).to_have_count(0)
