"""Reading roots, contracts and what became of transactions. Nothing here asks the chain."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from django.conf import settings
from django.db import connection
from django.db.models import Exists, F, Max, Min, OuterRef, Q, QuerySet

from anchors.models import (
    GIVEN_UP,
    UNDERWAY,
    Alarm,
    AlarmCode,
    Contract,
    Retirement,
    Root,
    Sender,
    Transaction,
    TransactionStatus,
)

SILENT_AFTER = timedelta(seconds=90)
"""Longer than the pause of a sender that has nothing to do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Anchored:
    """Where a root stands on the chain, for good. Chain values as the chain writes them; `block_time` in seconds."""

    seq: int
    kind: int
    root: bytes
    size: int
    chain_id: int
    contract: str
    transaction: str
    block_number: int
    block_hash: str
    block_time: int
    head: bytes
    previous_head: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class ChainStatus:
    """
    How the way to the chain is. `waiting` counts roots that are not final; `oldest_waiting_s` is how many seconds ago
    the oldest of them was registered, 0 when none waits; `last_final_seq` is 0 as long as none is final. `alarms` are
    stable codes (AlarmCode), with their details in the table of alarms; without a chain there are none.
    """

    configured: bool
    waiting: int
    oldest_waiting_s: int
    underway: int
    last_final_seq: int
    balance_gwei: int | None
    heard_at: datetime | None
    block_number: int | None
    chain_id: int | None
    contract: str | None
    publisher: str | None
    alarms: tuple[str, ...]


def anchored(seqs: Iterable[int]) -> dict[int, Anchored]:
    """
    Those of these roots that are final, by `seq`. One that stands in several contracts is shown where it stood first,
    because the time of that block is the oldest; what a chain has forgotten does not count.
    """
    found = _final().filter(root__in=set(seqs)).select_related("contract", "root").order_by("-contract_id")
    return {one.root_id: _anchored(one, one.root) for one in found if one.root is not None and one.root_id is not None}


def _final() -> QuerySet[Transaction]:
    """What is final where it can still be checked."""
    forgotten = Q(contract__retirement=Retirement.FORGOTTEN)
    return Transaction.objects.filter(~forgotten | Q(contract__retirement=None), status=TransactionStatus.FINAL)


def _anchored(one: Transaction, root: Root) -> Anchored:
    return Anchored(
        seq=root.seq,
        kind=root.kind,
        root=bytes(root.root),
        size=root.size,
        chain_id=one.contract.chain_id,
        contract=one.contract.address,
        transaction=cast("str", one.hash),
        block_number=cast("int", one.block_number),
        block_hash=cast("str", one.block_hash),
        block_time=cast("int", one.block_time),
        head=bytes(cast("bytes", one.head)),
        previous_head=bytes(cast("bytes", one.previous_head)),
    )


def roots_after(seq: int, *, limit: int) -> list[Root]:
    """The next registered roots after this one, in order."""
    return list(Root.objects.filter(seq__gt=seq).order_by("seq")[:limit])


def find_contract() -> Contract | None:
    """The contract that takes roots now, which may still be on its way to the chain."""
    return Contract.objects.filter(retired_at=None).first()


def published_contract() -> Contract | None:
    """The contract in use, once something in it is final: what a stranger can be told."""
    final = Transaction.objects.filter(contract=OuterRef("pk"), status=TransactionStatus.FINAL)
    return Contract.objects.filter(Exists(final), retired_at=None).first()


def underway(contract: Contract) -> list[Transaction]:
    """What is between building and final, in the order of nonces."""
    chosen = Transaction.objects.filter(contract=contract, status__in=UNDERWAY)
    return list(chosen.select_related("root", "contract").order_by("nonce"))


def deployment_of(contract: Contract) -> Transaction | None:
    """The transaction that brought the contract to the chain; none when somebody else did. A failed one counts."""
    replaced = TransactionStatus.REPLACED
    return Transaction.objects.filter(contract=contract, root=None).exclude(status=replaced).order_by("-pk").first()


