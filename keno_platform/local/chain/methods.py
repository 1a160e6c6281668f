"""The JSON-RPC methods, each with what it takes."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any

from eth.abc import BlockHeaderAPI
from eth_hash.auto import keccak
from eth_typing import Address

from keno_platform.local.chain import CHAIN_ID, fees, forms, parameters
from keno_platform.local.chain.forms import Form
from keno_platform.local.chain.ledger import GAS_LIMIT, Call, Ledger, UnknownBlock
from keno_platform.local.chain.parameters import InvalidParameters, Parser
from keno_platform.local.chain.producer import Producer
from keno_platform.local.chain.store import LogFilter

NO_ADDRESS = Address(bytes(20))
HISTORY_BLOCKS_MAX = 1024
BLOCKS_MAX = 2**63 - 1
"""The highest number of a block that the store can compare with."""


@dataclass(frozen=True, slots=True)
class Method:
    """A method; parameters from the `required`-th on may be left out."""

    answer: Callable[..., object | Awaitable[object]]
    parameters: Sequence[Parser] = ()
    required: int = 0

    def read(self, given: Sequence[object]) -> list[Any]:
        """
        :raises InvalidParameters:
        """
        if not self.required <= len(given) <= len(self.parameters):
            raise InvalidParameters(f"{len(given)} parameters, not {self.required} to {len(self.parameters)}")
        return [parser(value) for parser, value in zip(self.parameters, given, strict=False)]


class Methods:
    """The methods over one ledger and what makes its blocks."""

    def __init__(self, ledger: Ledger, producer: Producer) -> None:
        self._ledger, self._producer = ledger, producer
        address, block, flag = parameters.address, parameters.block, parameters.flag
        hash32, mapping = parameters.hash32, parameters.mapping
        self.table: Mapping[str, Method] = {
            "web3_clientVersion": Method(lambda: f"keno-local-chain/py-evm/{version('py-evm')}"),
            "web3_sha3": Method(lambda value: forms.data(keccak(value)), [parameters.data], 1),
            "net_version": Method(lambda: str(CHAIN_ID)),
            "net_listening": Method(lambda: True),
            "net_peerCount": Method(lambda: forms.quantity(0)),
            "eth_chainId": Method(lambda: forms.quantity(CHAIN_ID)),
            "eth_syncing": Method(lambda: False),
            "eth_accounts": Method(list),
            "eth_blockNumber": Method(lambda: forms.quantity(ledger.head.block_number)),
            "eth_gasPrice": Method(lambda: forms.quantity(fees.suggest_gas_price(ledger))),
            "eth_maxPriorityFeePerGas": Method(lambda: forms.quantity(fees.TIP_WEI)),
            "eth_feeHistory": Method(
                self._describe_fees, [parameters.count, block, parameters.percentiles], required=2
            ),
            "eth_getBlockByNumber": Method(self._get_block_by_number, [block, flag], 1),
            "eth_getBlockByHash": Method(self._get_block_by_hash, [hash32, flag], 1),
            "eth_getBlockReceipts": Method(self._get_block_receipts, [block], 1),
            "eth_getTransactionByHash": Method(self._get_transaction, [hash32], 1),
            "eth_getTransactionReceipt": Method(self._get_receipt, [hash32], 1),
            "eth_getLogs": Method(self._get_logs, [mapping], 1),
            "eth_getBalance": Method(self._get_balance, [address, block], 1),
            "eth_getTransactionCount": Method(self._get_nonce, [address, block], 1),
            "eth_getCode": Method(self._get_code, [address, block], 1),
            "eth_getStorageAt": Method(self._get_storage, [address, parameters.slot, block], 2),
            "eth_call": Method(self._call, [mapping, block], 1),
            "eth_estimateGas": Method(self._estimate_gas, [mapping, block], 1),
            "eth_sendRawTransaction": Method(self._send, [parameters.data], 1),
        }

    # --- blocks and what is in them ----------------------------------------------------------------------------------

    def _find_header(self, block: int | str) -> BlockHeaderAPI:
        """
        :raises UnknownBlock:
        """
        if block == "earliest":
            return self._ledger.find_header(0)
        return self._ledger.find_header(block) if isinstance(block, int) else self._ledger.head

    def _get_block_by_number(self, block: int | str, whole_transactions: bool = False) -> Form | None:
        try:
            header = self._find_header(block)
        except UnknownBlock:
            return None
        return forms.describe_block(self._ledger.read_block(header), whole_transactions=whole_transactions)

    def _get_block_by_hash(self, block_hash: bytes, whole_transactions: bool = False) -> Form | None:
        try:
            header = self._ledger.find_header_by_hash(block_hash)
        except UnknownBlock:
            return None
        return forms.describe_block(self._ledger.read_block(header), whole_transactions=whole_transactions)

    def _get_block_receipts(self, block: int | str) -> list[Form] | None:
        try:
            found = self._ledger.read_block(self._find_header(block))
        except UnknownBlock:
            return None
        receipts = self._ledger.read_receipts(found)
        return [forms.describe_receipt(found, receipts, index) for index in range(len(receipts))]

    def _get_transaction(self, transaction_hash: bytes) -> Form | None:
        mined = self._ledger.find_transaction(transaction_hash)
        return forms.describe_transaction(mined.block, mined.index) if mined else None

    def _get_receipt(self, transaction_hash: bytes) -> Form | None:
        mined = self._ledger.find_transaction(transaction_hash)
        if mined is None:
            return None
        return forms.describe_receipt(mined.block, self._ledger.read_receipts(mined.block), mined.index)

    def _get_logs(self, wanted: Mapping[str, Any]) -> list[Form]:
        first, last = self._read_range(wanted)
        return self._ledger.find_logs(
            LogFilter(
                first_block=first,
                last_block=last,
                addresses=_read_choice(parameters.address, wanted.get("address")) or (),
                topics=_read_topics(wanted.get("topics")),
            )
        )

    def _read_range(self, wanted: Mapping[str, Any]) -> tuple[int, int]:
        """The numbers of the first and the last block of a filter; neither need be there yet."""
        if "blockHash" not in wanted:
            return self._read_number(wanted.get("fromBlock")), self._read_number(wanted.get("toBlock"))
        if "fromBlock" in wanted or "toBlock" in wanted:
            raise InvalidParameters("blockHash excludes fromBlock and toBlock")
        number = int(self._ledger.find_header_by_hash(parameters.hash32(wanted["blockHash"])).block_number)
        return number, number

    def _read_number(self, block: object) -> int:
        read = parameters.block("latest" if block is None else block)
        return min(read, BLOCKS_MAX) if isinstance(read, int) else self._find_header(read).block_number

    # --- state -------------------------------------------------------------------------------------------------------

    def _get_balance(self, account: Address, block: int | str = "latest") -> str:
        return forms.quantity(self._ledger.state_after(self._find_header(block)).get_balance(account))

    def _get_nonce(self, account: Address, block: int | str = "latest") -> str:
        return forms.quantity(self._ledger.state_after(self._find_header(block)).get_nonce(account))

    def _get_code(self, account: Address, block: int | str = "latest") -> str:
        return forms.data(self._ledger.state_after(self._find_header(block)).get_code(account))

    def _get_storage(self, account: Address, slot: int, block: int | str = "latest") -> str:
        value = self._ledger.state_after(self._find_header(block)).get_storage(account, slot)
        return forms.data(value.to_bytes(32, "big"))

    def _call(self, call: Mapping[str, Any], block: int | str = "latest") -> str:
        return forms.data(self._ledger.call(_read_call(call), self._find_header(block)))

    def _estimate_gas(self, call: Mapping[str, Any], block: int | str = "latest") -> str:
        return forms.quantity(self._ledger.estimate_gas(_read_call(call), self._find_header(block)))

    # --- fees and transactions ---------------------------------------------------------------------------------------

    async def _send(self, raw: bytes) -> str:
        transaction = self._ledger.decode(raw)
        await self._producer.send(transaction)
        return forms.data(transaction.hash)

    def _describe_fees(self, blocks: int, newest: int | str, percentiles: Sequence[float] = ()) -> Form:
        if not 1 <= blocks <= HISTORY_BLOCKS_MAX:
            raise InvalidParameters(f"not 1 to {HISTORY_BLOCKS_MAX} blocks: {blocks}")
        last = self._find_header(newest).block_number
        headers = [self._ledger.find_header(number) for number in range(max(0, last - blocks + 1), last + 1)]
        return fees.describe_history(self._ledger, headers, percentiles)


def _read_call(call: Mapping[str, Any]) -> Call:
    """A message as `eth_call` takes it; what it would pay for gas is of no account."""
    given = {name: value for name, value in call.items() if value is not None}
    if "data" in given and given.get("input", given["data"]) != given["data"]:
        raise InvalidParameters("data and input differ")
    return Call(
        sender=parameters.address(given["from"]) if "from" in given else NO_ADDRESS,
        to=parameters.address(given["to"]) if "to" in given else Address(b""),
        data=parameters.data(given.get("data", given.get("input", "0x"))),
        value=parameters.quantity(given.get("value", "0x0")),
        gas=min(parameters.quantity(given.get("gas", hex(GAS_LIMIT))), GAS_LIMIT),
    )


def _read_topics(topics: object) -> list[list[str] | None]:
    if topics is None:
        return []
    if not isinstance(topics, list) or len(topics) > 4:
        raise InvalidParameters("topics are a list of at most 4")
    return [_read_choice(parameters.hash32, each) for each in topics]


def _read_choice(parser: Parser, value: object) -> list[str] | None:
    """One value or a list of them, in the form in which logs are kept; None for any."""
    if value is None or value == []:
        return None
    return [forms.data(each) for each in parameters.one_or_more(parser, value)]
