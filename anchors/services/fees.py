"""What a transaction offers to pay. All amounts are in wei for a unit of gas."""

from dataclasses import dataclass

from django.conf import settings

from anchors.chain import GWEI, Look
from anchors.models import AlarmCode, Transaction
from anchors.services.alarms import Halt

RAISE_NUMERATOR, RAISE_DENOMINATOR = 9, 8
"""12.5 %: nodes take a replacement only when both fees rise by a tenth or an eighth."""
ROOM_FOR_BASE_FEE = 2
"""The base fee can double, in six full blocks, before a transaction is priced out."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fees:
    """The most that is paid, and the part of it that goes to who mines."""

    max_wei: int
    priority_wei: int


def first_offer(look: Look, *, tip_wei: int) -> Fees:
    """
    What a new transaction offers.

    :raises Halt: it could not be mined below the cap now.
    """
    cap = settings.CHAIN_MAX_FEE_GWEI * GWEI
    if look.base_fee_wei + tip_wei > cap:
        raise _over_cap(look.base_fee_wei + tip_wei)
    wanted = ROOM_FOR_BASE_FEE * look.base_fee_wei + tip_wei
    return Fees(max_wei=min(wanted, cap), priority_wei=tip_wei)


def higher_offer(old: Transaction, look: Look, *, tip_wei: int) -> Fees:
    """
    What replaces an offer that was too low: both parts at least an eighth higher, and what is asked for now.

    :raises Halt: an eighth more is over the cap.
    """
    cap = settings.CHAIN_MAX_FEE_GWEI * GWEI
    least, least_tip = _raised(old.max_fee_wei or 0), _raised(old.priority_fee_wei or 0)
    if max(least, look.base_fee_wei + max(least_tip, tip_wei)) > cap:
        raise _over_cap(max(least, look.base_fee_wei + max(least_tip, tip_wei)))
    wanted = max(least, ROOM_FOR_BASE_FEE * look.base_fee_wei + max(least_tip, tip_wei))
    return Fees(max_wei=min(wanted, cap), priority_wei=max(least_tip, tip_wei))


def _raised(wei: int) -> int:
    return -(-wei * RAISE_NUMERATOR // RAISE_DENOMINATOR)


def _over_cap(wei: int) -> Halt:
    return Halt(
        AlarmCode.FEE_OVER_CAP, f"{-(-wei // GWEI)} gwei are needed and {settings.CHAIN_MAX_FEE_GWEI} are allowed"
    )
