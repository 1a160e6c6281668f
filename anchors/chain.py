"""
The chain, through web3: the only module that imports it. It takes most of a second to load, so only who sends
(`anchors.services.sending`) imports this one.
"""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import rlp
from eth_account import Account
from eth_typing import ChecksumAddress, HexStr
from web3 import Web3
from web3.contract import Contract
from web3.exceptions import BlockNotFound, ContractLogicError, TransactionNotFound, Web3RPCError
from web3.logs import DISCARD
from web3.middleware import AttributeDictMiddleware, ExtraDataToPOAMiddleware
from web3.providers.base import JSONBaseProvider
from web3.types import RPCEndpoint, RPCResponse, TxParams, TxReceipt

from anchors.artefact import artefact, is_chained, publisher_in
from anchors.models import AlarmCode
from anchors.rpc import Line, NodeFailed, OutOfTime

GWEI = 10**9
TIP_DEFAULT_WEI = GWEI
"""Per unit of gas, where a node has no opinion."""
DETAIL_MAX = 300
_KEY = re.compile(r"0x[0-9a-fA-F]{64}")
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{40}")
_PRICED_OUT = re.compile(r"underpriced|fee (?:too low|less than|cap)|gas price (?:too low|below)|less than block base")


class KeyUnusable(Exception):
    """Not the text of a private key. The text is nowhere in the error."""


class TransactionRefused(Exception):
    """The node will not have a transaction, or its execution would fail. `priced_out`: for its fees alone."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail[:DETAIL_MAX])
        self.detail = detail[:DETAIL_MAX]
        self.priced_out = bool(_PRICED_OUT.search(detail.lower()))


@dataclass(frozen=True, slots=True, kw_only=True)
class Signer:
    """The publisher's key in use. Its text form does not show the key."""

    address: str
    _account: Any

    def __repr__(self) -> str:
        return f"Signer({self.address})"

    def sign(self, fields: dict[str, Any]) -> tuple[bytes, str]:
        """The signed bytes of a transaction, and its hash."""
        signed = self._account.sign_transaction(fields)
        return bytes(signed.raw_transaction), _hex(signed.hash)


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """The chain at one moment: which one it is, and its newest block."""

    chain_id: int
    genesis: str
    number: int
    base_fee_wei: int
    balance_wei: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractState:
    """A contract at one block. `publisher`, `last` and `head` mean nothing where the code is not Chained's."""

    code: bytes
    publisher: str
    last: int
    head: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A block of the chain as it is now. `time` in seconds since 1970."""

    number: int
    hash: str
    time: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AnchoredEvent:
    """What the contract's event says, with the transaction that caused it."""

    seq: int
    root: bytes
    size: int
    kind: int
    head: bytes
    transaction: str
    block_number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What became of a transaction that is in a block."""

    block_number: int
    block_hash: str
    succeeded: bool
    gas_used: int
    created: str | None
    event: AnchoredEvent | None


class _Provider(JSONBaseProvider):
    """web3's side of a Line."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line

    def make_request(self, method: RPCEndpoint, params: Any) -> RPCResponse:
        raw = self._line.post(self.encode_rpc_request(method, params))
        try:
            answer = self.decode_rpc_response(raw)
        except ValueError as error:
            raise NodeFailed(AlarmCode.CHAIN_UNREACHABLE, "it does not answer in JSON") from error
        if not isinstance(answer, dict):
            raise NodeFailed(AlarmCode.CHAIN_UNREACHABLE, "it does not answer in JSON-RPC")
        return answer


