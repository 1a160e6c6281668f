"""What the platform's own chain answers: the standard forms, checked by what they hash to, and the standard errors."""

import json
import re
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
import rlp
from eth_hash.auto import keccak
from trie import HexaryTrie
from web3.exceptions import ContractCustomError

from keno_platform.local.testing import temporary_home
from tests.local.nodes import STRANGERS_KEY, Publisher, RunningNode, prepare, running

QUANTITY, HASH = re.compile(r"0x(0|[1-9a-f][0-9a-f]*)"), re.compile(r"0x[0-9a-f]{64}")
HEADER = [
    *("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom", "difficulty"),
    *("number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce", "baseFeePerGas"),
    "withdrawalsRoot",
]
HEADER_NUMBERS = {"difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas"}
ROOTS = [bytes([number]) * 32 for number in (1, 2)]


@pytest.fixture(scope="module")
def node() -> Iterator[RunningNode]:
    with temporary_home() as directory, running(prepare(directory)) as started:
        yield started


@pytest.fixture(scope="module")
def publisher(node: RunningNode) -> Publisher:
    """Whoever has deployed the contract and anchored two roots in it."""
    made = Publisher(node.node.url)
    made.deploy()
    for root in ROOTS:
        made.anchor(root)
    return made


@pytest.fixture
def receipt(node: RunningNode, publisher: Publisher) -> dict[str, Any]:
    """The first root's."""
    log = _logs(node, publisher)[0]
    found: dict[str, Any] = node.ask("eth_getTransactionReceipt", log["transactionHash"])
    return found


def _logs(node: RunningNode, publisher: Publisher, **wanted: Any) -> list[dict[str, Any]]:
    asked = {"fromBlock": "0x0", "toBlock": "latest", "address": publisher.contract.address, **wanted}
    found: list[dict[str, Any]] = node.ask("eth_getLogs", asked)
    return found


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:])


