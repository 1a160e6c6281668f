"""What a scenario works with: calls of the wallet API with good bodies, and judgements on their answers."""

import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from uuid import uuid4

import msgspec

from keno_kit import money
from keno_kit.conformance.calling import BODY_MAX, Exchange, Wallet

GAME = "conformance"
AT_ONCE = 8


class Broken(Exception):
    """A rule is broken; the text says how."""


class Unusable(Broken):
    """A call has no readable answer that says ok: nothing that needs this call can be judged."""

    def __init__(self, call: str, text: str) -> None:
        super().__init__(text)
        self.call = call


@dataclass(frozen=True, slots=True, kw_only=True)
class Bet:
    """The ids that belong together: as at the platform, a transaction's last digit says what it is."""

    bet_id: str
    round_id: int

    @property
    def debit_id(self) -> str:
        return f"{self.bet_id[:-1]}6"

    @property
    def credit_id(self) -> str:
        return f"{self.bet_id[:-1]}7"

    @property
    def rollback_id(self) -> str:
        return f"{self.bet_id[:-1]}8"


def new_bet() -> Bet:
    return Bet(bet_id=f"{str(uuid4())[:-1]}0", round_id=secrets.randbelow(2**53))


@dataclass(slots=True, kw_only=True)
class Trial:
    """One scenario's run against a wallet, for one player. Amounts are in minor units."""

    wallet: Wallet
    player: str
    currency: str
    unit: int
    """The amount that scenarios move, unless they are about amounts."""
    session_id: str
    exchanges: list[Exchange] = field(default_factory=list)

    # Calls

    def body(self, **members: Any) -> dict[str, Any]:
        """The members that every call has, and these."""
        return {
            "request_id": str(uuid4()),
            "player_token": self.player,
            "currency": self.currency,
            "session_id": self.session_id,
            **members,
        }

    def debit_body(self, bet: Bet, amount: int, **members: Any) -> dict[str, Any]:
        return self.body(
            **{
                "transaction_id": bet.debit_id,
                "amount": self.text(amount),
                "bet_id": bet.bet_id,
                "ticket_id": None,
                "round_id": bet.round_id,
                "game": GAME,
                **members,
            }
        )

    def credit_body(self, bets: Iterable[tuple[Bet, int]], *, notice: bool = False, **members: Any) -> dict[str, Any]:
        listed = list(bets)
        first = listed[0][0]
        return self.body(
            **{
                "transaction_id": first.credit_id,
                "amount": self.text(sum(amount for _, amount in listed)),
                "kind": "notice" if notice else "win",
                "round_id": first.round_id,
                "game": GAME,
                "bets": [
                    {"bet_id": bet.bet_id, "debit_transaction_id": bet.debit_id, "amount": self.text(amount)}
                    for bet, amount in listed
                ],
                "round_closed": False,
                **members,
            }
        )

    def rollback_body(self, bet: Bet, amount: int, **members: Any) -> dict[str, Any]:
        return self.body(
            **{
                "transaction_id": bet.rollback_id,
                "original_transaction_id": bet.debit_id,
                "amount": self.text(amount),
                "bet_id": bet.bet_id,
                "round_id": bet.round_id,
                "game": GAME,
                "reason": "in_doubt",
                "round_closed": False,
                **members,
            }
        )

    async def send(self, call: str, body: Mapping[str, Any] | bytes, **how: Any) -> Exchange:
        """Any body, however it is signed."""
        exchange = await self.wallet.post(call, body, **how)
        self.exchanges.append(exchange)
        return exchange

    async def ask_balance(self, **members: Any) -> Exchange:
        return await self.send("balance", self.body(**members))

    async def debit(self, bet: Bet, amount: int | None = None, **members: Any) -> Exchange:
        return await self.send("debit", self.debit_body(bet, self.unit if amount is None else amount, **members))

    async def credit(self, bet: Bet, amount: int | None = None, **members: Any) -> Exchange:
        return await self.send("credit", self.credit_body([(bet, self.unit if amount is None else amount)], **members))

    async def rollback(self, bet: Bet, amount: int | None = None, **members: Any) -> Exchange:
        return await self.send("rollback", self.rollback_body(bet, self.unit if amount is None else amount, **members))

    async def refused_debit(self, bet: Bet, amount: int, *codes: str) -> Exchange:
        """A debit that must be refused. One that is taken all the same is rolled back before this fails."""
        exchange = await self.debit(bet, amount)
        try:
            self.refused(exchange, *codes)
        except Broken:
            await self.rollback(bet, amount)
            raise
        return exchange

    async def balance(self) -> int:
        """The player's money now."""
        return self.amount_in(self.ok(await self.ask_balance()), "balance")

    async def taken(self, amount: int | None = None) -> Bet:
        """A bet whose debit was answered with ok."""
        bet = new_bet()
        self.ok(await self.debit(bet, amount))
        return bet

    # Judgements

    def text(self, minor: int) -> str:
        return money.render(minor, currency=self.currency)

    def check(self, holds: bool, broken: str) -> None:
        if not holds:
            raise Broken(broken)

    def ok(self, exchange: Exchange, *statuses: str) -> dict[str, Any]:
        """
        The answer, which is readable and has one of these statuses ("ok").

        :raises Unusable: it is not.
        """
        found = self.readable(exchange)
        allowed = statuses or ("ok",)
        if exchange.status != 200 or found.get("status") not in allowed:
            said = f"{exchange.status} with {found.get('status')!r} {found.get('code', '')}".rstrip()
            raise Unusable(exchange.call, f"{exchange.call} was answered {said}, not 200 with {' or '.join(allowed)}")
        return found

    def refused(self, exchange: Exchange, *codes: str) -> dict[str, Any]:
        """The answer, which is readable and refuses with one of these codes."""
        found = self.readable(exchange)
        is_refusal = exchange.status == 200 or 400 <= exchange.status < 500
        wanted = " or ".join(codes)
        if not is_refusal or found.get("status") != "refused" or found.get("code") not in codes:
            said = f"{exchange.status} with {found.get('status')!r} {found.get('code', '')}".rstrip()
            raise Broken(f"{exchange.call} was answered {said}, not refused with {wanted}")
        return found

    def readable(self, exchange: Exchange) -> dict[str, Any]:
        """
        The answer, which is one JSON object of at most 64 KiB with a status below 500, and no redirect.

        :raises Unusable: it is none.
        """
        if exchange.failure:
            raise Unusable(exchange.call, f"{exchange.call}: {exchange.failure}")
        if exchange.status >= 500 or 300 <= exchange.status < 400:
            raise Unusable(exchange.call, f"{exchange.call} was answered with the status {exchange.status}")
        if len(exchange.body) > BODY_MAX:
            raise Unusable(exchange.call, f"{exchange.call} was answered with more than {BODY_MAX} bytes")
        try:
            found = msgspec.json.decode(exchange.body)
        except (msgspec.DecodeError, RecursionError) as error:
            raise Unusable(exchange.call, f"{exchange.call} was answered with what is not JSON: {error}") from error
        if not isinstance(found, dict):
            raise Unusable(exchange.call, f"{exchange.call} was answered with JSON that is not an object")
        return found

    def amount_in(self, answer: Mapping[str, Any], name: str) -> int:
        """
        An amount of an answer, read generously: its form is the business of one scenario only.

        :raises Broken: nothing that can be read as an amount.
        """
        text = answer.get(name)
        exponent = money.exponent_of(self.currency)
        whole, _, decimals = str(text).partition(".")
        digits = decimals.rstrip("0").ljust(exponent, "0")
        try:
            if len(digits) > exponent or not isinstance(text, str | int | float):
                raise ValueError
            minor: int = int(whole.lstrip("-")) * 10**exponent + int(digits or "0")
            return -minor if whole.startswith("-") else minor
        except ValueError:
            raise Broken(f"{name} is {text!r}") from None

    async def moved(self, doing: Callable[[], Awaitable[object]], *, by: int, what: str) -> None:
        """Do something and see that the player's money changed by exactly that much."""
        before = await self.balance()
        await doing()
        after = await self.balance()
        self.check(
            after - before == by,
            f"{what} changed the balance from {self.text(before)} to {self.text(after)}: by"
            f" {self.text(after - before)}, not by {self.text(by)}",
        )

    def for_player(self, token: str) -> "Trial":
        """The same trial, its exchanges shared, for another player."""
        return replace(self, player=token)