class Chain:
    """
    One chain through one node. Every method asks it, and raises NodeFailed or OutOfTime (see `anchors.rpc`) where it
    does not do its part.
    """

    def __init__(self, line: Line) -> None:
        self.line = line
        middleware = [(ExtraDataToPOAMiddleware, "poa"), (AttributeDictMiddleware, "attrdict")]
        self._web3 = Web3(_Provider(line), middleware=cast("Any", middleware))

    def look(self, address: str) -> Look:
        """Which chain it is, its newest block, and what this account has."""
        eth = self._web3.eth
        with _heard("eth_getBlockByNumber"):
            newest, genesis = eth.get_block("latest"), eth.get_block(0)
            if "baseFeePerGas" not in newest:
                raise NodeFailed(AlarmCode.CHAIN_UNSUITABLE, "its newest block has no base fee")
            return Look(
                chain_id=eth.chain_id,
                genesis=_hex(genesis["hash"]),
                number=newest["number"],
                base_fee_wei=newest["baseFeePerGas"],
                balance_wei=eth.get_balance(_address(address), newest["number"]),
            )

    def contract_state(self, address: str, *, at: int) -> ContractState:
        """A contract at the block of this number."""
        eth, where = self._web3.eth, _address(address)
        with _heard("eth_getCode"):
            code = bytes(eth.get_code(where, at))
        if not is_chained(code):
            return ContractState(code=code, publisher="", last=0, head=b"")
        with _heard("eth_call"):
            last, head = (bytes(eth.call({"to": where, "data": _getter(name)}, at)) for name in ("last", "head"))
            if len(last) != 32 or len(head) != 32:
                raise ValueError("not the 32 bytes of a getter")
        # The publisher is part of the code, so that it need not be asked for.
        publisher = checksummed(publisher_in(code))
        return ContractState(code=code, publisher=publisher, last=int.from_bytes(last, "big"), head=head)

    def block(self, number: int) -> Block | None:
        """The block that has this number now."""
        with _heard("eth_getBlockByNumber"):
            try:
                found = self._web3.eth.get_block(number)
            except BlockNotFound:
                return None
            return Block(number=found["number"], hash=_hex(found["hash"]), time=found["timestamp"])

    def receipt(self, transaction: str) -> Receipt | None:
        """What became of a transaction; None while it is in no block."""
        with _heard("eth_getTransactionReceipt"):
            try:
                found = self._web3.eth.get_transaction_receipt(HexStr(transaction))
            except TransactionNotFound:
                return None
            return Receipt(
                block_number=found["blockNumber"],
                block_hash=_hex(found["blockHash"]),
                succeeded=found["status"] == 1,
                gas_used=found["gasUsed"],
                created=found.get("contractAddress"),
                event=self._event(found),
            )

    def _event(self, receipt: TxReceipt) -> AnchoredEvent | None:
        """The contract's own event in a receipt; events of other addresses do not count."""
        for found in _chained().events.Anchored().process_receipt(receipt, errors=DISCARD):
            if found["address"] == receipt["to"]:
                return _event_of(found)
        return None

    def events(self, address: str, *, first: int) -> list[AnchoredEvent]:
        """All events of a contract from the block of this number on."""
        contract = self._web3.eth.contract(_address(address), abi=artefact()["abi"])
        with _heard("eth_getLogs"):
            return [_event_of(one) for one in contract.events.Anchored().get_logs(from_block=first)]

    def nonce(self, address: str, *, at: int | None = None, pending: bool = False) -> int:
        """How many transactions of an account are in blocks: up to the newest, or `at` one, or waiting ones too."""
        block = "pending" if pending else "latest" if at is None else at
        with _heard("eth_getTransactionCount"):
            return self._web3.eth.get_transaction_count(_address(address), cast("Any", block))

    def nonce_of(self, transaction: str) -> int:
        """The nonce of a transaction that is in a block."""
        with _heard("eth_getTransactionByHash"):
            return int(self._web3.eth.get_transaction(HexStr(transaction))["nonce"])

    def knows(self, transaction: str) -> bool:
        """Whether the node has this transaction, waiting or in a block."""
        with _heard("eth_getTransactionByHash"):
            try:
                self._web3.eth.get_transaction(HexStr(transaction))
            except TransactionNotFound:
                return False
            return True

    def tip_wei(self) -> int:
        """What those who mine are paid beside the base fee just now, for a unit of gas."""
        with _heard("eth_maxPriorityFeePerGas"):
            try:
                return self._web3.eth.max_priority_fee
            except Web3RPCError:
                return TIP_DEFAULT_WEI

    def gas_for(self, transaction: dict[str, Any]) -> int:
        """
        The gas that a transaction would take now.

        :raises TransactionRefused: it would fail.
        """
        with _heard("eth_estimateGas"):
            try:
                return self._web3.eth.estimate_gas(cast("TxParams", transaction))
            except (ContractLogicError, Web3RPCError) as error:
                raise TransactionRefused(_said(error)) from error

    def send(self, raw: bytes) -> None:
        """
        Give the node a signed transaction.

        :raises TransactionRefused: it did not take it. It may know it already: ask `knows`.
        """
        with _heard("eth_sendRawTransaction"):
            try:
                self._web3.eth.send_raw_transaction(raw)
            except (ContractLogicError, Web3RPCError) as error:
                raise TransactionRefused(_said(error)) from error


