"""Blocks that vanish, keys in other hands, no money, processes that die half way, a database that knows less."""

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models.functions import Now

from anchors.chain import Chain, anchor_call, signer
from anchors.models import Alarm, Contract, Root, Sender
from anchors.rpc import Line
from anchors.selectors import anchored, chain_status
from anchors.services.sending import send
from tests.anchors.steps import Roots, alarms, life, of, only, told
from tests.support.anvil import OTHER, OTHER_KEY, PUBLISHER, PUBLISHER_KEY, Anvil
from tests.support.cutting_proxy import AFTER, BEFORE, CuttingProxy

ROOT = Path(__file__).resolve().parents[2]


class TestBlocksThatVanish:
    def test_a_reorganised_transaction_goes_out_again_with_the_same_bytes(
        self, chain: Anvil, contract: Contract, settings: Any, roots: Roots
    ) -> None:
        settings.CHAIN_CONFIRMATIONS = 3
        own = roots(2)
        send()
        before = [only(root) for root in own]
        assert [one.status for one in before] == ["mined", "mined"]
        chain.ask("anvil_reorg", 2, [])
        assert chain.anchored(contract.address) == []
        for _ in range(3):
            send()
            chain.mine()
        send()
        after = [only(root) for root in own]
        assert chain.anchored(contract.address) == told(own)
        assert [one.hash for one in after] == [one.hash for one in before]
        assert [bytes(one.raw or b"") for one in after] == [bytes(one.raw or b"") for one in before]
        assert [one.block_hash for one in after] != [one.block_hash for one in before]
        assert life(after[0]) == [
            "built", "signed", "broadcast", "mined", "reorganised", "broadcast", "mined", "final",
        ]  # fmt: skip

    def test_one_that_is_mined_again_elsewhere_is_followed(
        self, chain: Anvil, contract: Contract, settings: Any, roots: Roots
    ) -> None:
        settings.CHAIN_CONFIRMATIONS = 4
        [root] = roots(1)
        send()
        one = only(root)
        raw = "0x" + bytes(one.raw or b"").hex()
        chain.ask("anvil_reorg", 1, [[raw, 0]])
        chain.mine(4)
        send()
        assert only(root).status == "final"
        assert only(root).block_hash == chain.ask("eth_getTransactionReceipt", one.hash)["blockHash"]
        assert chain.anchored(contract.address) == told([root])

    def test_what_was_final_stays_final_and_its_loss_is_an_alarm(
        self, chain: Anvil, contract: Contract, roots: Roots
    ) -> None:
        own = roots(3)
        send()
        chain.ask("anvil_reorg", 2, [])
        roots(1)
        send()
        assert alarms() == {"final_roots_lost"}
        assert [only(root).status for root in own] == ["final"] * 3
        assert chain.anchored(contract.address) == told(own[:1])