def _number(text: str) -> bytes:
    """A quantity as RLP has it."""
    assert QUANTITY.fullmatch(text), text
    number = int(text, 16)
    return number.to_bytes((number.bit_length() + 7) // 8, "big")


def _root(values: list[bytes]) -> bytes:
    """The root of the trie that Ethereum makes of a list."""
    trie = HexaryTrie({})
    for index, value in enumerate(values):
        trie[rlp.encode(index)] = value
    return bytes(trie.root_hash)


# --- forms -----------------------------------------------------------------------------------------------------------


def test_a_blocks_fields_hash_to_its_hash(node: RunningNode, receipt: dict[str, Any]) -> None:
    for block in (node.ask("eth_getBlockByHash", receipt["blockHash"], False), node.ask("eth_getBlockByNumber", "0x0")):
        fields = [_number(block[name]) if name in HEADER_NUMBERS else _bytes(block[name]) for name in HEADER]
        assert block["hash"] == "0x" + keccak(rlp.encode(fields)).hex()


def test_a_receipts_fields_hash_to_its_blocks_root(node: RunningNode, receipt: dict[str, Any]) -> None:
    block = node.ask("eth_getBlockByHash", receipt["blockHash"], False)
    assert block["transactions"] == [receipt["transactionHash"]]
    logs = [
        [_bytes(log["address"]), [_bytes(topic) for topic in log["topics"]], _bytes(log["data"])]
        for log in receipt["logs"]
    ]
    fields = [_number(receipt["status"]), _number(receipt["cumulativeGasUsed"]), _bytes(receipt["logsBloom"]), logs]
    assert len(logs) == 1
    assert block["receiptsRoot"] == "0x" + _root([_number(receipt["type"]) + rlp.encode(fields)]).hex()


def test_a_transactions_fields_hash_to_its_hash(node: RunningNode, receipt: dict[str, Any]) -> None:
    found = node.ask("eth_getTransactionByHash", receipt["transactionHash"])
    numbers = ("chainId", "nonce", "maxPriorityFeePerGas", "maxFeePerGas", "gas")
    fields: list[Any] = [*(_number(found[name]) for name in numbers), _bytes(found["to"]), _number(found["value"])]
    fields += [_bytes(found["input"]), found["accessList"], *(_number(found[name]) for name in ("yParity", "r", "s"))]
    raw = _number(found["type"]) + rlp.encode(fields)
    block = node.ask("eth_getBlockByNumber", found["blockNumber"], False)
    assert found["hash"] == "0x" + keccak(raw).hex()
    assert block["transactionsRoot"] == "0x" + _root([raw]).hex()


def test_an_old_transaction_is_shown_as_it_was_signed(node: RunningNode, publisher: Publisher) -> None:
    account = publisher.account
    fields = {"chainId": 31337, "nonce": publisher.nonce(), "gas": 21_000, "gasPrice": 5 * 10**9, "value": 7}
    raw = bytes(account.sign_transaction({**fields, "to": account.address}).raw_transaction)
    found = node.ask("eth_getTransactionByHash", node.ask("eth_sendRawTransaction", f"0x{raw.hex()}"))
    parts = [_number(found[name]) for name in ("nonce", "gasPrice", "gas")] + [_bytes(found["to"])]
    parts += [_number(found["value"]), _bytes(found["input"]), *(_number(found[name]) for name in ("v", "r", "s"))]
    assert (rlp.encode(parts), found["type"]) == (raw, "0x0")


def test_a_receipt_tells_where_it_stands_and_whom_it_concerns(
    node: RunningNode, publisher: Publisher, receipt: dict[str, Any]
) -> None:
    log = receipt["logs"][0]
    place = {name: receipt[name] for name in ("blockHash", "blockNumber", "transactionHash", "transactionIndex")}
    assert {name: log[name] for name in place} == place
    assert all(HASH.fullmatch(receipt[name]) for name in ("blockHash", "transactionHash"))
    assert (log["removed"], log["logIndex"], receipt["contractAddress"]) == (False, "0x0", None)
    assert (receipt["from"], receipt["to"]) == (
        publisher.account.address.lower(),
        publisher.contract.address.lower(),
    )
    assert int(receipt["effectiveGasPrice"], 16) * int(receipt["gasUsed"], 16) > 0
    assert node.ask("eth_getBlockReceipts", receipt["blockNumber"]) == [receipt]


def test_what_does_not_exist_is_null(node: RunningNode) -> None:
    unknown = "0x" + "ab" * 32
    for method in ("eth_getTransactionReceipt", "eth_getTransactionByHash"):
        assert node.ask(method, unknown) is None
    assert node.ask("eth_getBlockByHash", unknown, True) is None
    assert node.ask("eth_getBlockByNumber", hex(10**12), False) is None


# --- senders and readers ---------------------------------------------------------------------------------------------


def test_web3_reads_the_contracts_events_and_state(publisher: Publisher) -> None:
    events = publisher.contract.events.Anchored().get_logs(from_block=0)
    assert [(event["args"]["seq"], event["args"]["root"]) for event in events] == list(enumerate(ROOTS, start=1))
    assert publisher.contract.functions.last().call() == 2
    assert publisher.contract.functions.head().call() == events[-1]["args"]["head"]
    before = events[0]["blockNumber"] - 1
    assert publisher.contract.functions.last().call(block_identifier=before) == 0


def test_a_contracts_own_errors_reach_who_calls_it(publisher: Publisher) -> None:
    call = publisher.contract.functions.anchor(9, bytes(32), 1, 1)
    with pytest.raises(ContractCustomError) as out_of_sequence:
        call.call({"from": publisher.account.address})
    with pytest.raises(ContractCustomError) as not_publisher:
        call.estimate_gas({"from": Publisher("", key=STRANGERS_KEY).account.address})
    assert out_of_sequence.value.data == "0x" + keccak(b"OutOfSequence(uint64)")[:4].hex() + f"{3:064x}"
    assert not_publisher.value.data == "0x" + keccak(b"NotPublisher()")[:4].hex()


def test_a_transaction_that_fails_is_in_a_block_and_says_so(node: RunningNode, publisher: Publisher) -> None:
    wrong = publisher.contract.encode_abi("anchor", [99, bytes(32), 1, 1])
    raw = publisher.sign(nonce=publisher.nonce(), to=publisher.contract.address, data=_bytes(wrong))
    receipt = node.ask("eth_getTransactionReceipt", node.ask("eth_sendRawTransaction", raw))
    assert (receipt["status"], receipt["logs"]) == ("0x0", [])


def test_logs_are_found_by_each_part_of_a_filter(node: RunningNode, publisher: Publisher) -> None:
    both = _logs(node, publisher)
    first, second = both
    event, (one, two) = first["topics"][0], ["0x" + root.hex() for root in ROOTS]
    number = first["blockNumber"]
    assert [log["topics"][2] for log in both] == [one, two]
    assert _logs(node, publisher, topics=[event, None, one]) == [first]
    assert _logs(node, publisher, topics=[None, None, [one, two]]) == both
    assert _logs(node, publisher, topics=[[], []]) == both
    assert _logs(node, publisher, topics=[one]) == []
    assert _logs(node, publisher, address=[publisher.account.address]) == []
    assert _logs(node, publisher, address=[publisher.account.address, publisher.contract.address]) == both
    assert _logs(node, publisher, fromBlock=second["blockNumber"]) == [second]
    assert _logs(node, publisher, toBlock=number) == [first]
    assert _logs(node, publisher, toBlock="0x" + "f" * 64) == both
    assert node.ask("eth_getLogs", {"blockHash": second["blockHash"]}) == [second]


def test_fees_follow_the_rule_that_the_next_block_obeys(node: RunningNode, publisher: Publisher) -> None:
    history = node.ask("eth_feeHistory", "0x400", "latest", [0, 50, 100])
    blocks = [node.ask("eth_getBlockByNumber", hex(number)) for number in range(len(history["gasUsedRatio"]))]
    fees = [int(fee, 16) for fee in history["baseFeePerGas"]]
    assert history["oldestBlock"] == "0x0"
    assert fees[:-1] == [int(block["baseFeePerGas"], 16) for block in blocks]
    for block, fee, following in zip(blocks, fees, fees[1:], strict=False):
        target = int(block["gasLimit"], 16) // 2
        assert following == fee - fee * (target - int(block["gasUsed"], 16)) // target // 8
    tips = [tip for block, tip in zip(blocks, history["reward"], strict=True) if block["transactions"]]
    assert tips
    assert all(each == [each[0]] * 3 != ["0x0"] * 3 for each in tips)
    assert int(node.ask("eth_gasPrice"), 16) == fees[-1] + int(node.ask("eth_maxPriorityFeePerGas"), 16)


# --- JSON-RPC --------------------------------------------------------------------------------------------------------


def test_a_page_of_another_origin_may_ask_and_read(node: RunningNode) -> None:
    asked = {"Origin": "https://verifier.example", "Access-Control-Request-Method": "POST"}
    asked["Access-Control-Request-Headers"] = "content-type"
    allowed = httpx.options(node.node.url, headers=asked, trust_env=False)
    assert allowed.status_code == 204
    assert "POST" in allowed.headers["access-control-allow-methods"]
    assert "content-type" in allowed.headers["access-control-allow-headers"]
    answered = node.post(b'{"jsonrpc":"2.0","id":1,"method":"eth_chainId"}', Origin="https://verifier.example")
    for answer in (allowed, answered):
        assert answer.headers["access-control-allow-origin"] == "*"
    assert answered.headers["content-type"] == "application/json"


def test_a_batch_is_answered_in_its_order_and_notifications_are_not(node: RunningNode) -> None:
    methods = ["eth_chainId", "eth_nope", "net_version"]
    batch: list[Any] = [{"jsonrpc": "2.0", "id": number, "method": name} for number, name in enumerate(methods)]
    batch[1:1] = [{"jsonrpc": "2.0", "method": "eth_blockNumber"}, 5]
    answered = node.post(json.dumps(batch).encode()).json()
    assert [each["id"] for each in answered] == [0, None, 1, 2]
    assert (answered[0]["result"], answered[3]["result"]) == ("0x7a69", "31337")
    assert [answered[place]["error"]["code"] for place in (1, 2)] == [-32600, -32601]
    silent = node.post(b'{"jsonrpc":"2.0","method":"eth_blockNumber"}')
    assert (silent.status_code, silent.content) == (204, b"")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", -32700),
        (b"{", -32700),
        (b"\xff", -32700),
        (b"[" * 100_000, -32700),
        (b"[]", -32600),
        (b"[" + b"1," * 1_000 + b"1]", -32600),
        (b"5", -32600),
        (b'{"id":1}', -32600),
        (b'{"id":1,"method":5}', -32600),
        (b'{"id":[],"method":"eth_chainId"}', -32600),
        (b'{"id":1,"method":"eth_sendTransaction","params":[{}]}', -32601),
        (b'{"id":1,"method":"eth_chainId","params":{"a":1}}', -32602),
        (b'{"id":1,"method":"eth_chainId","params":[1]}', -32602),
    ],
)
def test_what_is_no_request_gets_the_standards_error(node: RunningNode, body: bytes, code: int) -> None:
    answered = node.post(body).json()
    assert answered["error"]["code"] == code
    assert node.ask("eth_chainId") == "0x7a69"


