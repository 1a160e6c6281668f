"""Building, signing and sending: roots in their order, each by bytes that are stored before they leave."""

from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.db.models.functions import Coalesce, Now

from anchors import selectors
from anchors.chain import Chain, ContractState, Look, Signer, TransactionRefused, anchor_call, next_head
from anchors.models import AlarmCode, Contract, Root, Transaction, TransactionStatus
from anchors.services import contracts, fees, transactions
from anchors.services.alarms import Halt
from keno_platform.core import buggify

UNMINED_MAX = 16
"""Transactions that wait for a block at once. Nodes keep only so many of one account."""
GAS_LEAST = 60_000
GAS_DEFAULT = 150_000
GAS_ROOM = 1.5
SENDABLE = (TransactionStatus.SIGNED, TransactionStatus.REORGANISED)


@dataclass(slots=True, kw_only=True)
class Sending:
    """What one look at the chain allows to be sent. `found` collects alarms that do not end the pass."""

    chain: Chain
    signer: Signer
    look: Look
    contract: Contract
    found: dict[AlarmCode, str]
    moved: int = 0
    _priced_out: set[int] = field(default_factory=set)

    def send_all(self, state: ContractState | None) -> int:
        """
        Send what is on record, hurry the first that waits too long, and build what comes next while nothing is in the
        way. Without a state the contract is not on the chain yet, and only its deployment is sent. Returns how many
        transactions moved.
        """
        waiting = [one for one in selectors.underway(self.contract) if one.status != TransactionStatus.MINED]
        # In the order of nonces: behind one that is refused, the others would only wait.
        accepted = all(self._deliver(one) for one in waiting)
        if waiting:
            self._hurry(waiting[0])
        if accepted and state is not None:
            self._build_next(state, room=UNMINED_MAX - len(waiting))
        return self.moved

    def _deliver(self, one: Transaction) -> bool:
        """Sign one if need be and see to it that the node has it. False when it will not take it."""
        if one.status == TransactionStatus.BUILT:
            self.moved += transactions.sign(one, call=_call_of(one), signer=self.signer)
        if one.status in SENDABLE:
            return self._broadcast(one)
        # A node that was restarted has forgotten what waited, and nodes behind one address differ.
        return one.status != TransactionStatus.BROADCAST or self.chain.knows(one.hash or "") or self._broadcast(one)

    def _broadcast(self, one: Transaction) -> bool:
        try:
            buggify.here("anchors.before")
            self.chain.send(bytes(one.raw or b""))
            buggify.here("anchors.after")
        except TransactionRefused as refusal:
            # "Already known", "nonce too low" because it is mined: every node has words of its own, so it is asked.
            if not self.chain.knows(one.hash or ""):
                return self._refused(one, refusal)
        if one.status in SENDABLE:
            self.moved += transactions.broadcast(one, newest_block=self.look.number)
        return True

    def _refused(self, one: Transaction, refusal: TransactionRefused) -> bool:
        if self.chain.nonce(self.contract.publisher) > one.nonce:
            self._lose_nonce(one)
        elif refusal.priced_out:
            self._priced_out.add(one.pk)
        else:
            self.found[AlarmCode.TRANSACTION_REFUSED] = refusal.detail
        return False

    def _lose_nonce(self, one: Transaction) -> None:
        """
        The nonce is used, and not by these bytes. By an older attempt, which following it will find; or by somebody
        else with the same key: once that is deep enough in the chain, the root gets a new transaction.
        """
        deep = max(self.look.number - settings.CHAIN_CONFIRMATIONS + 1, 0)
        attempts = (one, *selectors.other_attempts(one))
        if any(self.chain.receipt(each.hash or "") for each in attempts):
            return
        self.found[AlarmCode.KEY_USED_ELSEWHERE] = f"nonce {one.nonce} is used by a transaction that is not on record"
        if self.chain.nonce(self.contract.publisher, at=deep) > one.nonce:
            self.moved += transactions.failed(one, note="its nonce was used by a transaction that is not on record")

    def _hurry(self, first: Transaction) -> None:
        """Replace the one that all others wait for by one that pays more, if it has waited too long for a block."""
        if not _waits_too_long(first):
            return
        if first.status == TransactionStatus.BROADCAST and first.broadcast_block == self.look.number:
            self.found[AlarmCode.CHAIN_STALLED] = f"no block after {self.look.number}"
            return
        if first.status != TransactionStatus.BROADCAST and first.pk not in self._priced_out:
            return
        try:
            offer = fees.higher_offer(first, self.look, tip_wei=self.chain.tip_wei())
        except Halt as halt:
            self.found[halt.code] = halt.detail
            return
        successor = transactions.replace(first, fees=offer)
        if successor is not None:
            self.moved += 1
            self._deliver(successor)

    def _build_next(self, state: ContractState, *, room: int) -> None:
        roots = selectors.roots_to_send(self.contract, limit=room) if room > 0 else []
        if not roots or _has_failing(self.contract):
            return
        try:
            offer = fees.first_offer(self.look, tip_wei=self.chain.tip_wei())
            gas = self._gas_for(roots[0], state)
        except (Halt, TransactionRefused) as refusal:
            code = refusal.code if isinstance(refusal, Halt) else AlarmCode.TRANSACTION_REFUSED
            self.found[code] = refusal.detail
            return
        nonce = self._next_nonce()
        for place, root in enumerate(roots):
            one = self._reserve(root, nonce=nonce + place, gas=gas, offer=offer)
            if one is None or not self._deliver(one):
                return

    def _reserve(self, root: Root, *, nonce: int, gas: int, offer: fees.Fees) -> Transaction | None:
        before = selectors.head_at(self.contract, root.seq - 1)
        if before is None:
            return None
        after = next_head(before, seq=root.seq, root=bytes(root.root), size=root.size, kind=root.kind)
        return transactions.reserve(
            contract=self.contract, root=root, nonce=nonce, gas_limit=gas, fees=offer, heads=(before, after)
        )

    def _gas_for(self, root: Root, state: ContractState) -> int:
        """
        The gas that a root may take. It can be estimated only for the very next one: for another the contract would
        refuse, as it stands now.
        """
        if root.seq == state.last + 1:
            call = _anchor(self.contract, root)
            return max(int(self.chain.gas_for({"from": self.signer.address, **call}) * GAS_ROOM), GAS_LEAST)
        last = Transaction.objects.filter(contract=self.contract, root__isnull=False, gas_limit__isnull=False)
        return last.order_by("-pk").values_list("gas_limit", flat=True).first() or GAS_DEFAULT

    def _next_nonce(self) -> int:
        own, used = selectors.next_nonce(self.contract), self.chain.nonce(self.contract.publisher)
        if own is None:
            return max(used, self.chain.nonce(self.contract.publisher, pending=True))
        if used > own:
            self.found[AlarmCode.KEY_USED_ELSEWHERE] = f"nonces {own} to {used - 1} are used, and not on record"
        return max(own, used)


def _call_of(one: Transaction) -> dict[str, Any]:
    """What a transaction does, from what is on record about it."""
    if one.root is None:
        return contracts.deployment_call(contracts.start_of(one.contract))
    return _anchor(one.contract, one.root)


def _anchor(contract: Contract, root: Root) -> dict[str, Any]:
    return anchor_call(contract.address, seq=root.seq, root=bytes(root.root), size=root.size, kind=root.kind)


def _waits_too_long(one: Transaction) -> bool:
    patience = timedelta(seconds=settings.CHAIN_PATIENCE_SECONDS)
    waiting = Transaction.objects.annotate(since=Coalesce("broadcast_at", "created_at")).filter(pk=one.pk)
    return waiting.filter(since__lt=Now() - patience).exists()


def _has_failing(contract: Contract) -> bool:
    """Whether one is mined and did nothing: what is built behind it would do nothing either, and cost as much."""
    return Transaction.objects.filter(contract=contract, status=TransactionStatus.MINED, succeeded=False).exists()