def signer(key: str) -> Signer:
    """
    The account of a private key, 0x and 64 hex digits.

    :raises KeyUnusable: it is not one.
    """
    if _KEY.fullmatch(key):
        try:
            account = Account.from_key(key)
            return Signer(address=account.address, _account=account)
        except Exception:  # noqa: S110  # whatever it says could hold the key
            pass
    raise KeyUnusable


def anchor_call(contract: str, *, seq: int, root: bytes, size: int, kind: int) -> dict[str, Any]:
    """The part of a transaction that says what it does: a root goes into the contract."""
    return {"to": contract, "data": _chained().encode_abi("anchor", [seq, root, size, kind]), "value": 0}


def deploy_call(*, last_seq: int, head: bytes) -> dict[str, Any]:
    """The same for a new contract that goes on after this root."""
    return {"data": _chained().constructor(last_seq, head).data_in_transaction, "value": 0}


def address_of_new(sender: str, nonce: int) -> str:
    """Where the contract stands that this account deploys with this nonce."""
    word = Web3.keccak(rlp.encode([bytes.fromhex(sender.removeprefix("0x")), nonce]))
    return Web3.to_checksum_address(word[12:])


def same_address(one: str, other: str) -> bool:
    """Whether two texts are the same address, whatever their case."""
    return one.lower() == other.lower()


def is_address(text: str) -> bool:
    """Whether this is an address: 0x and 40 hex digits."""
    return bool(_ADDRESS.fullmatch(text))


def checksummed(address: str) -> str:
    """An address as the chain's tools write it."""
    return Web3.to_checksum_address(address)


def next_head(head: bytes, *, seq: int, root: bytes, size: int, kind: int) -> bytes:
    """The contract's head after one more root: keccak256 over 32 + 8 + 32 + 8 + 1 bytes."""
    packed = head + seq.to_bytes(8, "big") + root + size.to_bytes(8, "big") + kind.to_bytes(1, "big")
    return bytes(Web3.keccak(packed))


@cache
def _getter(name: str) -> HexStr:
    """The data of a call of one of the contract's getters."""
    return HexStr(_chained().encode_abi(name, []))


@cache
def _chained() -> type[Contract]:
    """The contract's interface, without a node and an address."""
    return Web3().eth.contract(abi=artefact()["abi"], bytecode=artefact()["bytecode"])


@contextmanager
def _heard(method: str) -> Iterator[None]:
    """What a node says instead of an answer, and answers that cannot be read, become its failure."""
    try:
        yield
    except Web3RPCError as error:
        raise NodeFailed(AlarmCode.CHAIN_REFUSES, f"{method}: {_said(error)}"[:DETAIL_MAX]) from error
    except (NodeFailed, OutOfTime, TransactionRefused):
        raise
    except Exception as error:
        # web3 takes answers apart as they come, and nonsense makes it raise anything.
        detail = f"{method}: its answer cannot be read ({type(error).__name__})"
        raise NodeFailed(AlarmCode.CHAIN_REFUSES, detail) from error


def _said(error: Exception) -> str:
    """The node's own words of an error."""
    if isinstance(error, Web3RPCError) and error.rpc_response:
        told = error.rpc_response.get("error")
        if isinstance(told, dict):
            return str(told.get("message", told))
    return str(error)


def _event_of(found: Any) -> AnchoredEvent:
    told = found["args"]
    return AnchoredEvent(
        seq=told["seq"],
        root=bytes(told["root"]),
        size=told["size"],
        kind=told["kind"],
        head=bytes(told["head"]),
        transaction=_hex(found["transactionHash"]),
        block_number=found["blockNumber"],
    )


def _hex(value: bytes) -> str:
    return "0x" + bytes(value).hex()


def _address(text: str) -> ChecksumAddress:
    return Web3.to_checksum_address(text)