def other_attempts(transaction: Transaction) -> list[Transaction]:
    """What was signed for the same nonce and then replaced: the chain may take it all the same."""
    same = Transaction.objects.filter(contract=transaction.contract_id, nonce=transaction.nonce)
    return list(same.filter(status=TransactionStatus.REPLACED, hash__isnull=False).order_by("-pk"))


def roots_to_send(contract: Contract, *, limit: int) -> list[Root]:
    """The next roots that no transaction stands for in this contract, in order."""
    standing = Transaction.objects.filter(contract=contract, root=OuterRef("pk")).exclude(status__in=GIVEN_UP)
    after = last_final_in(contract)
    return list(Root.objects.filter(~Exists(standing), seq__gt=after).order_by("seq")[:limit])


def last_final_in(contract: Contract) -> int:
    """The highest root that is final in this contract; the one before its first when none is."""
    final = Transaction.objects.filter(contract=contract, status=TransactionStatus.FINAL)
    found: int | None = final.aggregate(last=Max("root_id"))["last"]
    return contract.first_seq - 1 if found is None else found


def last_final_seq() -> int:
    """The highest root that is final where it can still be checked; 0 when none is."""
    return _final().aggregate(last=Max("root_id"))["last"] or 0


def head_at(contract: Contract, seq: int) -> bytes | None:
    """The contract's head after this root; None when no transaction stands for the root."""
    if seq == contract.first_seq - 1:
        return bytes(contract.first_head)
    one = Transaction.objects.filter(contract=contract, root=seq).exclude(status__in=GIVEN_UP).first()
    return bytes(one.head) if one and one.head is not None else None


def next_nonce(contract: Contract) -> int | None:
    """The nonce after the highest that this contract's transactions have; None when it has none."""
    # A replaced one has the nonce of its successor, and leaving it out lets an index answer.
    own = Transaction.objects.filter(contract=contract).exclude(status=TransactionStatus.REPLACED)
    last: int | None = own.aggregate(last=Max("nonce"))["last"]
    return None if last is None else last + 1


def list_alarms() -> list[Alarm]:
    """What needs a person now, oldest first."""
    return list(Alarm.objects.filter(ended_at=None).order_by("began_at")) if settings.CHAIN_URL else []


def chain_status() -> ChainStatus:
    """How the way to the chain is, from what the sender last wrote down."""
    now, last, contract = _now(), last_final_seq(), find_contract()
    waiting = Root.objects.filter(seq__gt=max(last, last_final_in(contract) if contract else 0))
    oldest = waiting.aggregate(oldest=Min("created_at"))["oldest"]
    sender = Sender.objects.order_by(F("tried_at").desc(nulls_last=True)).first()
    return ChainStatus(
        configured=bool(settings.CHAIN_URL),
        waiting=waiting.count(),
        oldest_waiting_s=max(int((now - oldest).total_seconds()), 0) if oldest else 0,
        underway=Transaction.objects.filter(contract=contract, status__in=UNDERWAY).count() if contract else 0,
        last_final_seq=last,
        balance_gwei=sender.balance_gwei if sender else None,
        heard_at=sender.heard_at if sender else None,
        block_number=sender.block_number if sender else None,
        chain_id=contract.chain_id if contract else None,
        contract=contract.address if contract else None,
        publisher=contract.publisher if contract else None,
        alarms=_alarm_codes(sender, now),
    )


def _alarm_codes(sender: Sender | None, now: datetime) -> tuple[str, ...]:
    codes = [alarm.code for alarm in list_alarms()]
    silent = sender is None or sender.tried_at is None or now - sender.tried_at > SILENT_AFTER
    if settings.CHAIN_URL and silent and AlarmCode.PUBLISHER_KEY_MISSING not in codes:
        codes.append(AlarmCode.SENDER_SILENT)
    return tuple(str(code) for code in codes)


def _now() -> datetime:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clock_timestamp()")
        moment: datetime = cursor.fetchone()[0]
    return moment


def roots_of_kind(kind: int) -> list[tuple[int, bytes]]:
    """(place in the order, root) of all roots of one kind."""
    found = Root.objects.filter(kind=kind).order_by("seq").values_list("seq", "root")
    return [(seq, bytes(root)) for seq, root in found]
