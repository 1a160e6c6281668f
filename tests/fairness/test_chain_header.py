"""The hash of a block follows from its header, in all the forms that Ethereum's headers have had."""

import json
from pathlib import Path
from typing import Any

import pytest

from fairness.chain.header import block_hash_of
from fairness.errors import ChainUnreadable

BLOCKS = json.loads((Path(__file__).parent / "blocks.json").read_text("ascii"))
"""Block 0 of the main network, and blocks that Foundry's anvil has made by the rules of four upgrades."""


@pytest.mark.parametrize("known", BLOCKS, ids=[known["fork"].partition(":")[0] for known in BLOCKS])
def test_real_blocks_have_the_hash_that_their_header_gives(known: dict[str, Any]) -> None:
    block = known["block"]
    assert block_hash_of(block) == block["hash"]
    beside = {"hash", "size", "totalDifficulty", "transactions", "uncles", "withdrawals"}
    for name in block.keys() - beside:
        other = block[name][:-1] + ("1" if block[name][-1] != "1" else "2")
        assert block_hash_of({**block, name: other if len(other) > 2 else "0x01"}) != block["hash"], name


def test_a_header_of_another_form_is_left_alone() -> None:
    block = BLOCKS[-1]["block"]
    assert block_hash_of({**block, "l1BlockNumber": "0x1"}) is None
    assert block_hash_of({name: value for name, value in block.items() if name != "mixHash"}) is None
    assert block_hash_of({name: value for name, value in block.items() if name != "withdrawalsRoot"}) is None


@pytest.mark.parametrize("value", [1, "1", "0xzz", "0x123"])
def test_a_field_that_is_not_hex_is_refused(value: object) -> None:
    with pytest.raises(ChainUnreadable):
        block_hash_of({**BLOCKS[-1]["block"], "stateRoot": value})
