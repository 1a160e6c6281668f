"""The platform's own chain: what has been in a block stays there, whatever becomes of the process."""

import json
import signal
import sqlite3
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from keno_platform.local import children, ports
from keno_platform.local.ethereum import ChainNode
from tests.local.nodes import STRANGERS_KEY, Publisher, RunningNode, prepare, running


@pytest.fixture
def node(directory: Path) -> ChainNode:
    return prepare(directory)


@pytest.fixture
def busy(node: ChainNode) -> Iterator[RunningNode]:
    """A node with a contract in which a root is anchored."""
    with running(node) as started:
        publisher = Publisher(node.url)
        publisher.deploy()
        publisher.anchor(b"\x01" * 32)
        yield started


def test_a_restart_keeps_every_block_transaction_receipt_and_log(node: ChainNode, busy: RunningNode) -> None:
    wanted: dict[str, Any] = {"fromBlock": "0x0", "toBlock": "latest"}
    before, logs = busy.read_chain(), busy.ask("eth_getLogs", wanted)
    busy.process.terminate()
    busy.process.wait(10)
    with running(node) as again:
        assert again.read_chain()[: len(before)] == before
        assert again.ask("eth_getLogs", wanted) == logs != []


def test_what_was_answered_before_kill_9_is_in_the_same_block_after_it(node: ChainNode, busy: RunningNode) -> None:
    publisher, answered = Publisher(node.url), {}
    nonce = publisher.nonce()

    def send() -> None:
        try:
            for number in range(nonce, nonce + 100):
                sent = busy.ask("eth_sendRawTransaction", publisher.sign(nonce=number, to=publisher.account.address))
                answered[sent] = busy.ask("eth_getTransactionReceipt", sent)
        except httpx.HTTPError:
            return  # killed while it was asked

    sending = threading.Thread(target=send)
    sending.start()
    while len(answered) < 2:
        time.sleep(0.01)
    busy.process.send_signal(signal.SIGKILL)
    busy.process.wait(10)
    sending.join()
    assert answered
    with running(node) as again:
        assert {sent: again.ask("eth_getTransactionReceipt", sent) for sent in answered} == answered
        assert Publisher(node.url).nonce() in (nonce + len(answered), nonce + len(answered) + 1)


def test_a_torn_end_of_the_file_is_dropped_and_the_chain_goes_on(node: ChainNode, busy: RunningNode) -> None:
    before = busy.read_chain()
    busy.process.kill()
    busy.process.wait(10)
    unmerged = node.home / "chain.sqlite3-wal"
    with unmerged.open("r+b") as file:
        file.truncate(unmerged.stat().st_size - 5000)
    with running(node) as again:
        after = again.read_chain()
        assert 1 < len(after) < len(before)
        assert after == before[: len(after)]
        publisher = Publisher(node.url)
        publisher.deploy()
        assert publisher.anchor(b"\x03" * 32)["status"] == 1


def test_block_times_are_real_and_strictly_grow(node: ChainNode) -> None:
    with running(node) as started:
        publisher = Publisher(node.url)
        publisher.deploy()
        for number, pause_s in enumerate((0, 2.5, 0)):
            time.sleep(pause_s)
            earliest = int(time.time())
            mined = publisher.anchor(bytes([number]) * 32)["blockNumber"]
            assert earliest <= publisher.web3.eth.get_block(mined)["timestamp"] <= time.time()
        times = [int(block["timestamp"], 16) for block in started.read_chain()]
    assert times == sorted(set(times))


def test_transactions_that_come_at_once_share_a_block_in_their_senders_order(busy: RunningNode) -> None:
    publisher = Publisher(busy.node.url)
    first = publisher.nonce()
    raws = [publisher.sign(nonce=nonce, to=publisher.account.address) for nonce in range(first + 3, first - 1, -1)]
    asked = [{"jsonrpc": "2.0", "id": 1, "method": "eth_sendRawTransaction", "params": [raw]} for raw in raws]
    sent = [each["result"] for each in busy.post(json.dumps(asked).encode()).json()]
    receipts = [busy.ask("eth_getTransactionReceipt", each) for each in sent]
    assert len({each["blockHash"] for each in receipts}) == 1
    assert [each["transactionIndex"] for each in receipts] == ["0x3", "0x2", "0x1", "0x0"]
    assert [int(each["cumulativeGasUsed"], 16) for each in receipts] == [84_000, 63_000, 42_000, 21_000]


def test_an_empty_block_follows_when_nothing_is_sent(directory: Path) -> None:
    node = prepare(directory)
    command = [*node.command(), "--block-seconds", "1"]  # the last one counts
    log = directory / "log"
    with log.open("ab") as output:
        process = children.start(command, output=output)
    try:
        asked = RunningNode(node=node, process=process)  # type: ignore[arg-type]
        children.wait_until(
            lambda: _answers_block(asked) >= 3, what="a block", alive=lambda: process.poll() is None, log=log
        )
    finally:
        children.stop(process)


def _answers_block(node: RunningNode) -> int:
    try:
        return int(node.ask("eth_blockNumber"), 16)
    except httpx.HTTPError:
        return 0


def test_an_account_that_is_new_to_an_old_chain_gets_money_once(directory: Path) -> None:
    with running(prepare(directory)):
        pass
    for _ in range(2):
        with running(prepare(directory, key=STRANGERS_KEY)) as started:
            publisher = Publisher(started.node.url, key=STRANGERS_KEY)
            assert publisher.web3.eth.get_balance(publisher.account.address) == 1_000 * 10**18
            gifts = [gift for block in started.read_chain() for gift in block["withdrawals"]]
    assert [gift["index"] for gift in gifts] == ["0x0", "0x1"]


def test_a_second_process_is_kept_away_from_a_chain_that_is_open(busy: RunningNode) -> None:
    other = ChainNode(kind=busy.node.kind, home=busy.node.home, port=ports.find_free(), account=busy.node.account)
    with pytest.raises(children.ServerFailed, match="database is locked"), running(other):
        pass
    assert busy.ask("eth_chainId") == "0x7a69"


def test_a_chain_of_another_version_is_not_misread(node: ChainNode) -> None:
    with running(node):
        pass
    connection = sqlite3.connect(node.home / "chain.sqlite3")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(children.ServerFailed, match="made by another version"), running(node):
        pass


def test_a_node_is_not_mistaken_for_another_on_its_port(busy: RunningNode, tmp_path: Path) -> None:
    stranger = ChainNode(kind=busy.node.kind, home=tmp_path, port=busy.node.port, account="0x" + "5" * 40)
    with pytest.raises(children.ServerFailed, match="address already in use"), running(stranger):
        pass
