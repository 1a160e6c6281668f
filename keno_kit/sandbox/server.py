"""The sandbox wallet as a web application: the four calls, and beside them what an integrator turns and looks at."""

import asyncio
import time
from collections import OrderedDict, deque
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
from aiohttp import web

from keno_kit import money
from keno_kit.keys import KeyRing
from keno_kit.sandbox import asks, magic
from keno_kit.sandbox.asks import CALLS, Ask, Call
from keno_kit.sandbox.faults import FAULTS, Active, FaultUnknown, Plan, read_active
from keno_kit.sandbox.journal import Journal
from keno_kit.sandbox.rules import Opening, Outcome, Rules
from keno_kit.sandbox.spoiling import SENDING, SPOILED, Timings, Words, say, send_badly
from keno_kit.signing import WINDOW_S, KeyUnknown, Message, SignatureRefused

BODY_MAX = 64 * 1024
_WINDOWS_S = {"ignores-clock": float("inf"), "strict-clock": 30.0}
_SIGNATURE_FAULTS = frozenset({"ignores-signature", "ignores-digest", *_WINDOWS_S})
ATTEMPTS_REMEMBERED = 100_000


@dataclass(slots=True, kw_only=True)
class Sandbox:
    """One wallet: its books, its keys, and what is wrong with it at the moment."""

    journal: Journal
    keys: KeyRing
    opening: Opening
    plan: Plan = field(default_factory=Plan)
    timings: Timings = field(default_factory=Timings)
    latency_s: float = 0.0
    clock: Callable[[], float] = time.time
    recent: deque[dict[str, Any]] = field(default_factory=lambda: deque(maxlen=500))
    _rules: Rules = field(init=False)
    _attempts: OrderedDict[tuple[str, str], int] = field(default_factory=OrderedDict)

    def __post_init__(self) -> None:
        unit = 10 ** money.exponent_of(self.opening.currency)
        special = {one.token: one.balance * unit for one in magic.MAGIC.values() if one.balance is not None}
        self._rules = Rules(journal=self.journal, opening=self.opening, magic_balances=special)

    async def answer(self, call: Call, request: web.Request) -> web.StreamResponse:
        """One call of the wallet API, from its bytes to its answer."""
        body = await request.read()
        refused = self._check_signature(request, body, None)
        if isinstance(refused, KeyUnknown) and await asyncio.to_thread(self.keys.refetch):
            refused = self._check_signature(request, body, None)
        try:
            found = asks.decode(body)
        except asks.Malformed as error:
            status = 500 if self.plan.draw(call) == "garbage-breaks" else 400
            words = _refuse({}, "malformed_request", str(error), status=status)
            return self._note(call, {}, None, words).response()
        fault, refusal = self._fate(call, found)
        if fault in _SIGNATURE_FAULTS:
            refused = self._check_signature(request, body, fault)
        if refused is not None:
            return self._note(
                call, found, None, _refuse(found, "signature_invalid", str(refused), status=401)
            ).response()
        words = await self._words(call, found, request.headers.get("X-Request-Id", ""), fault, refusal)
        self._note(call, found, fault, words)
        if self.latency_s:
            await asyncio.sleep(self.latency_s)
        if fault in SENDING:
            return await send_badly(request, words, fault=fault, timings=self.timings)
        return words.response()

    def _check_signature(self, request: web.Request, body: bytes, fault: str | None) -> SignatureRefused | None:
        """Why the call is refused; None when its signature is good, or good enough for this fault."""
        if fault == "ignores-signature":
            return None
        message = Message(
            method=request.method,
            authority=request.headers.get("Host", ""),
            target=request.raw_path,
            headers={name.lower(): value for name, value in request.headers.items()},
            body=body,
        )
        window_s = _WINDOWS_S.get(fault or "", WINDOW_S)
        try:
            self.keys.verify(message, now_s=self.clock(), window_s=window_s, check_digest=fault != "ignores-digest")
        except SignatureRefused as error:
            return error
        return None

    def _fate(self, call: Call, found: Mapping[str, Any]) -> tuple[str | None, str | None]:
        """The fault and the refusal that this call meets: a magic player's, or else what is switched on."""
        player = str(found.get("player_token", ""))
        charmed = magic.find(player)
        if charmed is None:
            return self.plan.draw(call), None
        fate = charmed.fate_of(call, self._attempt(call, str(found.get("transaction_id", ""))))
        return (fate.fault, fate.refusal) if fate is not None else (None, None)

    def _attempt(self, call: Call, transaction_id: str) -> int:
        key = (call, transaction_id)
        self._attempts[key] = self._attempts.get(key, 0) + 1
        if len(self._attempts) > ATTEMPTS_REMEMBERED:
            self._attempts.popitem(last=False)
        return self._attempts[key]

    async def _words(
        self, call: Call, found: dict[str, Any], header_id: str, fault: str | None, refusal: str | None
    ) -> Words:
        if fault == "unknown-members-refuse" and set(found) - asks.MEMBERS:
            return _refuse(found, "malformed_request", "unknown members")
        if refusal is not None:
            return _refuse(found, refusal, "a magic player", status=200)
        try:
            ask = asks.read(call, asks.generous(found) if fault == "any-amount" else found, header_id=header_id)
        except asks.Malformed as error:
            return _refuse(found, "malformed_request", str(error))
        if fault is not None and FAULTS[fault].stage == "before":
            return SPOILED[fault]({}) if fault in SPOILED else Words(status=500, body=b"")
        outcome = await self._decide(ask, fault)
        if outcome.status == "broken":
            return SPOILED["500-before"]({})
        good = _refusal(found, outcome.code, "") if outcome.status == "refused" else _say_ok(ask, outcome)
        return SPOILED[fault](good) if fault is not None and fault in SPOILED else say(good)

    async def _decide(self, ask: Ask, fault: str | None) -> Outcome:
        """The outcome, once it is committed."""
        try:
            if fault in ("race", "lost-update"):
                outcome = await self._decide_carelessly(ask, fault)
            else:
                outcome = self._rules.decide(ask, fault=fault)
        except Exception as error:
            self.journal.abandon(error)
            raise
        await self.journal.durable()
        return outcome

    async def _decide_carelessly(self, ask: Ask, fault: str | None) -> Outcome:
        """Look, wait, and then believe what was seen before the wait."""
        unseen = ask.call != "balance" and self.journal.find_entry(ask.transaction_id) is None
        before = self.journal.find_player(ask.player)
        await asyncio.sleep(self.timings.race_s)
        if fault == "race":
            return self._rules.decide(ask, unseen=unseen)
        now = self.journal.find_player(ask.player)
        outcome = self._rules.decide(ask)
        after = self.journal.find_player(ask.player)
        if before is not None and now is not None and after is not None and after.balance != now.balance:
            self.journal.overwrite_balance(ask.player, before.balance + after.balance - now.balance)
        return outcome

    def _note(self, call: Call, found: Mapping[str, Any], fault: str | None, words: Words) -> Words:
        self.recent.append(
            {"at": self.clock(), "call": call, "fault": fault, "request": found, "status": words.status,
             "answer": words.body[:2000].decode(errors="replace")}
        )  # fmt: skip
        return words


