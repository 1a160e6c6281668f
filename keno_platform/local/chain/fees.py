"""What gas costs here, and what it has cost."""

import math
from collections.abc import Sequence
from typing import Any

from eth.abc import BlockHeaderAPI

from keno_platform.local.chain import forms
from keno_platform.local.chain.ledger import Ledger

TIP_WEI = 10**9
"""Suggested as the tip: a block here is never full, but a sender should meet numbers as elsewhere."""


def suggest_gas_price(ledger: Ledger) -> int:
    """For transactions without a separate tip, in wei."""
    return ledger.find_next_base_fee(ledger.head) + TIP_WEI


def describe_history(ledger: Ledger, headers: Sequence[BlockHeaderAPI], percentiles: Sequence[float]) -> dict[str, Any]:
    """The answer of `eth_feeHistory` for blocks that follow one another; their base fees and the next one's."""
    fees = [header.base_fee_per_gas for header in headers] + [ledger.find_next_base_fee(headers[-1])]
    history: dict[str, Any] = {
        "oldestBlock": forms.quantity(headers[0].block_number),
        "baseFeePerGas": [forms.quantity(fee) for fee in fees],
        "gasUsedRatio": [header.gas_used / header.gas_limit for header in headers],
    }
    if percentiles:
        history["reward"] = [_describe_tips(ledger, header, percentiles) for header in headers]
    return history


def _describe_tips(ledger: Ledger, header: BlockHeaderAPI, percentiles: Sequence[float]) -> list[str]:
    """For each percentile of the gas that a block has used, the tip of the unit of gas that stands there."""
    by_price = _sort_tips(ledger, header)
    answers = []
    for percentile in percentiles:
        threshold, passed, tip = math.ceil(header.gas_used * percentile / 100), 0, 0
        for paid, gas in by_price:
            if passed and passed >= threshold:
                break
            tip, passed = paid, passed + gas
        answers.append(forms.quantity(tip))
    return answers


def _sort_tips(ledger: Ledger, header: BlockHeaderAPI) -> list[tuple[int, int]]:
    """What each transaction of a block has paid over the base fee, in wei, with the gas that it has used."""
    block = ledger.read_block(header)
    used_before, tips = 0, []
    for transaction, receipt in zip(block.transactions, ledger.read_receipts(block), strict=True):
        tip = forms.find_gas_price(block, transaction) - (header.base_fee_per_gas or 0)
        tips.append((tip, receipt.gas_used - used_before))
        used_before = receipt.gas_used
    return sorted(tips)
