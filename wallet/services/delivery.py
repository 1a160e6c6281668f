"""
The outbox of seamless operators: credits and rollbacks, sent until they are definite.

One session keeps thousands of calls in flight in one event loop; rows are claimed with a lease, so any number of
sessions may run beside each other, and what a dead one held comes back. No operator waits for another.
"""

import asyncio
import logging
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypeVar

from django.db import connection

from audit import services as audit
from keno_platform import outbound
from keno_platform.core import buggify, clock
from keno_platform.core.errors import NotFound
from operators.models import Operator
from operators.tenancy import tenant_transaction
from wallet import announce, selectors
from wallet.models import CallState, Kind, WalletCall
from wallet.operator_wallet import OperatorWallet
from wallet.protocol import Outcome, Verdict
from wallet.services import calls, wallets
from wallet.services.calls import Attempted
from webhooks import services as webhooks

logger = logging.getLogger(__name__)
T = TypeVar("T")
SESSION_S = 20.0
LAST_ANSWERS_S = 1.0
"""At a session's end, so long for answers still out; then these calls are tried again by another session."""
PAUSE_S = 0.2
CLAIM_MAX = 500
LOST_MAX = 1000
ATTEMPTS_MAX = 106
"""Of a credit, before it is a dead letter: with these pauses a little more than a day."""
CREDIT_PAUSE_MAX_S = 900.0
ROLLBACK_PAUSE_MAX_S = 300.0


def pause_after(kind: Kind, attempts: int) -> timedelta:
    """How long to wait after so many attempts: doubling from one second."""
    longest = CREDIT_PAUSE_MAX_S if kind == Kind.CREDIT else ROLLBACK_PAUSE_MAX_S
    return timedelta(seconds=min(2.0 ** min(attempts - 1, 20), longest))


def deliver(*, seconds: float = SESSION_S) -> int:
    """Deliver for this long. Returns how many calls became definite."""
    return asyncio.run(_Session(seconds=seconds).run())


@dataclass(slots=True, kw_only=True)
class _Lane:
    """One operator's calls in this session."""

    wallet: OperatorWallet
    in_flight: int = 0
    done: list[tuple[WalletCall, Verdict]] = field(default_factory=list)


@dataclass(slots=True, kw_only=True)
class _Session:
    seconds: float
    lanes: dict[str, _Lane] = field(default_factory=dict)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    delivered: int = 0
    database: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, thread_name_prefix="delivery"))

    async def run(self) -> int:
        end = time.monotonic() + self.seconds
        try:
            while time.monotonic() < end:
                busy = await self._in_thread(self._take_turn)
                self._send(busy)
                await asyncio.sleep(0 if busy else PAUSE_S)
                if self.tasks and not busy:
                    await asyncio.wait(self.tasks, timeout=PAUSE_S, return_when=asyncio.FIRST_COMPLETED)
            await self._finish()
        finally:
            await outbound.close()
            await self._in_thread(_disconnect)
            self.database.shutdown()
        return self.delivered

    def _take_turn(self) -> list[tuple[_Lane, WalletCall]]:
        """In the database's thread: write what came back, take what is due."""
        self._write()
        taken = []
        for operator in selectors.operators_with_due_calls():
            try:
                taken += self._take_due(operator)
            except NotFound:  # in the middle of a change of its wallet; nobody else waits for that
                logger.warning("%s: no wallet connection, its calls wait", operator.slug)
        return taken

    def _take_due(self, operator: Operator) -> list[tuple[_Lane, WalletCall]]:
        lane = self._lane(operator)
        with tenant_transaction(operator):
            if lost := calls.doubt_lost_debits(LOST_MAX):
                logger.warning("%s: %s debits were never concluded; they are rolled back", operator.slug, lost)
            if not lane.wallet.connection.active:
                return []  # paused by the provider: what is owed waits, and its attempts are not counted
            room = min(lane.wallet.connection.concurrency_max, CLAIM_MAX) - lane.in_flight
            return [(lane, call) for call in (calls.claim(room) if room > 0 else ())]

    def _lane(self, operator: Operator) -> _Lane:
        wallet = wallets.wallet_of(operator)
        lane = self.lanes.setdefault(operator.schema_name, _Lane(wallet=wallet))
        lane.wallet = wallet  # its address or key may have changed
        return lane

    def _send(self, taken: list[tuple[_Lane, WalletCall]]) -> None:
        for lane, call in taken:
            lane.in_flight += 1
            task = asyncio.ensure_future(self._attempt(lane, call))
            self.tasks.add(task)
            task.add_done_callback(self.tasks.discard)

    async def _attempt(self, lane: _Lane, call: WalletCall) -> None:
        try:
            await buggify.soon("delivery.before")
            verdict = await lane.wallet.transact(calls.order_of(call))
            await buggify.soon("delivery.after")
        except asyncio.CancelledError:
            verdict = Verdict(outcome=Outcome.IN_DOUBT, detail="timeout")
        finally:
            lane.in_flight -= 1
        lane.done.append((call, verdict))

    async def _finish(self) -> None:
        if self.tasks:
            await asyncio.wait(self.tasks, timeout=LAST_ANSWERS_S)
        for task in list(self.tasks):
            task.cancel()
        if self.tasks:
            await asyncio.wait(self.tasks)
        await self._in_thread(self._write)

    def _write(self) -> None:
        for lane in self.lanes.values():
            done, lane.done = lane.done, []
            if done:
                self.delivered += write(lane.wallet.operator, done)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.database, work)


