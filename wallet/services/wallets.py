"""The wallets of seamless operators, ready to be called."""

import time
from uuid import UUID

from operators.models import Operator, WalletConnection
from operators.selectors import get_wallet_connection
from wallet.operator_wallet import OperatorWallet

KEPT_S = 1.0
"""So long a process believes what it has read of a connection: a change of address or key reaches it within this."""
_known: dict[UUID, tuple[float, WalletConnection]] = {}


def wallet_of(operator: Operator) -> OperatorWallet:
    """
    The operator's wallet, with its connection as it was a moment ago.

    :raises NotFound: the operator is in transfer mode.
    """
    until, connection = _known.get(operator.pk, (0.0, None))
    if connection is None or time.monotonic() >= until:
        connection = get_wallet_connection(operator)
        _known[operator.pk] = (time.monotonic() + KEPT_S, connection)
    return OperatorWallet(operator=operator, connection=connection)
