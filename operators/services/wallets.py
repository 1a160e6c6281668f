"""Connecting an operator's own wallet, and the secrets under which it is called."""

import base64
import secrets
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models.functions import Now

from keno_platform.core.errors import Kind, Refusal, Retry
from keno_platform.outbound import check_url
from operators import selectors
from operators.models import Operator, Settlement, Signing, WalletConnection, WalletMode
from operators.ports import ports
from operators.sealing import SEAL
from operators.services.records import record

CONCURRENCY_MAX = 5000
SECRET_BYTES = 32


class OperatorHasMoney(Refusal):
    """Money has moved in the operator's books, so that who holds it can no longer be changed."""

    code = "operator_has_money"
    kind = Kind.CONFLICT
    title = "Money has moved in this operator's books already"
    retry = Retry.NEVER


class WalletConnectionInvalid(Refusal):
    """The description of a wallet connection does not hold together; `params.field` says where."""

    code = "wallet_connection_invalid"
    kind = Kind.INVALID
    title = "The wallet connection is not valid"


@transaction.atomic
def connect_wallet(
    *,
    operator: Operator,
    url: str,
    actor: str,
    signing: str = Signing.ED25519,
    settlement: str = Settlement.BET,
    zero_win_notices: bool = False,
    is_local: bool = False,
    concurrency_max: int = 200,
) -> str | None:
    """
    Put an operator into seamless mode, or change how its wallet is called.

    Returns the HMAC secret (base64) when one was made, which is never shown again; otherwise None.

    :raises AddressNotAllowed: the wallet's address may not be called.
    :raises WalletConnectionInvalid: an unknown way of signing or settling, or a concurrency out of range.
    :raises OperatorHasMoney: the operator is in transfer mode, and money has moved there.
    """
    url = url.rstrip("/")
    check_url(url, local=is_local)
    _check(signing, settlement, concurrency_max)
    locked = Operator.objects.select_for_update().get(pk=operator.pk)
    if locked.wallet_mode != WalletMode.SEAMLESS:
        require_no_money(locked)
        Operator.objects.filter(pk=operator.pk).update(wallet_mode=WalletMode.SEAMLESS)
    found = WalletConnection.objects.filter(operator=operator).first()
    before = facts(found) if found else None
    connection = found or WalletConnection(operator=operator)
    connection.url, connection.signing, connection.settlement = url, signing, settlement
    connection.zero_win_notices, connection.is_local = zero_win_notices, is_local
    connection.concurrency_max = concurrency_max
    needs_secret = signing == Signing.HMAC and connection.hmac_secret is None
    secret = _give_secret(connection) if needs_secret else None
    connection.save()
    operator.wallet_mode = WalletMode.SEAMLESS
    event = "operator.wallet_changed" if found else "operator.wallet_connected"
    record(event, operator, actor, before=before, after=facts(connection))
    return secret


@transaction.atomic
def rotate_wallet_secret(*, operator: Operator, overlap: timedelta, actor: str) -> tuple[str, str]:
    """
    A new HMAC secret for our calls to this wallet: its key id and the secret, shown once.

    Until `overlap` has passed calls are signed with the present one, so that the wallet can learn the new one first.

    :raises NotFound: the operator has no wallet connection.
    :raises WalletConnectionInvalid: it is not called under a shared secret.
    """
    connection = selectors.get_wallet_connection(operator)
    connection = WalletConnection.objects.select_for_update().get(pk=connection.pk)
    if connection.signing != Signing.HMAC:
        raise WalletConnectionInvalid("This wallet is not called under a shared secret.", field="signing")
    pending = WalletConnection.objects.filter(pk=connection.pk, hmac_previous_until__gt=Now()).exists()
    if not pending:  # otherwise the one that signs now goes on, and the one that nobody has yet is forgotten
        connection.hmac_previous = connection.hmac_secret
        connection.hmac_previous_key_id = connection.hmac_key_id
    old = connection.hmac_previous_key_id
    secret = _give_secret(connection)
    connection.hmac_previous_until = Now() + overlap
    connection.save()
    record(
        "operator.wallet_secret_rotated",
        operator,
        actor,
        before={"key": old},
        after={"key": connection.hmac_key_id, "overlap_s": int(overlap.total_seconds())},
    )
    return connection.hmac_key_id, secret


@transaction.atomic
def set_wallet_active(*, operator: Operator, active: bool, reason: str, actor: str) -> None:
    """
    Stop or resume calls for new bets to this wallet. What is owed is settled either way.

    :raises NotFound: the operator has no wallet connection.
    """
    connection = selectors.get_wallet_connection(operator)
    WalletConnection.objects.filter(pk=connection.pk).update(active=active)
    record(
        "operator.wallet_resumed" if active else "operator.wallet_paused",
        operator,
        actor,
        before={"active": connection.active},
        after={"active": active, "reason": reason},
    )


def require_no_money(operator: Operator) -> None:
    """:raises OperatorHasMoney: any money has ever moved in its books."""
    if ports.has_money is not None and ports.has_money(operator):
        raise OperatorHasMoney()


def wallet_secret_about(operator_id: object, key_id: str) -> str:
    """What a wallet's secret is sealed about."""
    return f"wallet:{operator_id}:{key_id}"


def facts(connection: WalletConnection) -> dict[str, Any]:
    """A connection as the audit log keeps it: everything but its secrets."""
    names = ("url", "signing", "settlement", "zero_win_notices", "is_local", "concurrency_max", "active")
    return {name: getattr(connection, name) for name in names} | {"hmac_key": connection.hmac_key_id or None}


def _check(signing: str, settlement: str, concurrency_max: int) -> None:
    if signing not in Signing.values:
        raise WalletConnectionInvalid("signing is ed25519 or hmac.", field="signing")
    if settlement not in Settlement.values:
        raise WalletConnectionInvalid("settlement is bet or round.", field="settlement")
    if not 1 <= concurrency_max <= CONCURRENCY_MAX:
        raise WalletConnectionInvalid(f"concurrency_max is 1 to {CONCURRENCY_MAX}.", field="concurrency_max")


def _give_secret(connection: WalletConnection) -> str:
    secret = secrets.token_bytes(SECRET_BYTES)
    connection.hmac_key_id = f"wk_{secrets.token_hex(8)}"
    about = wallet_secret_about(connection.operator_id, connection.hmac_key_id)
    connection.hmac_secret = SEAL.close(secret, about=about)
    return base64.b64encode(secret).decode()
