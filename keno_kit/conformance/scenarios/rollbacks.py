"""Rollbacks and tombstones: valid before, after, twice, and without the debit."""

import asyncio
from uuid import uuid4

from keno_kit.conformance.calling import Exchange
from keno_kit.conformance.scenario import scenario
from keno_kit.conformance.trial import Bet, Trial, new_bet
from keno_kit.sandbox.asks import REASONS

SECTION = "rollbacks-and-tombstones"
APART_S = (0.0, 0.001, 0.005)
"""How far apart a debit and its rollback are sent, each in both orders."""


@scenario(SECTION, "balance", "rollback")
async def an_unknown_debit_is_not_found(t: Trial) -> None:
    """The rollback of a debit that never came is answered with 200 and not_found, and pays nothing."""

    async def rollback() -> None:
        t.ok(await t.rollback(new_bet()), "not_found")

    await t.moved(rollback, by=0, what="the rollback of an unknown debit")


@scenario(SECTION, "balance", "rollback")
async def an_unknown_debit_is_not_found_again(t: Trial) -> None:
    """The same rollback of an unknown debit again is answered not_found or already_rolled_back, and pays nothing."""
    bet = new_bet()

    async def twice() -> None:
        t.ok(await t.rollback(bet), "not_found")
        t.ok(await t.rollback(bet), "not_found", "already_rolled_back")

    await t.moved(twice, by=0, what="the rollback of an unknown debit")


@scenario(SECTION, "balance", "debit", "rollback")
async def a_late_debit_is_refused_for_ever(t: Trial) -> None:
    """A debit that comes after its rollback meets a tombstone: refused with rolled_back, however often it comes."""
    bet = new_bet()
    t.ok(await t.rollback(bet), "not_found")
    await t.moved(lambda: _late(t, bet), by=0, what="a late debit")


@scenario(SECTION, "balance", "debit", "rollback")
async def a_debit_that_was_rolled_back_stays_so(t: Trial) -> None:
    """A debit that was taken and rolled back is refused with rolled_back when it comes again."""
    bet = await t.taken()
    t.ok(await t.rollback(bet))
    await t.moved(lambda: _late(t, bet), by=0, what="a debit that was rolled back")


@scenario(SECTION, "balance", "debit", "rollback")
async def a_second_rollback_pays_nothing(t: Trial) -> None:
    """Another rollback, with an id of its own, of the same debit is answered already_rolled_back, and pays nothing."""
    bet = await t.taken()
    t.ok(await t.rollback(bet))

    async def another() -> None:
        other = f"{str(uuid4())[:-1]}8"
        t.ok(await t.rollback(bet, transaction_id=other), "already_rolled_back", "ok")

    await t.moved(another, by=0, what="a second rollback of one debit")


@scenario(SECTION, "balance", "debit", "rollback")
async def a_rollback_races_its_debit(t: Trial) -> None:
    """A debit and its rollback at once, in either order, move nothing in the end, and the debit stays refused."""
    bets = [new_bet() for _ in range(2 * len(APART_S))]

    async def race() -> None:
        for turn, bet in enumerate(bets):
            await _both(t, bet, debit_first=turn % 2 == 0, apart_s=APART_S[turn // 2])
            t.refused(await t.debit(bet), "rolled_back")

    await t.moved(race, by=0, what="debits, each at once with its rollback,")


@scenario(SECTION, "balance", "debit", "rollback")
async def every_reason_is_accepted(t: Trial) -> None:
    """A rollback is not refused for its reason: in_doubt, round_closed, refused, cancelled or round_void."""

    async def each() -> None:
        for reason in REASONS:
            bet = await t.taken()
            t.ok(await t.rollback(bet, reason=reason, round_closed=reason == "round_void"))

    await t.moved(each, by=0, what="debits and their rollbacks")


@scenario(SECTION, "balance", "debit", "rollback")
async def a_rollback_needs_no_session(t: Trial) -> None:
    """A rollback is applied whether its session is open, over or null."""

    async def each() -> None:
        for session in (None, str(uuid4())):
            t.ok(await t.rollback(await t.taken(), session_id=session))

    await t.moved(each, by=0, what="debits and their rollbacks")


async def _both(t: Trial, bet: Bet, *, debit_first: bool, apart_s: float) -> None:
    """Both calls end before either is judged, so that none is still under way in the next scenario."""

    async def debit() -> Exchange:
        await asyncio.sleep(0 if debit_first else apart_s)
        return await t.debit(bet)

    async def rollback() -> Exchange:
        await asyncio.sleep(apart_s if debit_first else 0)
        return await t.rollback(bet)

    taken, given_back = await asyncio.gather(debit(), rollback())
    _judge_debit(t, taken)
    t.ok(given_back, "ok", "not_found")


def _judge_debit(t: Trial, exchange: Exchange) -> None:
    if t.readable(exchange).get("status") == "ok":
        t.ok(exchange)
    else:
        t.refused(exchange, "rolled_back")


async def _late(t: Trial, bet: Bet) -> None:
    for _ in range(3):
        t.refused(await t.debit(bet), "rolled_back")
