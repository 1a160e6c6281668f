"""The chain itself: blocks that are made and kept, and what they say. Everything here is immediate and sequential."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import rlp
from eth.abc import BlockAPI, BlockHeaderAPI, ComputationAPI, ReceiptAPI, SignedTransactionAPI, StateAPI
from eth.chains.base import MiningChain
from eth.db.atomic import AtomicDB
from eth.estimators.gas import binary_gas_search_exact
from eth.exceptions import (
    CanonicalHeadNotFound,
    HeaderNotFound,
    Revert,
    TransactionNotFound,
    UnrecognizedTransactionType,
    VMError,
)
from eth.typing import HeaderParams
from eth.vm.forks.shanghai import ShanghaiVM
from eth.vm.forks.shanghai.withdrawals import Withdrawal
from eth.vm.spoof import SpoofTransaction
from eth_keys.exceptions import BadSignature
from eth_typing import Address, BlockNumber, Hash32
from eth_utils.exceptions import ValidationError

from keno_platform.local.chain import CHAIN_ID, forms
from keno_platform.local.chain.store import LogFilter, Store

GAS_LIMIT = 30_000_000
WEI_PER_GWEI, GWEI_PER_ETHER = 10**9, 10**9
FUNDS_GWEI, FUNDS_GWEI_MIN = 1_000 * GWEI_PER_ETHER, GWEI_PER_ETHER


class Refused(Exception):
    """A transaction that cannot be in the next block; the text says why, in the words that clients know from geth."""


class ExecutionFailed(Exception):
    """A call that did not end well. `output` is what it reverted with; None when it did not revert."""

    def __init__(self, message: str, output: bytes | None = None) -> None:
        super().__init__(message)
        self.output = output


class UnknownBlock(Exception):
    """There is no such block."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A message to run on the state after a block without a trace of it being left."""

    sender: Address
    to: Address
    data: bytes
    value: int = 0
    gas: int = GAS_LIMIT


@dataclass(frozen=True, slots=True, kw_only=True)
class Mined:
    """A transaction in its block."""

    block: BlockAPI
    index: int


class _Chain(MiningChain):
    """Shanghai's rules from the first block on, and a gas limit that stays."""

    chain_id = CHAIN_ID
    vm_configuration = ((BlockNumber(0), ShanghaiVM),)
    gas_estimator = staticmethod(binary_gas_search_exact)

    def create_header_from_parent(self, parent_header: BlockHeaderAPI, **header_params: Any) -> BlockHeaderAPI:
        return super().create_header_from_parent(parent_header, **{**header_params, "gas_limit": GAS_LIMIT})


