"""How an operator may be integrated: test money, signed calls, where it calls from, who may frame its client."""

import re
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any

from django.db import transaction

from operators import selectors
from operators.models import Operator
from operators.services.creation import OperatorInvalid
from operators.services.records import record
from operators.services.wallets import require_no_money

ENTRIES_MAX = 64
_ORIGIN = re.compile(
    r"(?:https://(?=[^:]{1,253}(?::|\Z))[a-z0-9-]+(?:\.[a-z0-9-]+)+"
    r"|https?://(?:localhost|127\.0\.0\.1|[a-z0-9-]+\.localhost))(?::[1-9][0-9]{0,4})?",
    re.ASCII,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """What is to change; None leaves a thing as it is."""

    sandbox: bool | None = None
    signed_calls_required: bool | None = None
    allowed_addresses: tuple[str, ...] | None = None
    frame_ancestors: tuple[str, ...] | None = None


@transaction.atomic
def change_integration(*, operator: Operator, change: Integration, actor: str) -> None:
    """
    Change what is named, on record.

    :raises OperatorInvalid: not an address, network or origin; signatures asked for without any key to check them.
    :raises OperatorHasMoney: test money cannot become real, nor the other way round, once it has moved.
    """
    locked = Operator.objects.select_for_update().get(pk=operator.pk)
    wanted = _checked(locked, change)
    before = {name: getattr(locked, name) for name in wanted}
    wanted = {name: value for name, value in wanted.items() if value != before[name]}
    if not wanted:
        return
    if "sandbox" in wanted:
        require_no_money(locked)
    Operator.objects.filter(pk=operator.pk).update(**wanted)
    for name, value in wanted.items():
        setattr(operator, name, value)
    record("operator.integration_changed", operator, actor, before={one: before[one] for one in wanted}, after=wanted)


def _checked(operator: Operator, change: Integration) -> dict[str, Any]:
    wanted: dict[str, Any] = {}
    if change.sandbox is not None:
        wanted["sandbox"] = change.sandbox
    if change.signed_calls_required is not None:
        if change.signed_calls_required and not selectors.list_valid_caller_keys(operator):
            raise OperatorInvalid("Add a key for signed calls first.", field="signed_calls_required")
        wanted["signed_calls_required"] = change.signed_calls_required
    if change.allowed_addresses is not None:
        wanted["allowed_addresses"] = [_network(one) for one in _few("allowed_addresses", change.allowed_addresses)]
    if change.frame_ancestors is not None:
        wanted["frame_ancestors"] = [_origin(one) for one in _few("frame_ancestors", change.frame_ancestors)]
    return wanted


def _few(field: str, entries: tuple[str, ...]) -> tuple[str, ...]:
    if len(entries) > ENTRIES_MAX:
        raise OperatorInvalid(f"At most {ENTRIES_MAX} entries.", field=field)
    return tuple(dict.fromkeys(entries))


def _network(text: str) -> str:
    try:
        network = ip_network(text)
    except ValueError as error:
        raise OperatorInvalid(
            "Entries are IP addresses or networks such as 198.51.100.7 or 198.51.100.0/24.", field="allowed_addresses"
        ) from error
    return str(network.network_address) if network.num_addresses == 1 else str(network)


def _origin(text: str) -> str:
    if len(text) > 255 or not _ORIGIN.fullmatch(text):
        raise OperatorInvalid(
            "Entries are origins such as https://casino.example, without a path.", field="frame_ancestors"
        )
    return text
