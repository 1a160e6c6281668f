"""The form of answers, each rule apart, so that one mistake fails one scenario."""

from collections.abc import AsyncIterator
from typing import Any

from keno_kit import money
from keno_kit.conformance.calling import Exchange
from keno_kit.conformance.scenario import scenario
from keno_kit.conformance.trial import Broken, Trial, Unusable, new_bet

SECTION = "answers"


async def one_of_each(t: Trial) -> AsyncIterator[Exchange]:
    """A balance, a debit with its rollback, and a credit."""
    yield await t.ask_balance()
    bet = new_bet()
    yield await t.debit(bet)
    yield await t.rollback(bet)
    won = new_bet()
    yield await t.debit(won)
    yield await t.credit(won)


async def each_echoes(t: Trial, name: str, *, balance_too: bool) -> None:
    async for exchange in one_of_each(t):
        if exchange.call == "balance" and not balance_too:
            continue
        answer, sent = t.ok(exchange), exchange.asked[name]
        t.check(answer.get(name) == sent, f"{exchange.call} was sent {name} {sent!r} and echoed {answer.get(name)!r}")


@scenario(SECTION, form=True)
async def answers_come_in_time(t: Trial) -> None:
    """Every answer is complete within the deadline, which is 2 s for the whole call."""
    async for exchange in one_of_each(t):
        t.check(not exchange.timed_out, f"{exchange.call}: {exchange.failure}")


@scenario(SECTION, form=True)
async def answers_are_readable(t: Trial) -> None:
    """Every answer is one JSON object of at most 64 KiB, with a status that is 200 or, for a refusal, a 4xx."""
    async for exchange in one_of_each(t):
        if exchange.timed_out:
            return  # another scenario's business
        t.readable(exchange)


@scenario(SECTION, form=True)
async def answers_have_a_known_status(t: Trial) -> None:
    """Every answer's status is ok, refused, already_rolled_back or not_found, and a refusal's code is a known one."""
    async for exchange in one_of_each(t):
        try:
            answer = t.readable(exchange)
        except Unusable:
            return  # another scenario's business
        status, code = answer.get("status"), answer.get("code")
        t.check(status in STATUSES, f"{exchange.call} was answered with the status {status!r}")
        t.check(status != "refused" or code in CODES, f"{exchange.call} was refused with the code {code!r}")


STATUSES = ("ok", "refused", "already_rolled_back", "not_found")
CODES = (
    *("insufficient_funds", "limit_reached", "player_blocked", "player_not_found", "session_invalid"),
    *("currency_mismatch", "signature_invalid", "rolled_back", "transaction_id_reused"),
)


@scenario(SECTION)
async def answers_say_that_they_are_json(t: Trial) -> None:
    """Every answer's Content-Type is application/json."""
    async for exchange in one_of_each(t):
        t.ok(exchange)
        kind = exchange.headers.get("content-type", "")
        t.check(kind.partition(";")[0].strip() == "application/json", f"{exchange.call} was answered as {kind!r}")


@scenario(SECTION)
async def request_id_is_echoed(t: Trial) -> None:
    """Every answer has the request_id of its request."""
    await each_echoes(t, "request_id", balance_too=True)


@scenario(SECTION, "debit", "credit", "rollback", "balance")
async def transaction_id_is_echoed(t: Trial) -> None:
    """Every answer about money has the transaction_id of its request."""
    await each_echoes(t, "transaction_id", balance_too=False)


@scenario(SECTION, "debit", "credit", "rollback", "balance")
async def amount_is_echoed(t: Trial) -> None:
    """Every answer about money has the amount of its request."""
    async for exchange in one_of_each(t):
        if exchange.call == "balance":
            continue
        told = t.amount_in(t.ok(exchange), "amount")
        t.check(told == t.unit, f"{exchange.call} was sent {t.text(t.unit)} and echoed {t.text(told)}")


@scenario(SECTION)
async def currency_is_echoed(t: Trial) -> None:
    """Every answer has the currency of its request."""
    await each_echoes(t, "currency", balance_too=True)


@scenario(SECTION)
async def amounts_are_exact_strings(t: Trial) -> None:
    """Amounts and balances are JSON strings with exactly as many decimals as the currency has."""
    async for exchange in one_of_each(t):
        _check_amounts(t, exchange.call, t.ok(exchange))


def _check_amounts(t: Trial, call: str, answer: dict[str, Any]) -> None:
    for name in ("balance",) if call == "balance" else ("balance", "amount"):
        try:
            money.parse(answer.get(name), currency=t.currency)
        except ValueError as error:
            raise Broken(f"{call} was answered with {name} {answer.get(name)!r}: {error}") from error


@scenario(SECTION, "balance", "debit", "rollback")
async def refusals_echo_too(t: Trial) -> None:
    """A refusal has the request_id and the transaction_id of its request."""
    exchange = await t.refused_debit(new_bet(), await t.balance() + t.unit, "insufficient_funds", "limit_reached")
    answer = t.readable(exchange)
    for name in ("request_id", "transaction_id"):
        sent = exchange.asked[name]
        t.check(answer.get(name) == sent, f"a refused debit was sent {name} {sent!r} and echoed {answer.get(name)!r}")


@scenario(SECTION)
async def connections_are_kept(t: Trial) -> None:
    """A connection stays open after an answer, so that the next call need not connect."""
    before = t.wallet.made[0]
    async for exchange in one_of_each(t):
        t.ok(exchange)
    made = t.wallet.made[0] - before
    t.check(made <= 1, f"five calls, one after the other, needed {made} new connections")