class Ledger:
    """The blocks in one directory. Only one ledger may have it open."""

    def __init__(self, directory: Path, *, now: int) -> None:
        """
        Open what is there, or begin a chain whose first block has this time.

        :raises StoreFailed: another process has it open, or it is of another version.
        """
        self._store = Store(directory / "chain.sqlite3")
        database = AtomicDB(self._store)
        try:
            self._chain = _Chain(database)
        except CanonicalHeadNotFound:
            with self._store.transaction():
                self._chain = _begin(database, timestamp=now)

    def close(self) -> None:
        self._store.close()

    # --- blocks that are made ----------------------------------------------------------------------------------------

    def add_block(self, transactions: Sequence[SignedTransactionAPI], *, timestamp: int) -> list[Refused | None]:
        """
        Make a block of these transactions, which is kept when this returns.

        :returns: for each transaction why it is not in the block, or None. When none is, there is no block;
            without any transaction there is an empty one.
        """
        with self._store.transaction():
            self._begin_block(timestamp)
            refusals = [self._apply(transaction) for transaction in transactions]
            if not transactions or None in refusals:
                block = self._chain.mine_block()
                self._keep_logs(block)
        return refusals

    def fund(self, account: Address, *, timestamp: int) -> bool:
        """
        Give an account that is poor 1,000 ether, in a block of its own, as Ethereum gives validators theirs back.

        :returns: whether it was poor.
        """
        if self.state_after(self.head).get_balance(account) >= FUNDS_GWEI_MIN * WEI_PER_GWEI:
            return False
        with self._store.transaction():
            self._begin_block(timestamp)
            gift = Withdrawal(index=self.head.block_number, validator_index=0, address=account, amount=FUNDS_GWEI)
            self._chain.mine_all((), withdrawals=[gift])
        return True

    def _begin_block(self, timestamp: int) -> None:
        """Whatever an interrupted block has left in memory is gone."""
        self._chain.header = self._chain.ensure_header()
        self._chain.set_header_timestamp(timestamp)

    def _apply(self, transaction: SignedTransactionAPI) -> Refused | None:
        header = self._chain.header
        try:
            self._check(transaction, self.state_after(header), base_fee=header.base_fee_per_gas or 0)
            self._chain.apply_transaction(transaction)
        except Refused as refused:
            return refused
        except ValidationError as error:
            return Refused(str(error))
        return None

    def _check(self, transaction: SignedTransactionAPI, state: StateAPI, *, base_fee: int) -> None:
        """
        What senders have to tell apart, in geth's words; py-evm checks everything again.

        :raises Refused:
        """
        expected, balance = state.get_nonce(transaction.sender), state.get_balance(transaction.sender)
        fee_max = transaction.max_fee_per_gas
        if self._chain_has(transaction.hash):
            raise Refused("already known")
        if transaction.chain_id is None:
            raise Refused("only replay-protected (EIP-155) transactions allowed over RPC")
        if transaction.chain_id != CHAIN_ID:
            raise Refused(f"invalid chain id for signer: have {transaction.chain_id} want {CHAIN_ID}")
        if transaction.nonce != expected:
            which = "low" if transaction.nonce < expected else "high"
            raise Refused(f"nonce too {which}: next nonce {expected}, tx nonce {transaction.nonce}")
        if fee_max < transaction.max_priority_fee_per_gas:
            raise Refused("max priority fee per gas higher than max fee per gas")
        if fee_max < base_fee:
            raise Refused(f"max fee per gas less than block base fee: maxFeePerGas: {fee_max}, baseFee: {base_fee}")
        if transaction.gas < transaction.intrinsic_gas:
            raise Refused(f"intrinsic gas too low: have {transaction.gas}, want {transaction.intrinsic_gas}")
        if balance < (cost := transaction.value + transaction.gas * fee_max):
            raise Refused(f"insufficient funds for gas * price + value: balance {balance}, tx cost {cost}")

    def _keep_logs(self, block: BlockAPI) -> None:
        receipts = self.read_receipts(block)
        for index in range(len(receipts)):
            for form in forms.describe_logs(block, receipts, index):
                self._store.add_log(block=block.number, position=int(form["logIndex"], 16), form=form)

    # --- what the blocks say -----------------------------------------------------------------------------------------

    @property
    def head(self) -> BlockHeaderAPI:
        """The newest block's header."""
        return self._chain.get_canonical_head()

    def find_header(self, number: int) -> BlockHeaderAPI:
        """
        :raises UnknownBlock:
        """
        try:
            return self._chain.get_canonical_block_header_by_number(BlockNumber(number))
        except HeaderNotFound as error:
            raise UnknownBlock(f"header not found: {number}") from error

    def find_header_by_hash(self, block_hash: bytes) -> BlockHeaderAPI:
        """
        :raises UnknownBlock:
        """
        try:
            return self._chain.get_block_header_by_hash(Hash32(block_hash))
        except HeaderNotFound as error:
            raise UnknownBlock(f"header not found: {forms.data(block_hash)}") from error

    def read_block(self, header: BlockHeaderAPI) -> BlockAPI:
        return self._chain.get_block_by_header(header)

    def read_receipts(self, block: BlockAPI) -> tuple[ReceiptAPI, ...]:
        return block.get_receipts(self._chain.chaindb)

    def find_transaction(self, transaction_hash: bytes) -> Mined | None:
        """A mined transaction; there are no others, since each waits for its block while it is sent."""
        try:
            number, index = self._chain.get_canonical_transaction_index(Hash32(transaction_hash))
        except TransactionNotFound:
            return None
        return Mined(block=self.read_block(self.find_header(number)), index=index)

    def _chain_has(self, transaction_hash: Hash32) -> bool:
        try:
            self._chain.get_canonical_transaction_index(transaction_hash)
        except TransactionNotFound:
            return False
        return True

    def find_logs(self, wanted: LogFilter) -> list[forms.Form]:
        return self._store.find_logs(wanted)

    def state_after(self, header: BlockHeaderAPI) -> StateAPI:
        """Balances, nonces, code and storage after a block, however long ago that was."""
        return self._chain.get_vm(header).state

    def find_next_base_fee(self, header: BlockHeaderAPI) -> int:
        """What a unit of gas costs at least in the block after one, in wei."""
        return self._chain.create_header_from_parent(header).base_fee_per_gas or 0

    # --- what would be -----------------------------------------------------------------------------------------------

    def decode(self, raw: bytes) -> SignedTransactionAPI:
        """
        A transaction as it was signed.

        :raises Refused: it is none, or of a type that these rules do not have.
        """
        try:
            transaction = self._chain.get_vm(self.head).get_transaction_builder().decode(raw)
            transaction.validate()
            _ = transaction.sender
        except BadSignature as error:
            raise Refused("invalid sender") from error
        except UnrecognizedTransactionType as error:
            raise Refused("transaction type not supported") from error
        except (rlp.exceptions.RLPException, ValidationError, ValueError, IndexError, TypeError) as error:
            raise Refused(f"rlp: cannot decode the transaction: {error}") from error
        return transaction

    def call(self, call: Call, header: BlockHeaderAPI) -> bytes:
        """
        What a message would return after a block.

        :raises ExecutionFailed:
        """
        with self._chain.get_vm(header).in_costless_state() as state:
            try:
                computation = state.costless_execute_transaction(self._spoof(call, state))
            except ValidationError as error:
                raise ExecutionFailed(str(error)) from error
        return _take_output(computation)

    def estimate_gas(self, call: Call, header: BlockHeaderAPI) -> int:
        """
        The least gas with which a message would succeed after a block.

        :raises ExecutionFailed:
        """
        transaction = self._spoof(call, self.state_after(header))
        try:
            return self._chain.estimate_gas(transaction, header)
        except VMError as error:
            raise _describe_failure(error) from error
        except ValidationError as error:
            raise ExecutionFailed(str(error)) from error

    def _spoof(self, call: Call, state: StateAPI) -> SignedTransactionAPI:
        """The transaction that would carry a message, without its sender's signature."""
        unsigned = self._chain.create_unsigned_transaction(
            nonce=state.get_nonce(call.sender), gas_price=0, gas=call.gas, to=call.to, value=call.value, data=call.data
        )
        spoofed: Any = SpoofTransaction(unsigned, from_=call.sender)
        signed: SignedTransactionAPI = spoofed
        return signed


def _begin(database: AtomicDB, *, timestamp: int) -> _Chain:
    parameters: dict[str, HeaderParams] = {"difficulty": 0, "gas_limit": GAS_LIMIT, "timestamp": timestamp}
    chain = _Chain.from_genesis(database, parameters, {})
    assert isinstance(chain, _Chain)  # noqa: S101  # it is the class that was asked
    return chain


def _take_output(computation: ComputationAPI) -> bytes:
    if computation.is_error:
        raise _describe_failure(computation.error)
    return computation.output


def _describe_failure(error: VMError) -> ExecutionFailed:
    if isinstance(error, Revert):
        return ExecutionFailed("execution reverted", error.args[0] if error.args else b"")
    return ExecutionFailed(f"{type(error).__name__}: {error}")