def _say_ok(ask: Ask, outcome: Outcome) -> dict[str, Any]:
    balance = money.render(outcome.balance or 0, currency=ask.currency)
    if ask.call == "balance":
        return {"status": "ok", "request_id": ask.request_id, "currency": ask.currency, "balance": balance}
    return {
        "status": outcome.status,
        "request_id": ask.request_id,
        "transaction_id": ask.transaction_id,
        "amount": ask.amount_text,
        "currency": ask.currency,
        "balance": balance,
        "operator_reference": f"sandbox-{ask.transaction_id}",
    }


def _refusal(found: Mapping[str, Any], code: str, message: str) -> dict[str, Any]:
    echo = {name: found[name] for name in ("request_id", "transaction_id") if isinstance(found.get(name), str)}
    return {"status": "refused", "code": code, **echo, **({"message": message} if message else {})}


def _refuse(found: Mapping[str, Any], code: str, message: str, *, status: int = 400) -> Words:
    return say(_refusal(found, code, message), status=status)


def application(
    sandbox: Sandbox, *, faults: tuple[Active, ...] = (), players: tuple[tuple[str, str, int], ...] = ()
) -> web.Application:
    """
    The wallet's application.

    :param players: token, currency and opening balance (minor units) of those who are there from the start.
    """
    app = web.Application(client_max_size=BODY_MAX)
    for call in CALLS:
        app.router.add_post(f"/{call}", _edge(sandbox, call))
    desk = Desk(sandbox)
    app.router.add_get("/", desk.index)
    app.router.add_get("/state", desk.state)
    app.router.add_get("/journal", desk.journal)
    app.router.add_get("/calls", desk.calls)
    app.router.add_get("/faults", desk.faults)
    app.router.add_post("/faults", desk.switch)
    app.router.add_delete("/faults", desk.heal)
    app.router.add_post("/players", desk.player)

    async def life(_: web.Application) -> AsyncIterator[None]:
        sandbox.plan.switch(faults, keep=False)
        for token, currency, opening in players:
            sandbox.journal.put_player(token=token, currency=currency, opening=opening)
        yield
        sandbox.journal.close()

    app.cleanup_ctx.append(life)
    return app


