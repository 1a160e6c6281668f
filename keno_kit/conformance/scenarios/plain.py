"""The four calls when all is well. What fails here keeps the others from being judged."""

from keno_kit.conformance.scenario import scenario
from keno_kit.conformance.trial import Trial, new_bet

SECTION = "the-four-calls"


@scenario(SECTION, "balance", proves="balance")
async def balance_is_told(t: Trial) -> None:
    """A balance is answered with ok and the player's money, and asking changes nothing."""
    first, second = await t.balance(), await t.balance()
    t.check(first == second, f"two balances, one after the other, are {t.text(first)} and {t.text(second)}")


@scenario(SECTION, "balance", "debit", proves="debit")
async def debit_takes_the_amount(t: Trial) -> None:
    """A debit takes exactly its amount, once, and answers with the balance after it."""
    before = await t.balance()
    told = t.amount_in(t.ok(await t.debit(new_bet())), "balance")
    after = await t.balance()
    t.check(before - after == t.unit, f"a debit of {t.text(t.unit)} took {t.text(before - after)}")
    t.check(told == after, f"the debit told the balance {t.text(told)}; it is {t.text(after)}")


@scenario(SECTION, "balance", "credit", "debit", proves="credit")
async def credit_pays_the_amount(t: Trial) -> None:
    """A credit pays exactly its amount, once, and answers with the balance after it."""
    bet = await t.taken()
    before = await t.balance()
    told = t.amount_in(t.ok(await t.credit(bet)), "balance")
    after = await t.balance()
    t.check(after - before == t.unit, f"a credit of {t.text(t.unit)} paid {t.text(after - before)}")
    t.check(told == after, f"the credit told the balance {t.text(told)}; it is {t.text(after)}")


@scenario(SECTION, "balance", "debit", "rollback", proves="rollback")
async def rollback_gives_back(t: Trial) -> None:
    """A rollback gives back exactly what its debit took, once, and answers with the balance after it."""
    before = await t.balance()
    bet = await t.taken()
    told = t.amount_in(t.ok(await t.rollback(bet)), "balance")
    after = await t.balance()
    t.check(after == before, f"after a debit and its rollback {t.text(before)} became {t.text(after)}")
    t.check(told == after, f"the rollback told the balance {t.text(told)}; it is {t.text(after)}")
