"""Which contract takes the roots: deploying it, finding it again, and noticing when it is not what it was."""

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from anchors import selectors
from anchors.artefact import is_chained
from anchors.chain import (
    Chain,
    ContractState,
    Look,
    Signer,
    TransactionRefused,
    address_of_new,
    checksummed,
    deploy_call,
    is_address,
    same_address,
)
from anchors.models import UNDERWAY, AlarmCode, Contract, Retirement, Root, Transaction, TransactionStatus
from anchors.services import fees, transactions
from anchors.services.alarms import Halt

GAS_ROOM = 1.25
NO_HEAD = bytes(32)


class DeploymentRefused(Exception):
    """The contract in use must not be left just now; the text says why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Start:
    """Where a new contract begins: after this root, with the head as it was then."""

    last_seq: int = 0
    head: bytes = NO_HEAD


def find_home(chain: Chain, signer: Signer, look: Look) -> Contract:
    """
    The contract for the roots, on this chain. Where there is none, one is deployed if CHAIN_DEPLOY says so, and the
    one that CHAIN_CONTRACT names is taken into use.

    :raises Halt: there is none, or the chain is not its chain.
    """
    contract, wanted = selectors.find_contract(), settings.CHAIN_CONTRACT
    if wanted and not (contract and same_address(contract.address, wanted)):
        return _adopt(chain, signer, look, wanted)
    if contract is None:
        if settings.CHAIN_DEPLOY:
            return begin_deployment(chain, signer, look, start=Start())
        raise Halt(AlarmCode.CONTRACT_MISSING, "deploy one with `manage.py deploy_contract`, or name it")
    if (contract.chain_id, contract.genesis) != (look.chain_id, look.genesis):
        there = f"chain {look.chain_id}, first block {look.genesis[:18]}"
        return forgotten(chain, signer, look, contract, Halt(AlarmCode.CHAIN_CHANGED, f"the node is on {there}"))
    return contract


def check_state(chain: Chain, signer: Signer, look: Look, contract: Contract) -> tuple[Contract, ContractState | None]:
    """
    The contract as it stands on the chain, once it can take roots: its code is there and ours, the signer is its
    publisher, and it holds what was final. None in place of its state while its deployment is on its way.

    :raises Halt: one of these is not so.
    """
    deployment = selectors.deployment_of(contract)
    if deployment and deployment.status == TransactionStatus.FAILED:
        raise Halt(AlarmCode.DEPLOYMENT_FAILED, deployment.note)
    if not same_address(contract.publisher, signer.address):
        raise Halt(AlarmCode.PUBLISHER_KEY_WRONG, f"the key is {signer.address}'s, not {contract.publisher}'s")
    state = chain.contract_state(contract.address, at=look.number)
    if deployment and deployment.status != TransactionStatus.FINAL and not (state.code and deployment.succeeded):
        return contract, None
    if not state.code:
        halt = Halt(AlarmCode.CONTRACT_MISSING, f"there is no code at {contract.address} any more")
        return forgotten(chain, signer, look, contract, halt), None
    _check_code(contract.address, state, signer)
    last_final = selectors.last_final_in(contract)
    if state.last < last_final:
        halt = Halt(AlarmCode.FINAL_ROOTS_LOST, f"it holds roots up to {state.last}, and {last_final} was final")
        return forgotten(chain, signer, look, contract, halt), None
    return contract, state


def forgotten(chain: Chain, signer: Signer, look: Look, contract: Contract, halt: Halt) -> Contract:
    """
    A chain that has lost the contract: one of our own gets it again, and every root anew. What the old one held stays
    on record.

    :raises Halt: the chain is not ours to begin anew.
    """
    if not settings.CHAIN_DEPLOY or settings.CHAIN_CONTRACT:
        raise halt
    start = Start(last_seq=contract.first_seq - 1, head=bytes(contract.first_head))
    return begin_deployment(chain, signer, look, start=start, instead_of=(contract, Retirement.FORGOTTEN))


def begin_deployment(
    chain: Chain,
    signer: Signer,
    look: Look,
    *,
    start: Start,
    instead_of: tuple[Contract, Retirement] | None = None,
) -> Contract:
    """
    Put a new contract and its deployment on record; passes bring it to the chain from there.

    :raises Halt: the chain asks for more than may be paid, or would not take the deployment.
    """
    offer = fees.first_offer(look, tip_wei=chain.tip_wei())
    try:
        gas = chain.gas_for({"from": signer.address, **deployment_call(start)})
    except TransactionRefused as refusal:
        raise Halt(AlarmCode.TRANSACTION_REFUSED, refusal.detail) from refusal
    # This key may have sent before, from a contract that was left: what still waits counts too.
    nonce = chain.nonce(signer.address, pending=True)
    try:
        with transaction.atomic():
            if instead_of is not None:
                retire(instead_of[0], instead_of[1])
            contract = Contract.objects.create(
                chain_id=look.chain_id,
                genesis=look.genesis,
                address=address_of_new(signer.address, nonce),
                publisher=signer.address,
                first_seq=start.last_seq + 1,
                first_head=start.head,
            )
            Transaction.objects.create(
                contract=contract,
                nonce=nonce,
                gas_limit=int(gas * GAS_ROOM),
                max_fee_wei=offer.max_wei,
                priority_fee_wei=offer.priority_wei,
            )
    except IntegrityError:
        # Another sender did it at the same moment.
        contract = Contract.objects.get(retired_at=None)
    return contract


def deployment_call(start: Start) -> dict[str, Any]:
    """What the deployment of a contract with this start does."""
    return deploy_call(last_seq=start.last_seq, head=start.head)


def start_of(contract: Contract) -> Start:
    """Where a contract began."""
    return Start(last_seq=contract.first_seq - 1, head=bytes(contract.first_head))


def leave(contract: Contract, *, abandon: bool) -> Start:
    """
    Where the next contract begins when the sequence moves there.

    :raises DeploymentRefused: something is still on its way to this one, and `abandon` does not give it up.
    """
    waiting = selectors.underway(contract)
    if waiting and not abandon:
        raise DeploymentRefused(
            f"{len(waiting)} transactions are on their way to {contract.address}. Let `manage.py anchor_roots` finish"
            " them first, or give them up with --abandon where that chain is gone for good."
        )
    last = selectors.last_final_in(contract)
    head = selectors.head_at(contract, last)
    return Start(last_seq=last, head=head or NO_HEAD)


def retire(contract: Contract, why: Retirement) -> None:
    """Take a contract out of use; what is on its way to it is given up. In the caller's transaction."""
    for one in Transaction.objects.filter(contract=contract, status__in=UNDERWAY).order_by("nonce"):
        transactions.failed(one, note=f"given up: the contract is retired ({why})")
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE public.anchors_contract SET retired_at = clock_timestamp(), retirement = %s"
            " WHERE id = %s AND retired_at IS NULL",
            [why, contract.pk],
        )


