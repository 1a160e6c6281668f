"""
Anchoring: one pass does everything that can be done now. Whoever calls it, and however often, each root goes to the
chain once and in its order.

A pass asks the chain, and never inside a database transaction; it ends within PASS_S seconds whatever the node does.
Nothing needs to be remembered between passes: all of it stands in the tables.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import uuid4

from django.conf import settings
from django.db import connection
from django.db.models.functions import Now

from anchors import selectors
from anchors.chain import GWEI, Chain, KeyUnusable, Look, Signer, signer
from anchors.models import AlarmCode, Contract, Retirement, Sender, TransactionStatus
from anchors.rpc import PASS_S, Line, NodeFailed, OutOfTime
from anchors.services import alarms, contracts, following, lease
from anchors.services.alarms import Halt
from anchors.services.broadcasting import Sending

IDLE_S, CONFIRMING_S = 30, 4
"""How often a chain is asked where nothing is to be sent: with nothing to do, and with only confirmations to count."""
PAUSE_S = 0.5


class InsideTransaction(RuntimeError):
    """A network call was about to be made inside a database transaction, which would hold its locks as long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """What a pass has done: how many transactions moved, and whether another sender was at it."""

    moved: int = 0
    busy: bool = False


@dataclass(slots=True)
class _Findings:
    """What a pass has found out so far: alarms of the look that it is at, and of the last whole one."""

    now: dict[AlarmCode, str] = field(default_factory=dict)
    last: dict[AlarmCode, str] = field(default_factory=dict)
    moved: int = 0
    looks: int = 0

    def finish_look(self, moved: int) -> None:
        # This one is over in the very look that finds it, and must be told all the same.
        kept = {code: text for code, text in self.last.items() if code == AlarmCode.KEY_USED_ELSEWHERE}
        self.last, self.now = kept | self.now, {}
        self.moved += moved
        self.looks += 1


def send_when_due() -> Pass:
    """`send`, unless nothing waits to be sent and the chain was asked a moment ago."""
    return send() if is_due() else Pass()


def is_due() -> bool:
    """Whether a pass is worth its calls now."""
    contract = selectors.find_contract()
    if contract is None or selectors.roots_to_send(contract, limit=1):
        return True
    underway = selectors.underway(contract)
    if any(one.status != TransactionStatus.MINED for one in underway):
        return True
    pause = timedelta(seconds=CONFIRMING_S if underway else IDLE_S)
    return not Sender.objects.filter(tried_at__gt=Now() - pause).exists()


def send() -> Pass:
    """
    Make one pass: follow what is out, send what is on record, build what comes next, until nothing more can be done
    or the time is over. What keeps it from going on becomes an alarm.

    :raises InsideTransaction: called inside a database transaction.
    """
    if connection.in_atomic_block:
        raise InsideTransaction
    if not settings.CHAIN_URL:
        return Pass()
    try:
        publisher = signer(settings.CHAIN_KEY)
    except KeyUnusable:
        code = AlarmCode.PUBLISHER_KEY_MISSING
        alarms.settle({code: "KENO_CHAIN_KEY is not 0x and 64 hex digits"}, stopped_by=code)
        return Pass()
    holder = uuid4()
    if not lease.take(publisher.address, holder):
        return Pass(busy=True)
    try:
        return _make_pass(publisher, lambda: lease.take(publisher.address, holder))
    finally:
        lease.release(publisher.address, holder)


def deploy(*, move: bool = False, abandon: bool = False) -> Contract:
    """
    Put a new contract on record as the one in use; `send` brings it to the chain. Where there is one already, `move`
    lets the sequence go on in the new one, and `abandon` gives up what is still on its way to the old one.

    :raises contracts.DeploymentRefused: there is one already, or it must not be left now.
    :raises Halt: the chain asks too much, or would not take it.
    :raises NodeFailed: the node does not do its part.
    """
    if connection.in_atomic_block:
        raise InsideTransaction
    if not settings.CHAIN_URL:
        raise contracts.DeploymentRefused("KENO_CHAIN_URL names no chain.")
    try:
        publisher = signer(settings.CHAIN_KEY)
    except KeyUnusable:
        raise contracts.DeploymentRefused("KENO_CHAIN_KEY is not 0x and 64 hex digits.") from None
    old = selectors.find_contract()
    start, instead_of = _next_start(old, move=move, abandon=abandon)
    with Line(settings.CHAIN_URL) as line:
        chain = Chain(line)
        look = chain.look(publisher.address)
        return contracts.begin_deployment(chain, publisher, look, start=start, instead_of=instead_of)


def _next_start(
    old: Contract | None, *, move: bool, abandon: bool
) -> tuple[contracts.Start, tuple[Contract, Retirement] | None]:
    if old is None:
        return contracts.Start(), None
    deployment = selectors.deployment_of(old)
    if deployment is not None and deployment.status == TransactionStatus.FAILED:
        return contracts.start_of(old), (old, Retirement.FAILED)
    if not move:
        raise contracts.DeploymentRefused(f"{old} is in use. --move lets the sequence go on in a new one.")
    return contracts.leave(old, abandon=abandon), (old, Retirement.MOVED)


def anchor_until_done(*, seconds: float, tell: Callable[[selectors.ChainStatus], None] = lambda _: None) -> bool:
    """
    Make passes until every root is final, for so many seconds at most. `tell` hears how it stands after each.
    Returns whether every root is.
    """
    end = time.monotonic() + seconds
    while True:
        send()
        status = selectors.chain_status()
        tell(status)
        if not status.waiting or time.monotonic() >= end:
            return not status.waiting
        time.sleep(PAUSE_S)


def _make_pass(publisher: Signer, still_ours: Callable[[], bool]) -> Pass:
    """Look and act, again and again, while that moves anything; then settle the alarms by what came of it."""
    findings, stopped_by = _Findings(), None
    try:
        with Line(settings.CHAIN_URL) as line:
            chain = Chain(line)
            while still_ours() and _look_and_act(chain, publisher, findings):
                pass
    except (Halt, NodeFailed) as stop:
        findings.now[stop.code] = stop.detail
        stopped_by = stop.code
    except OutOfTime:
        if not findings.looks:
            stopped_by = AlarmCode.CHAIN_SLOW
            findings.now[stopped_by] = f"{PASS_S:.0f} s were not enough for one look"
    alarms.settle(findings.last | findings.now, stopped_by=stopped_by)
    return Pass(moved=findings.moved)


def _look_and_act(chain: Chain, publisher: Signer, findings: _Findings) -> bool:
    """One look at the chain and all that follows from it. Whether another could find more to do."""
    findings.now = {}
    look = chain.look(publisher.address)
    _remember(publisher, look)
    if look.balance_wei < settings.CHAIN_BALANCE_MIN_GWEI * GWEI:
        findings.now[AlarmCode.BALANCE_LOW] = f"{publisher.address} has {look.balance_wei // GWEI} gwei"
    contract = contracts.find_home(chain, publisher, look)
    moved = following.follow(chain, look, contract)
    contract, state = contracts.check_state(chain, publisher, look, contract)
    if state is not None:
        moved += following.check_history(chain, contract, state)
    moved += Sending(chain=chain, signer=publisher, look=look, contract=contract, found=findings.now).send_all(state)
    findings.finish_look(moved)
    return moved > 0


def _remember(publisher: Signer, look: Look) -> None:
    Sender.objects.filter(publisher=publisher.address).update(
        heard_at=Now(), block_number=look.number, balance_gwei=look.balance_wei // GWEI
    )
