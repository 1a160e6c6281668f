"""
The hash of a block, made again from its header: Keccak-256 of the RLP of its fields.

It ties the block's time to the block's hash, so a block that was saved, or that one node shows, cannot be given
another time without another hash, and the hash can be compared with what others see. Ethereum's headers have grown
with its upgrades, always at the end (London, Shanghai, Cancun, Prague). A block with members that are not known here
belongs to a chain with a header of its own, and is left alone.
"""

from collections.abc import Mapping

from fairness.errors import ChainUnreadable
from fairness.keccak import keccak_256

_ALWAYS = (
    *("parentHash", "sha3Uncles", "miner", "stateRoot", "transactionsRoot", "receiptsRoot", "logsBloom"),
    *("difficulty", "number", "gasLimit", "gasUsed", "timestamp", "extraData", "mixHash", "nonce"),
)
_LATER = (
    *("baseFeePerGas", "withdrawalsRoot", "blobGasUsed", "excessBlobGas", "parentBeaconBlockRoot", "requestsHash"),
)
_NUMBERS = frozenset(
    ("difficulty", "number", "gasLimit", "gasUsed", "timestamp", "baseFeePerGas", "blobGasUsed", "excessBlobGas")
)
_BESIDE = frozenset(("hash", "size", "totalDifficulty", "transactions", "uncles", "withdrawals"))
"""Members of a block that are no fields of its header."""


def block_hash_of(block: Mapping[str, object]) -> str | None:
    """
    The hash that follows from this block's header; None where the header has not Ethereum's form.

    :raises ChainUnreadable: a field is not hex.
    """
    present = [name for name in _LATER if block.get(name) is not None]
    known = {*_ALWAYS, *_LATER, *_BESIDE}
    if any(block.get(name) is None for name in _ALWAYS) or not known.issuperset(block):
        return None
    if present != list(_LATER[: len(present)]):
        return None
    fields = [_field(name, block[name]) for name in (*_ALWAYS, *present)]
    return "0x" + keccak_256(_rlp_list(fields)).hex()


def _field(name: str, value: object) -> bytes:
    try:
        if not isinstance(value, str) or not value.startswith("0x"):
            raise ValueError("not a text that begins with 0x")
        if name in _NUMBERS:
            number = int(value, 16)
            return number.to_bytes((number.bit_length() + 7) // 8, "big")
        return bytes.fromhex(value[2:])
    except ValueError as fault:
        raise ChainUnreadable(f"the block's {name} is not hex: {fault}") from fault


def _rlp_list(items: list[bytes]) -> bytes:
    body = b"".join(map(_rlp_bytes, items))
    return _rlp_length(len(body), 0xC0) + body


def _rlp_bytes(data: bytes) -> bytes:
    return data if len(data) == 1 and data[0] < 0x80 else _rlp_length(len(data), 0x80) + data


def _rlp_length(length: int, offset: int) -> bytes:
    if length < 56:
        return bytes([offset + length])
    digits = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes([offset + 55 + len(digits)]) + digits