def _adopt(chain: Chain, signer: Signer, look: Look, wanted: str) -> Contract:
    """Take the contract into use that CHAIN_CONTRACT names: where it stands, it goes on."""
    if not is_address(wanted):
        raise Halt(AlarmCode.CONTRACT_MISSING, "KENO_CHAIN_CONTRACT is not an address, 0x and 40 hex digits")
    address = checksummed(wanted)
    state = chain.contract_state(address, at=look.number)
    if not state.code:
        raise Halt(AlarmCode.CONTRACT_MISSING, f"there is no code at {address}")
    _check_code(address, state, signer)
    old = selectors.find_contract()
    start = _start_of_adopted(state, old)
    try:
        with transaction.atomic():
            if old is not None:
                retire(old, Retirement.MOVED)
            return Contract.objects.create(
                chain_id=look.chain_id,
                genesis=look.genesis,
                address=address,
                publisher=state.publisher,
                first_seq=start.last_seq + 1,
                first_head=start.head,
            )
    except IntegrityError:
        return Contract.objects.get(retired_at=None)


def _start_of_adopted(state: ContractState, old: Contract | None) -> Start:
    """
    It goes on where the old one is, or it is empty and gets every root. Without an old one it may hold roots from the
    first on: they are compared with those here before anything is sent.

    :raises Halt: it holds something else.
    """
    if old is not None:
        last = selectors.last_final_in(old)
        if (state.last, state.head) == (last, selectors.head_at(old, last)):
            return Start(last_seq=last, head=state.head)
    known = state.last == 0 if old else state.last == 0 or Root.objects.filter(seq=state.last).exists()
    if not known:
        raise Halt(AlarmCode.CONTRACT_FOREIGN, f"its last root, {state.last}, is not the one that is final here")
    return Start()


def _check_code(address: str, state: ContractState, signer: Signer) -> None:
    if not is_chained(state.code):
        raise Halt(AlarmCode.CONTRACT_FOREIGN, f"the code at {address} is another contract's")
    if not same_address(state.publisher, signer.address):
        detail = f"the contract's publisher is {state.publisher}, and the key is {signer.address}'s"
        raise Halt(AlarmCode.PUBLISHER_KEY_WRONG, detail)