def _edge(sandbox: Sandbox, call: Call) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def edge(request: web.Request) -> web.StreamResponse:
        return await sandbox.answer(call, request)

    return edge


@dataclass(frozen=True, slots=True)
class Desk:
    """What is not the wallet API: switches and books, unsigned, for whoever sits at this machine."""

    sandbox: Sandbox

    async def index(self, _: web.Request) -> web.Response:
        calls = ["/balance", "/debit", "/credit", "/rollback"]
        return _json({"wallet": calls, "desk": ["/state", "/journal", "/calls", "/faults", "/players"]})

    async def state(self, request: web.Request) -> web.Response:
        """
        Every player and every transaction. `moved` is what a transaction moved (below zero: taken) and `times` how
        often; a debit's `effective` is what it took less what was given back.
        """
        await self.sandbox.journal.durable()
        players = list(self.sandbox.journal.players())
        for one in players:
            for name in ("opening", "balance"):
                one[name] = money.render(one[name], currency=one["currency"])
        if request.query.get("transactions") == "0":
            return _json({"players": players})
        return _json({"players": players, "transactions": _transactions(list(self.sandbox.journal.entries()))})

    async def journal(self, request: web.Request) -> web.Response:
        """Movements in their order: `?after=` the last seq that was read, `?limit=`."""
        await self.sandbox.journal.durable()
        try:
            after, limit = int(request.query.get("after", "0")), int(request.query.get("limit", "1000"))
        except ValueError:
            return _json({"error": "after and limit are numbers"}, status=400)
        found = self.sandbox.journal.movements(after=after, limit=min(max(limit, 1), 10_000))
        for one in found:
            one["amount"] = money.render(one["amount"], currency=one["currency"])
        return _json({"movements": found, "next": found[-1]["seq"] if found else after})

    async def calls(self, _: web.Request) -> web.Response:
        return _json({"calls": list(self.sandbox.recent)})

    async def faults(self, _: web.Request) -> web.Response:
        return _json({"active": [one.as_json() for one in self.sandbox.plan.active], "known": list(FAULTS)})

    async def switch(self, request: web.Request) -> web.Response:
        """{"fault", "share", "calls"} adds one; {"faults": [...]} replaces them all; {"fault": null} ends them."""
        try:
            found = msgspec.json.decode(await request.read())
            if isinstance(found.get("faults"), list):
                self.sandbox.plan.switch([read_active(one) for one in found["faults"]], keep=False)
            elif found.get("fault") is None:
                self.sandbox.plan.switch([], keep=False)
            else:
                self.sandbox.plan.switch([read_active(found)], keep=True)
        except (FaultUnknown, msgspec.DecodeError, AttributeError) as error:
            return _json({"error": str(error)}, status=422)
        return await self.faults(request)

    async def heal(self, request: web.Request) -> web.Response:
        self.sandbox.plan.switch([], keep=False)
        return await self.faults(request)

    async def player(self, request: web.Request) -> web.Response:
        """{"player_token", "currency", "balance"} makes a player, once."""
        try:
            found = msgspec.json.decode(await request.read())
            opening = money.parse(found["balance"], currency=found["currency"])
            token = str(found["player_token"])
        except (msgspec.DecodeError, ValueError, KeyError, TypeError) as error:
            return _json({"error": str(error)}, status=422)
        self.sandbox.journal.put_player(token=token, currency=found["currency"], opening=opening)
        await self.sandbox.journal.durable()
        there = self.sandbox.journal.find_player(token)
        assert there is not None  # noqa: S101 - it was just made
        balance = money.render(there.balance, currency=there.currency)
        return _json({"player_token": token, "currency": there.currency, "balance": balance})


def _transactions(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    given_back: dict[str, int] = {}
    for one in found:
        if one["kind"] == "rollback":
            original = one["original_transaction_id"]
            given_back[original] = given_back.get(original, 0) + one["moved"]
    for one in found:
        effective = one["moved"] + given_back.get(one["transaction_id"], 0) if one["kind"] != "rollback" else 0
        for name, value in (("amount", one["amount"]), ("moved", one["moved"]), ("effective", effective)):
            one[name] = money.render(value, currency=one["currency"])
    return found


def _json(found: object, *, status: int = 200) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode(found), content_type="application/json")