def _disconnect() -> None:
    """Ends the connection of the thread that calls this."""
    connection.close()


def write(operator: Operator, done: list[tuple[WalletCall, Verdict]]) -> int:
    """Write what came of these attempts, and tell who has to know. Returns how many are definite now."""
    attempts = [_attempted(call, verdict) for call, verdict in done]
    with tenant_transaction(operator):
        moved = calls.conclude(attempts)
        dead = {each.call_id for each in attempts if each.state is CallState.DEAD} & moved
        for call, verdict in done:
            if call.pk in dead:
                _bury(operator, call, verdict)
        announce.balances(
            operator, {call.player_id: verdict.balance for call, verdict in done if verdict.balance is not None}
        )
        buggify.here("delivery.uncommitted")
    return sum(each.state is CallState.OK for each in attempts if each.call_id in moved)


def _attempted(call: WalletCall, verdict: Verdict) -> Attempted:
    if verdict.outcome is Outcome.OK:
        return Attempted(call_id=call.pk, state=CallState.OK, error=verdict.detail, reference=verdict.reference)
    if call.kind == Kind.CREDIT and call.attempts >= ATTEMPTS_MAX:
        return Attempted(call_id=call.pk, state=CallState.DEAD, error=verdict.detail)
    due_at = clock.now() + pause_after(call.kind_of, call.attempts)
    return Attempted(call_id=call.pk, state=CallState.PENDING, error=verdict.detail, due_at=due_at)


def _bury(operator: Operator, call: WalletCall, verdict: Verdict) -> None:
    logger.error("%s: credit %s is a dead letter after %s attempts", operator.slug, call.pk, call.attempts)
    facts = {
        "transaction_id": str(call.pk),
        "kind": call.kind_of.label,
        "bet_id": str(call.bet_id),
        "player_token": call.player.token,
        "amount": operator.money(call.amount),
        "currency": operator.currency_code,
        "round_id": call.round_id,
        "attempts": call.attempts,
        "error": verdict.detail,
    }
    audit.record(
        "wallet.dead_lettered",
        description=f"{operator.name}: a credit could not be delivered for a day",
        actor=audit.SYSTEM,
        operator_id=operator.pk,
        after={name: value for name, value in facts.items() if name != "player_token"},
    )
    webhooks.emit(operator=operator, event="transaction.dead_lettered", data=facts)
