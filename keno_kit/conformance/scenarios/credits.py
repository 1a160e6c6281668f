"""Credits: always paid, for one bet or for a round, and sometimes of nothing."""

from uuid import uuid4

from keno_kit.conformance.scenario import scenario
from keno_kit.conformance.trial import Trial

SECTION = "credits-and-settlement"


@scenario(SECTION, "balance", "debit", "credit")
async def a_credit_needs_no_session(t: Trial) -> None:
    """A credit is paid whether its session is open, over or null."""
    bets = [await t.taken(), await t.taken()]

    async def each() -> None:
        for bet, session in zip(bets, (None, str(uuid4())), strict=True):
            t.ok(await t.credit(bet, session_id=session))

    await t.moved(each, by=2 * t.unit, what="two credits without an open session")


@scenario(SECTION, "balance", "debit", "credit")
async def a_credit_may_be_for_a_whole_round(t: Trial) -> None:
    """One credit for several bets of a round pays the sum of their amounts."""
    bets = [(await t.taken(), amount) for amount in (t.unit, 2 * t.unit, 3 * t.unit)]

    async def pay() -> None:
        t.ok(await t.send("credit", t.credit_body(bets, round_closed=True)))

    await t.moved(pay, by=6 * t.unit, what="one credit for three bets")


@scenario(SECTION, "balance", "debit", "credit")
async def a_notice_moves_nothing(t: Trial) -> None:
    """A credit of the kind notice, with the amount zero, is answered with ok and moves nothing."""
    bet = await t.taken()

    async def notice() -> None:
        t.ok(await t.send("credit", t.credit_body([(bet, 0)], notice=True, round_closed=True)))

    await t.moved(notice, by=0, what="a notice")


@scenario(SECTION, "balance", "debit", "credit")
async def a_repeated_notice_moves_nothing(t: Trial) -> None:
    """The same notice again is answered with ok again."""
    bet = await t.taken()

    async def twice() -> None:
        for _ in range(2):
            t.ok(await t.send("credit", t.credit_body([(bet, 0)], notice=True, round_closed=True)))

    await t.moved(twice, by=0, what="a notice, twice,")


@scenario(SECTION, "balance", "debit", "credit")
async def a_round_that_is_closed_pays_still(t: Trial) -> None:
    """A credit that comes after a message with round_closed is paid all the same: messages overtake one another."""
    last, late = await t.taken(), await t.taken()
    t.ok(await t.credit(last, round_closed=True))

    async def pay() -> None:
        t.ok(await t.credit(late, round_id=last.round_id))

    await t.moved(pay, by=t.unit, what="a credit after round_closed")
