"""Exact money: the smallest unit counts, sums come out, and what is no amount moves nothing."""

from keno_kit import money
from keno_kit.conformance.scenario import scenario
from keno_kit.conformance.trial import Bet, Trial, new_bet

SECTION = "amounts"


@scenario(SECTION, "balance", "debit")
async def the_smallest_unit_is_taken(t: Trial) -> None:
    """A debit of the currency's smallest unit takes exactly that."""
    await t.moved(lambda: _debit(t, 1), by=-1, what=f"a debit of {t.text(1)}")


@scenario(SECTION, "balance", "debit", "credit")
async def the_smallest_unit_is_paid(t: Trial) -> None:
    """A credit of the currency's smallest unit pays exactly that."""
    bet = await t.taken()
    await t.moved(lambda: _credit(t, bet, 1), by=1, what=f"a credit of {t.text(1)}")


@scenario(SECTION, "balance", "debit", "credit")
async def sums_are_exact(t: Trial) -> None:
    """Amounts add up without rounding, also those that no binary fraction can hold: 0.10, 0.20 and 0.70."""
    parts = [t.unit // 10 or 1, t.unit // 5 or 2, t.unit * 7 // 10 or 7]

    async def three() -> None:
        for part in parts:
            await _debit(t, part)
        await _credit(t, await t.taken(1), sum(parts))

    await t.moved(three, by=-1, what=f"debits of {', '.join(map(t.text, parts))} and one credit of their sum")


@scenario(SECTION, "balance", "debit", "credit", "rollback")
async def the_balance_adds_up(t: Trial) -> None:
    """After many calls of all kinds the balance is what it was, less the debits, plus credits and rollbacks."""
    expected = await t.balance()
    for turn in range(4):
        bet, amount = new_bet(), t.unit + turn
        t.ok(await t.debit(bet, amount))
        expected -= amount
        if turn % 2:
            t.ok(await t.rollback(bet, amount))
            expected += amount
        else:
            t.ok(await t.credit(bet, 2 * turn + 1))
            expected += 2 * turn + 1
    after = await t.balance()
    t.check(after == expected, f"the balance should be {t.text(expected)}, and is {t.text(after)}")


@scenario(SECTION, "balance", "debit", "rollback")
async def a_huge_debit_is_refused(t: Trial) -> None:
    """The largest amount that the API knows is compared exactly: refused, and nothing taken."""

    async def huge() -> None:
        await t.refused_debit(new_bet(), money.MINOR_MAX - 1, "insufficient_funds", "limit_reached")

    await t.moved(huge, by=0, what="a refused debit")


@scenario(SECTION, "balance", "debit")
async def what_is_no_amount_moves_nothing(t: Trial) -> None:
    """Signs, exponents, other decimals, spaces and JSON numbers are no amounts: not ok, no 5xx, nothing moved."""
    plain = t.text(t.unit)
    strange: list[object] = [
        f"-{plain}",
        f"+{plain}",
        "1e0",
        f" {plain}",
        f"{plain}0" if "." in plain else f"{plain}.0",
    ]
    strange += [plain.replace(".", ",") if "." in plain else "1,0", "", "NaN", 1, 1.5, None]

    async def all_of_them() -> None:
        for one in strange:
            exchange = await t.send("debit", t.debit_body(new_bet(), t.unit) | {"amount": one})
            came = not exchange.failure and exchange.status < 500
            t.check(came, f"a debit of {one!r} was answered with {exchange.failure or exchange.status}")
            said = t.readable(exchange).get("status") if exchange.status == 200 else "refused"
            t.check(said != "ok", f"a debit of {one!r} was answered with ok")

    await t.moved(all_of_them, by=0, what="debits of what is no amount")


async def _debit(t: Trial, amount: int) -> None:
    t.ok(await t.debit(new_bet(), amount))


async def _credit(t: Trial, bet: Bet, amount: int) -> None:
    t.ok(await t.credit(bet, amount))