class TestKeysAndMoney:
    def test_a_key_that_is_not_the_publishers_sends_nothing(
        self, chain: Anvil, contract: Contract, settings: Any, roots: Roots
    ) -> None:
        settings.CHAIN_KEY = OTHER_KEY
        own = roots(2)
        send()
        assert alarms() == {"publisher_key_wrong"}
        assert chain.sent_by(OTHER) == []
        assert [of(root) for root in own] == [[], []]
        settings.CHAIN_KEY = PUBLISHER_KEY
        send()
        assert alarms() == set()
        assert chain.anchored(contract.address) == told(own)

    @pytest.mark.parametrize("key", ["", "0x12", PUBLISHER_KEY[2:], "0x" + "0" * 64, "0x" + "f" * 64])
    def test_what_is_no_key_is_an_alarm_that_does_not_show_it(
        self, chain: Anvil, settings: Any, key: str, caplog: pytest.LogCaptureFixture
    ) -> None:
        settings.CHAIN_KEY = key
        send()
        assert alarms() == {"publisher_key_missing"}
        assert not key or key not in caplog.text + Alarm.objects.get().detail

    def test_the_key_is_shown_nowhere(self, chain: Anvil, contract: Contract, roots: Roots) -> None:
        roots(1)
        send()
        digits = PUBLISHER_KEY[2:]
        assert digits not in repr(signer(PUBLISHER_KEY))
        with connection.cursor() as cursor:
            for table in ("sender", "contract", "transaction", "transactionevent", "alarm"):
                cursor.execute(f"SELECT count(*) FROM anchors_{table} t WHERE t::text ILIKE %s", [f"%{digits}%"])
                assert cursor.fetchone() == (0,)

    def test_a_low_balance_is_told_while_there_is_still_enough(
        self, chain: Anvil, contract: Contract, roots: Roots
    ) -> None:
        own = roots(2)
        chain.ask("anvil_setBalance", PUBLISHER, hex(9_999_999 * 10**9))
        send()
        assert alarms() == {"balance_low"}
        assert chain.anchored(contract.address) == told(own)
        assert chain_status().balance_gwei is not None
        assert 9_000_000 < chain_status().balance_gwei < 9_999_999

    def test_without_money_the_bytes_wait_and_go_when_there_is_some(
        self, chain: Anvil, contract: Contract, roots: Roots
    ) -> None:
        own = roots(2)
        chain.ask("anvil_setBalance", PUBLISHER, hex(10**9))
        send()
        assert alarms() >= {"balance_low", "transaction_refused"}
        signed = [one.hash for root in own for one in of(root)]
        chain.ask("anvil_setBalance", PUBLISHER, hex(10**18))
        send()
        assert alarms() == set()
        assert chain.anchored(contract.address) == told(own)
        assert [one.hash for root in own for one in of(root)][: len(signed)] == signed

    def test_the_key_used_by_somebody_else_is_told_and_the_root_still_goes_once(
        self, proxy: CuttingProxy, chain: Anvil, contract: Contract, roots: Roots
    ) -> None:
        proxy.cut = "eth_sendRawTransaction"
        [root] = roots(1)
        send()
        assert only(root).status == "signed"
        proxy.cut = None
        chain.ask("eth_sendTransaction", {"from": PUBLISHER, "to": OTHER, "value": "0x1"})
        send()
        assert [one.status for one in of(root)] == ["failed", "final"]
        assert "not on record" in of(root)[0].note
        assert Alarm.objects.filter(code="key_used_elsewhere").exists()
        assert chain.anchored(contract.address) == told([root])


class TestCrashes:
    @pytest.mark.parametrize("when", [BEFORE, AFTER])
    def test_the_same_bytes_go_out_after_the_line_was_cut(
        self, proxy: CuttingProxy, chain: Anvil, contract: Contract, roots: Roots, when: str
    ) -> None:
        """Before: signed and stored, never sent. After: sent, and nobody knows that it was."""
        proxy.cut, proxy.when = "eth_sendRawTransaction", when
        [root] = roots(1)
        send()
        assert alarms() == {"chain_unreachable"}
        one = only(root)
        assert (one.status, len(chain.anchored(contract.address))) == ("signed", int(when == AFTER))
        proxy.cut = None
        send()
        assert chain.anchored(contract.address) == told([root])
        assert (only(root).status, only(root).hash) == ("final", one.hash)
        assert set(proxy.sent()) == {"0x" + bytes(one.raw or b"").hex()}

    def test_bytes_are_stored_before_they_leave(
        self, proxy: CuttingProxy, chain: Anvil, contract: Contract, roots: Roots
    ) -> None:
        """Looked up by another connection at the very moment when they reach the node."""
        proxy.cut, proxy.hold = "eth_sendRawTransaction", threading.Event()
        [root] = roots(1)
        thread = threading.Thread(target=_send_and_close)
        thread.start()
        _wait(lambda: bool(proxy.sent()))
        one = only(root)
        assert "0x" + bytes(one.raw or b"").hex() == proxy.sent()[0]
        proxy.hold.set()
        thread.join(20)
        proxy.cut = None
        send()
        assert only(root).status == "final"

    def test_a_process_killed_while_it_sends_is_replaced_when_its_lease_is_over(
        self, proxy: CuttingProxy, chain: Anvil, contract: Contract, roots: Roots
    ) -> None:
        proxy.cut, proxy.hold = "eth_sendRawTransaction", threading.Event()
        own = roots(2)
        server, _, _ = os.environ["DATABASE_URL"].rpartition("/")
        environment = os.environ | {
            "DATABASE_URL": f"{server}/{connection.settings_dict['NAME']}",
            "KENO_CHAIN_URL": proxy.url,
            "KENO_CHAIN_KEY": PUBLISHER_KEY,
            "KENO_CHAIN_CONFIRMATIONS": "1",
        }
        command = [sys.executable, "manage.py", "anchor_roots", "--wait", "60"]
        child = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            _wait(lambda: bool(proxy.sent()) or child.poll() is not None)
            assert child.poll() is None, child.communicate()[1]
        finally:
            child.send_signal(signal.SIGKILL)
            child.communicate()
        proxy.hold.set()
        proxy.cut = None
        assert send().busy
        Sender.objects.update(expires_at=Now())
        send()
        assert chain.anchored(contract.address) == told(own)
        assert len(set(proxy.sent())) == 2
        assert all(int(receipt["status"], 16) == 1 for receipt in chain.sent_by(PUBLISHER))

    def test_what_the_node_knows_already_counts_as_sent(
        self, proxy: CuttingProxy, chain: Anvil, contract: Contract, roots: Roots
    ) -> None:
        chain.hold_blocks()
        proxy.cut, proxy.when = "eth_sendRawTransaction", AFTER
        [root] = roots(1)
        send()
        assert only(root).status == "signed"
        proxy.cut = None
        send()
        assert (only(root).status, alarms()) == ("broadcast", set())
        assert len(proxy.sent()) == 2

    def test_a_node_that_forgot_what_waited_gets_it_again(
        self, proxy: CuttingProxy, chain: Anvil, contract: Contract, roots: Roots
    ) -> None:
        chain.hold_blocks()
        [root] = roots(1)
        send()
        chain.ask("anvil_dropAllTransactions")
        send()
        chain.mine()
        send()
        assert chain.anchored(contract.address) == told([root])
        assert len(proxy.sent()) == 2
        assert len(set(proxy.sent())) == 1


