"""Definite refusals: the right code, and nothing has changed."""

from uuid import uuid4

from keno_kit.conformance.scenario import scenario
from keno_kit.conformance.trial import Trial, new_bet

SECTION = "refusals"


@scenario(SECTION, "balance", "debit", "rollback")
async def insufficient_funds_change_nothing(t: Trial) -> None:
    """A debit of one smallest unit more than there is is refused with insufficient_funds, and takes nothing."""

    async def too_much() -> None:
        await t.refused_debit(new_bet(), await t.balance() + 1, "insufficient_funds")

    await t.moved(too_much, by=0, what="a refused debit")


@scenario(SECTION, "balance", "debit")
async def another_currency_is_refused(t: Trial) -> None:
    """A debit in another currency than the player's is refused with currency_mismatch, and takes nothing."""
    other = "EUR" if t.currency != "EUR" else "USD"

    async def foreign() -> None:
        body = t.debit_body(new_bet(), t.unit) | {"currency": other, "amount": "1.00"}
        t.refused(await t.send("debit", body), "currency_mismatch")

    await t.moved(foreign, by=0, what="a refused debit")


@scenario(SECTION, "debit")
async def an_unknown_player_is_refused(t: Trial) -> None:
    """A debit of a player whom nobody knows is refused with player_not_found or session_invalid."""
    nobody = t.for_player(f"nobody-{uuid4()}")
    t.refused(await nobody.debit(new_bet()), "player_not_found", "session_invalid")


@scenario(SECTION, "balance")
async def an_unknown_players_balance_is_refused(t: Trial) -> None:
    """A balance of a player whom nobody knows is refused with player_not_found or session_invalid."""
    nobody = t.for_player(f"nobody-{uuid4()}")
    t.refused(await nobody.ask_balance(), "player_not_found", "session_invalid")


@scenario(SECTION, "balance", "debit", "rollback")
async def a_refused_debit_can_be_rolled_back(t: Trial) -> None:
    """The rollback of a debit that was refused is answered not_found or already_rolled_back, and pays nothing."""
    bet, amount = new_bet(), await t.balance() + 1
    await t.refused_debit(bet, amount, "insufficient_funds", "limit_reached")

    async def rollback() -> None:
        t.ok(await t.rollback(bet, amount), "not_found", "already_rolled_back")

    await t.moved(rollback, by=0, what="the rollback of a refused debit")