@pytest.mark.parametrize(
    ("method", "parameters"),
    [
        ("eth_getBalance", []),
        ("eth_getBalance", ["0x12"]),
        ("eth_getBalance", ["0x" + "zz" * 20]),
        ("eth_getBalance", ["0x" + "00" * 20, "newest"]),
        ("eth_getBalance", ["0x" + "00" * 20, 5]),
        ("eth_getBlockByNumber", ["0x00", False]),
        ("eth_getBlockByNumber", ["0x", False]),
        ("eth_getBlockByNumber", ["-0x1", False]),
        ("eth_getBlockByNumber", ["latest", "yes"]),
        ("eth_getBlockByHash", ["0x" + "0" * 63, False]),
        ("eth_getTransactionReceipt", [None]),
        ("eth_getLogs", [[]]),
        ("eth_getLogs", [{"fromBlock": 1}]),
        ("eth_getLogs", [{"address": "0x1"}]),
        ("eth_getLogs", [{"topics": "0x" + "00" * 32}]),
        ("eth_getLogs", [{"topics": [None] * 5}]),
        ("eth_getLogs", [{"blockHash": "0x" + "00" * 32, "fromBlock": "0x0"}]),
        ("eth_call", [{"to": "0x1"}]),
        ("eth_call", [{"data": "0x1"}]),
        ("eth_call", [{"data": "0x11", "input": "0x22"}]),
        ("eth_feeHistory", ["0x0", "latest"]),
        ("eth_feeHistory", ["0x1", "latest", [50, 10]]),
        ("eth_feeHistory", ["0x1", "latest", ["x"]]),
        ("eth_feeHistory", [True, "latest"]),
        ("eth_sendRawTransaction", ["0x123"]),
        ("eth_sendRawTransaction", [{}]),
    ],
)
def test_a_wrong_parameter_is_named(node: RunningNode, method: str, parameters: list[Any]) -> None:
    error = node.fail(method, *parameters)
    assert error["code"] == -32602
    assert error["message"].startswith("invalid argument: ")