class TestHistory:
    def test_roots_that_the_chain_has_and_a_restored_database_does_not_know_of_are_taken_over(
        self, chain: Anvil, contract: Contract, roots: Roots
    ) -> None:
        first = roots(1)
        send()
        lost = roots(2)
        for root in lost:
            _anchor_by_hand(contract, root)
        more = roots(1)
        send()
        assert chain.anchored(contract.address) == told([*first, *lost, *more])
        assert [life(only(root)) for root in lost] == [["mined", "final"]] * 2
        assert [only(root).note for root in lost] == ["", ""]
        shown = anchored(root.seq for root in lost)
        assert [shown[root.seq].transaction for root in lost] == [
            receipt["transactionHash"] for receipt in chain.sent_by(PUBLISHER)[2:4]
        ]

    def test_a_contract_that_holds_another_root_is_an_alarm_and_gets_nothing_more(
        self, chain: Anvil, contract: Contract, roots: Roots
    ) -> None:
        [root] = roots(1)
        _anchor_by_hand(contract, Root(seq=root.seq, root=os.urandom(32), size=1, kind=2))
        roots(1)
        send()
        assert alarms() == {"chain_contradicts"}
        assert len(chain.anchored(contract.address)) == 1
        assert anchored([root.seq]) == {}

    def test_an_execution_that_failed_gets_a_new_transaction(
        self, chain: Anvil, contract: Contract, roots: Roots
    ) -> None:
        chain.hold_blocks()
        own = roots(2)
        send()
        place = chain.ask("eth_getStorageAt", contract.address, "0x1", "latest")
        chain.ask("anvil_setStorageAt", contract.address, "0x1", "0x" + f"{own[0].seq + 7:064x}")
        chain.mine()
        chain.ask("anvil_setStorageAt", contract.address, "0x1", place)
        chain.ask("evm_setAutomine", True)
        send()
        assert [[one.status for one in of(root)] for root in own] == [["failed", "final"]] * 2
        assert of(own[0])[0].note == "its execution failed"
        assert chain.anchored(contract.address) == told(own)


def _anchor_by_hand(contract: Contract, root: Root) -> None:
    """What another process with the same key would do, without this database."""
    publisher = signer(PUBLISHER_KEY)
    with Line(_url()) as line:
        chain = Chain(line)
        call = anchor_call(contract.address, seq=root.seq, root=bytes(root.root), size=root.size, kind=root.kind)
        fees = {"maxFeePerGas": 10**10, "maxPriorityFeePerGas": 10**9}
        fields = {**call, "type": 2, "chainId": 31337, "nonce": chain.nonce(PUBLISHER), "gas": 200_000, **fees}
        chain.send(publisher.sign(fields)[0])


def _url() -> str:
    from django.conf import settings

    return str(settings.CHAIN_URL)


def _send_and_close() -> None:
    from django.db import connections

    try:
        send()
    finally:
        connections.close_all()


def _wait(answers: Any, *, patience_s: float = 30) -> None:
    end = time.monotonic() + patience_s
    while not answers():
        assert time.monotonic() < end
        time.sleep(0.01)
