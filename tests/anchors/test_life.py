"""Roots go to a real chain once and in their order, and every step of the way is on record."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction

from anchors import tasks
from anchors.models import Contract, Root, Sender, Transaction
from anchors.proofs import anchor_part
from anchors.selectors import anchored, chain_status, find_contract, published_contract, roots_after
from anchors.services.sending import InsideTransaction, is_due, send
from tests.anchors.steps import Roots, alarms, deploy_here, head_after, life, of, only, told
from tests.support.anvil import PUBLISHER, Anvil

ROOT = Path(__file__).resolve().parents[2]


def test_roots_stand_on_the_chain_once_and_in_their_order(chain: Anvil, contract: Contract, roots: Roots) -> None:
    own = roots(8)
    send()
    assert chain.anchored(contract.address) == told(own)
    assert set(anchored(root.seq for root in own)) == {root.seq for root in own}
    assert all(int(receipt["status"], 16) == 1 for receipt in chain.sent_by(PUBLISHER))
    assert alarms() == set()


def test_what_is_final_is_shown_as_the_chain_has_it(chain: Anvil, contract: Contract, roots: Roots) -> None:
    own = roots(3)
    send()
    start = bytes(contract.first_head)
    shown = anchored(root.seq for root in own)
    for place, root in enumerate(own):
        one = shown[root.seq]
        receipt = chain.ask("eth_getTransactionReceipt", one.transaction)
        block = chain.ask("eth_getBlockByHash", one.block_hash, False)
        assert (one.seq, one.kind, one.root, one.size) == (root.seq, root.kind, bytes(root.root), root.size)
        assert (one.chain_id, one.contract) == (31337, contract.address)
        assert (one.block_hash, one.block_number) == (receipt["blockHash"], int(receipt["blockNumber"], 16))
        assert one.block_time == int(block["timestamp"], 16)
        assert one.head == head_after(start, own[: place + 1]) == bytes.fromhex(receipt["logs"][0]["data"][-64:])
        assert one.previous_head == head_after(start, own[:place])


def test_a_proof_carries_exactly_what_a_verifier_compares(chain: Anvil, contract: Contract, roots: Roots) -> None:
    [root] = roots(1)
    send()
    one = anchored([root.seq])[root.seq]
    assert anchor_part(one) == {
        "chain_id": 31337,
        "contract": contract.address,
        "seq": root.seq,
        "kind": 2,
        "root": bytes(root.root).hex(),
        "size": 1,
        "transaction": one.transaction,
        "block_number": one.block_number,
        "block_hash": one.block_hash,
        "block_time": one.block_time,
        "head": one.head.hex(),
        "previous_head": bytes(contract.first_head).hex(),
    }
    assert all(one[:2] == "0x" and one == one.lower() for one in (one.transaction, one.block_hash))


def test_every_step_of_a_transaction_is_on_record(chain: Anvil, contract: Contract, roots: Roots) -> None:
    [root] = roots(1)
    send()
    one = only(root)
    assert life(one) == ["built", "signed", "broadcast", "mined", "final"]
    last = one.events.order_by("-pk")[0]
    assert (last.block_number, last.block_hash) == (one.block_number, one.block_hash)
    stored = chain.ask("eth_getRawTransactionByHash", one.hash)
    assert bytes.fromhex(stored[2:]) == bytes(one.raw)


def test_a_root_costs_about_35_000_gas(chain: Anvil, contract: Contract, roots: Roots) -> None:
    own = roots(3)
    send()
    used = [only(root).gas_used for root in own]
    assert all(35_000 < gas < 36_000 for gas in used[1:])


def test_several_roots_are_on_their_way_at_once(chain: Anvil, contract: Contract, roots: Roots) -> None:
    chain.hold_blocks()
    own = roots(18)
    send()
    waiting = [only(root) for root in own[:16]]
    assert {one.status for one in waiting} == {"broadcast"}
    assert [one.nonce for one in waiting] == list(range(1, 17))
    assert [of(root) for root in own[16:]] == [[]] * 2
    assert anchored(root.seq for root in own) == {}
    chain.mine()
    send()
    chain.mine()
    send()
    assert chain.anchored(contract.address) == told(own)
    assert len(anchored(root.seq for root in own)) == 18


def test_a_root_is_final_after_as_many_blocks_as_demanded(
    chain: Anvil, contract: Contract, roots: Roots, settings: Any
) -> None:
    settings.CHAIN_CONFIRMATIONS = 3
    [root] = roots(1)
    for expected in ("mined", "mined", "final"):
        send()
        assert only(root).status == expected
        assert (root.seq in anchored([root.seq])) == (expected == "final")
        chain.mine()
    assert chain_status().waiting == 0


def test_a_pass_with_nothing_to_do_sends_nothing(chain: Anvil, contract: Contract, roots: Roots) -> None:
    roots(2)
    send()
    sent = len(chain.sent_by(PUBLISHER))
    for _ in range(3):
        assert send().moved == 0
    assert len(chain.sent_by(PUBLISHER)) == sent


def test_an_idle_chain_is_asked_rarely_and_a_new_root_goes_at_once(
    chain: Anvil, contract: Contract, roots: Roots
) -> None:
    send()
    assert not is_due()
    heard = Sender.objects.get().tried_at
    assert tasks.send() == 0
    assert Sender.objects.get().tried_at == heard
    [root] = roots(1)
    assert is_due()
    assert tasks.send() > 0
    assert root.seq in anchored([root.seq])


def test_without_a_chain_roots_wait_and_nothing_is_wrong(clean: None, roots: Roots, settings: Any) -> None:
    settings.CHAIN_URL = ""
    before = chain_status().waiting
    roots(2)
    assert send().moved == 0
    status = chain_status()
    assert (status.configured, status.waiting, status.alarms) == (False, before + 2, ())


def test_a_chain_of_ones_own_gets_its_contract_by_itself(chain: Anvil, roots: Roots, settings: Any) -> None:
    settings.CHAIN_DEPLOY = True
    roots(1)
    send()
    contract = published_contract()
    assert contract is not None
    assert (contract.first_seq, bytes(contract.first_head)) == (1, bytes(32))
    sent = chain.anchored(contract.address)
    assert sent  # as many as one pass had time for
    assert sent == told(list(Root.objects.order_by("seq")[: len(sent)]))
    assert len(chain.sent_by(PUBLISHER)) == 1 + len(sent)


def test_on_any_other_chain_nothing_is_deployed_by_itself(chain: Anvil, roots: Roots) -> None:
    roots(1)
    send()
    assert alarms() == {"contract_missing"}
    assert chain.sent_by(PUBLISHER) == []


def test_a_contract_that_stands_already_is_taken_into_use(chain: Anvil, roots: Roots, settings: Any) -> None:
    first = deploy_here()
    own = roots(3)
    send()
    second = deploy_behind(first, own)
    settings.CHAIN_CONTRACT = second.lower()
    more = roots(2)
    send()
    contract = find_contract()
    assert contract is not None
    assert (contract.address, contract.first_seq) == (second, more[0].seq)
    assert chain.anchored(second) == told(more)
    # What the first one holds is still proven by the first one.
    assert {one.contract for one in anchored(root.seq for root in own).values()} == {first.address}


def deploy_behind(contract: Contract, roots: list[Root]) -> str:
    """Deploy a contract that goes on where another is, by hand, as somebody with the key would."""
    from django.conf import settings

    from anchors.chain import Chain, address_of_new, deploy_call, signer
    from anchors.rpc import Line

    publisher = signer(settings.CHAIN_KEY)
    head = head_after(bytes(contract.first_head), roots)
    with Line(settings.CHAIN_URL) as line:
        chain = Chain(line)
        nonce = chain.nonce(publisher.address)
        call = deploy_call(last_seq=roots[-1].seq, head=head)
        fees = {"maxFeePerGas": 10**10, "maxPriorityFeePerGas": 10**9}
        raw, _ = publisher.sign({**call, "type": 2, "chainId": 31337, "nonce": nonce, "gas": 500_000, **fees})
        chain.send(raw)
    return address_of_new(publisher.address, nonce)


def test_a_contract_with_other_roots_is_not_taken_into_use(chain: Anvil, roots: Roots, settings: Any) -> None:
    first = deploy_here()
    own = roots(2)
    send()
    stranger = Root(seq=own[-1].seq, root=os.urandom(32), size=1, kind=1)
    roots(1)
    for beginning in ([*own[:-1], stranger], own[:-1]):
        settings.CHAIN_CONTRACT = deploy_behind(first, beginning)
        send()
        assert alarms() == {"contract_foreign"}
        assert find_contract() == first
    settings.CHAIN_CONTRACT = PUBLISHER
    send()
    assert alarms() == {"contract_missing"}


def test_no_network_call_is_made_inside_a_database_transaction(chain: Anvil) -> None:
    with transaction.atomic(), pytest.raises(InsideTransaction):
        send()


def test_roots_are_read_in_their_order(committed: None, roots: Roots) -> None:
    own = roots(3)
    assert [root.seq for root in roots_after(own[0].seq, limit=2)] == [own[1].seq, own[2].seq]


def test_only_who_sends_loads_the_library_of_the_chain(committed: None) -> None:
    script = (
        "import sys, keno_platform.asgi; import keno_platform.celery as c; c.app.loader.import_default_modules();"
        "import anchors.tasks, anchors.selectors, anchors.proofs, anchors.admin, anchors.services;"
        "print(sorted({'web3', 'eth_account', 'rlp'} & set(sys.modules)), 'anchors.send' in c.app.tasks)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[] True"


def test_the_fields_of_a_transaction_are_those_that_were_signed(chain: Anvil, contract: Contract, roots: Roots) -> None:
    [root] = roots(1)
    send()
    one = Transaction.objects.get(root=root)
    shown = chain.ask("eth_getTransactionByHash", one.hash)
    assert [int(shown[name], 16) for name in ("nonce", "gas", "maxFeePerGas", "maxPriorityFeePerGas", "chainId")] == [
        one.nonce,
        one.gas_limit,
        one.max_fee_wei,
        one.priority_fee_wei,
        31337,
    ]