def test_state_of_a_block_that_does_not_exist_is_an_error(node: RunningNode) -> None:
    error = node.fail("eth_getBalance", "0x" + "00" * 20, hex(10**9))
    assert (error["code"], error["message"]) == (-32000, "header not found: 1000000000")


def test_a_transaction_that_cannot_be_is_refused_in_known_words(node: RunningNode, publisher: Publisher) -> None:
    nonce, here = publisher.nonce(), publisher.account.address
    sent = publisher.sign(nonce=nonce, to=here)
    node.ask("eth_sendRawTransaction", sent)
    nonce += 1
    for raw, words in [
        (sent, "already known"),
        (publisher.sign(nonce=0, to=here), "nonce too low"),
        (publisher.sign(nonce=nonce + 1, to=here), "nonce too high"),
        (publisher.sign(nonce=nonce, to=here, maxFeePerGas=1, maxPriorityFeePerGas=1), "less than block base fee"),
        (publisher.sign(nonce=nonce, to=here, maxFeePerGas=1), "max priority fee per gas higher"),
        (publisher.sign(nonce=nonce, to=here, chainId=1), "invalid chain id"),
        (publisher.sign(nonce=nonce, to=here, gas=20_999), "intrinsic gas too low"),
        (publisher.sign(nonce=nonce, to=here, gas=30_000_001), "exceeds gas limit"),
        (publisher.sign(nonce=nonce, to=here, value=10**24), "insufficient funds"),
        (Publisher("", key=STRANGERS_KEY).sign(nonce=0, to=here), "insufficient funds"),
        (sent[:-2], "cannot decode"),
        (sent[:-64] + "00" * 32, "rlp|invalid sender"),
        ("0x03c0", "type not supported"),
        ("0x", "cannot decode"),
    ]:
        error = node.fail("eth_sendRawTransaction", raw)
        assert error["code"] == -32000
        assert re.search(words, error["message"]), (words, error)
    assert publisher.nonce() == nonce


def test_too_long_a_request_and_other_ways_to_ask_are_refused(node: RunningNode) -> None:
    assert node.post(b" " * (2 * 1024 * 1024 + 1)).status_code == 413
    assert httpx.get(node.node.url, trust_env=False).status_code == 405
    assert node.ask("eth_chainId") == "0x7a69"
