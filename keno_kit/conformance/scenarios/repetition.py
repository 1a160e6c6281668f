"""Idempotency: a transaction id is applied once, whenever and however often it comes."""

import asyncio
import json
from collections.abc import Awaitable, Callable

from keno_kit.conformance.calling import Exchange
from keno_kit.conformance.scenario import scenario
from keno_kit.conformance.trial import AT_ONCE, Bet, Trial, new_bet

SECTION = "repetition"


@scenario(SECTION, "balance", "debit")
async def a_repeated_debit_is_taken_once(t: Trial) -> None:
    """The same debit again, with a new request id, is answered with ok again and takes nothing more."""
    bet = await t.taken()
    await t.moved(lambda: _again(t, lambda: t.debit(bet)), by=0, what="a repeated debit")


@scenario(SECTION, "balance", "debit", "credit")
async def a_repeated_credit_is_paid_once(t: Trial) -> None:
    """The same credit again is answered with ok again and pays nothing more."""
    bet = await t.taken()
    t.ok(await t.credit(bet))
    await t.moved(lambda: _again(t, lambda: t.credit(bet)), by=0, what="a repeated credit")


@scenario(SECTION, "balance", "debit", "rollback")
async def a_repeated_rollback_is_paid_once(t: Trial) -> None:
    """The same rollback again is answered with ok or already_rolled_back and pays nothing more."""
    bet = await t.taken()
    t.ok(await t.rollback(bet))

    async def again() -> None:
        for _ in range(2):
            t.ok(await t.rollback(bet), "ok", "already_rolled_back")

    await t.moved(again, by=0, what="a repeated rollback")


@scenario(SECTION, "balance", "debit")
async def a_debit_many_times_at_once_is_taken_once(t: Trial) -> None:
    """The same debit eight times at once is taken once, and every answer says ok."""
    bet = new_bet()
    await t.moved(lambda: _at_once(t, lambda: t.debit(bet)), by=-t.unit, what="one debit, eight times at once,")


@scenario(SECTION, "balance", "debit", "credit")
async def a_credit_many_times_at_once_is_paid_once(t: Trial) -> None:
    """The same credit eight times at once is paid once, and every answer says ok."""
    bet = await t.taken()
    await t.moved(lambda: _at_once(t, lambda: t.credit(bet)), by=t.unit, what="one credit, eight times at once,")


@scenario(SECTION, "balance", "debit", "rollback")
async def a_rollback_many_times_at_once_is_paid_once(t: Trial) -> None:
    """The same rollback eight times at once gives back once."""
    bet = await t.taken()
    allowed = ("ok", "already_rolled_back")
    await t.moved(
        lambda: _at_once(t, lambda: t.rollback(bet), *allowed), by=t.unit, what="one rollback, eight times at once,"
    )


@scenario(SECTION, "balance", "debit")
async def different_debits_at_once_are_all_taken(t: Trial) -> None:
    """Eight different debits of one player at once are each taken: none is lost in another's update."""

    async def debits() -> None:
        answers = await asyncio.gather(*(t.debit(new_bet()) for _ in range(AT_ONCE)))
        for one in answers:
            t.ok(one)

    await t.moved(debits, by=-AT_ONCE * t.unit, what="eight debits at once")


@scenario(SECTION, "balance", "debit")
async def a_debits_id_with_another_amount_is_refused(t: Trial) -> None:
    """A known debit's id with another amount is refused with transaction_id_reused, and takes nothing."""
    bet = await t.taken()
    await _refused_as_reused(t, lambda: t.debit(bet, t.unit + 1))


@scenario(SECTION, "balance", "debit", "credit")
async def a_credits_id_with_another_amount_is_refused(t: Trial) -> None:
    """A known credit's id with another amount is refused with transaction_id_reused, and pays nothing."""
    bet = await t.taken()
    t.ok(await t.credit(bet))
    await _refused_as_reused(t, lambda: t.credit(bet, t.unit + 1))


@scenario(SECTION, "balance", "debit", "rollback")
async def a_rollbacks_id_for_another_debit_is_refused(t: Trial) -> None:
    """A known rollback's id that names another debit is refused with transaction_id_reused, and pays nothing."""
    first, second = await t.taken(), await t.taken()
    t.ok(await t.rollback(first))
    await _refused_as_reused(t, lambda: t.rollback(second, transaction_id=first.rollback_id))


@scenario(SECTION, "balance", "debit", "credit")
async def a_debits_id_in_a_credit_is_refused(t: Trial) -> None:
    """A known debit's id in a credit is refused with transaction_id_reused, and pays nothing."""
    bet = await t.taken()
    await _refused_as_reused(t, lambda: t.credit(bet, transaction_id=bet.debit_id))


@scenario(SECTION, "balance", "debit")
async def a_repetition_is_told_by_its_members(t: Trial) -> None:
    """A repetition is known by what its members say: their order, spaces and the request id make no other payload."""
    bet: Bet = new_bet()
    body = t.debit_body(bet, t.unit)
    t.ok(await t.send("debit", body))
    turned = dict(reversed(t.debit_body(bet, t.unit).items()))
    spaced = ",\n  ".join(f"{_json(name)} : {_json(value)}" for name, value in turned.items())

    async def again() -> None:
        t.ok(await t.send("debit", f"{{\n  {spaced}\n}}".encode()))

    await t.moved(again, by=0, what="a repeated debit")


async def _again(t: Trial, call: Callable[[], Awaitable[Exchange]]) -> None:
    for _ in range(2):
        t.ok(await call())


async def _at_once(t: Trial, call: Callable[[], Awaitable[Exchange]], *allowed: str) -> None:
    for one in await asyncio.gather(*(call() for _ in range(AT_ONCE))):
        t.ok(one, *allowed)


async def _refused_as_reused(t: Trial, call: Callable[[], Awaitable[Exchange]]) -> None:
    async def refused() -> None:
        t.refused(await call(), "transaction_id_reused")

    await t.moved(refused, by=0, what="a known transaction id with another payload")


def _json(value: object) -> str:
    return json.dumps(value)
