"""What the tests of anchoring do and look at."""

import os
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.db import transaction
from eth_utils import keccak

from anchors.chain import Chain, signer
from anchors.invariants import INVARIANTS
from anchors.models import Alarm, Contract, Retirement, Root, Sender, Transaction
from anchors.rpc import Line
from anchors.selectors import chain_status
from anchors.services import RootKind, register_root
from anchors.services.contracts import Start, begin_deployment, retire
from anchors.services.sending import send
from tests.support.database import rows

Roots = Callable[[int], list[Root]]


def clear() -> None:
    """No contract in use, no alarm and no lease. What earlier tests left is retired: nothing of it can be deleted."""
    with transaction.atomic():
        for contract in Contract.objects.filter(retired_at=None):
            retire(contract, Retirement.FORGOTTEN)
    Alarm.objects.all().delete()
    Sender.objects.all().delete()


def register(count: int) -> list[Root]:
    """So many new roots."""
    return [register_root(kind=RootKind.RESULTS, root=os.urandom(32), size=number + 1) for number in range(count)]


def deploy_here() -> Contract:
    """A contract that begins with the next root to be registered, so that a test sends its own roots only."""
    publisher = signer(settings.CHAIN_KEY)
    last = Root.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    with Line(settings.CHAIN_URL) as line:
        chain = Chain(line)
        start = Start(last_seq=last, head=os.urandom(32) if last else bytes(32))
        contract = begin_deployment(chain, publisher, chain.look(publisher.address), start=start)
    send()
    return contract


def told(roots: list[Root]) -> list[tuple[int, bytes]]:
    """What the chain's events must say of these roots."""
    return [(root.seq, bytes(root.root)) for root in roots]


def of(root: Root) -> list[Transaction]:
    """Every transaction of a root, oldest first."""
    return list(Transaction.objects.filter(root=root).order_by("pk"))


def only(root: Root) -> Transaction:
    """The one transaction of a root."""
    [one] = of(root)
    return one


def life(one: Transaction) -> list[str]:
    """The states that a transaction went through, as they were put on record."""
    return [event.status for event in one.events.order_by("pk")]


def alarms() -> set[str]:
    return set(chain_status().alarms)


def broken_invariants() -> dict[str, list[Any]]:
    """The offenders of every invariant of this room that does not hold."""
    return {one.code: offenders for one in INVARIANTS if (offenders := rows(one.violations))}


def head_after(head: bytes, roots: list[Root]) -> bytes:
    """The contract's head after these roots, computed as the contract's documentation says, by nothing of ours."""
    for root in roots:
        packed = root.seq.to_bytes(8, "big") + bytes(root.root) + root.size.to_bytes(8, "big") + bytes([root.kind])
        assert len(head + packed) == 81
        head = keccak(head + packed)
    return head
