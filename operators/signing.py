"""Signatures of calls, both ways: what our calls to operators carry, and the check of theirs to us."""

import logging
import time
from collections.abc import Mapping
from datetime import UTC, datetime

from keno_platform.core.errors import Kind, Refusal
from keno_platform.outbound.signing import sign_ed25519, sign_hmac
from operators import selectors
from operators.keyring import keyring, opened
from operators.models import ApiKey, CallerKey, Operator, Signing, WalletConnection
from operators.origins import client_address, may_call_from
from operators.services.caller_keys import caller_key_about
from operators.services.wallets import wallet_secret_about
from operators.verification import (
    WINDOW_S,
    Call,
    ClockSkew,
    Key,
    SignatureInvalid,
    SignatureMissing,
    is_signed,
    verify,
)

__all__ = [
    "WINDOW_S",
    "ClockSkew",
    "IpNotAllowed",
    "SignatureInvalid",
    "SignatureMissing",
    "check_incoming",
    "ready_to_sign",
    "signed_headers",
]
logger = logging.getLogger(__name__)


class IpNotAllowed(Refusal):
    """The call comes from an address that is not on the operator's list; `params.address` is what we see."""

    code = "ip_not_allowed"
    kind = Kind.FORBIDDEN
    title = "Calls from this address are not allowed"


async def ready_to_sign(connection: WalletConnection) -> None:
    """Have at hand what `signed_headers` needs inside an event loop."""
    if connection.signing == Signing.HMAC:
        return
    await keyring.ready()


def signed_headers(
    connection: WalletConnection, *, method: str, url: str, body: bytes, request_id: str, idempotency_key: str = ""
) -> dict[str, str]:
    """
    The headers that sign a call to this wallet. Asks the database at most every few seconds, and in an event loop,
    where `ready_to_sign` is awaited before, never waits for it.
    """
    created = int(time.time())
    if connection.signing == Signing.HMAC:
        key_id, secret = _wallet_secret(connection)
        return sign_hmac(
            secret,
            key_id,
            method=method,
            url=url,
            body=body,
            request_id=request_id,
            created=created,
            idempotency_key=idempotency_key,
        )
    key = keyring.current()
    return sign_ed25519(
        key.private_key, key.key_id, method=method, url=url, body=body, request_id=request_id, created=created
    )


def _wallet_secret(connection: WalletConnection) -> tuple[str, bytes]:
    """The secret that signs now, and its id: during a rotation's overlap still the previous one."""
    key_id, sealed = connection.hmac_key_id, connection.hmac_secret
    until = connection.hmac_previous_until
    if connection.hmac_previous is not None and until is not None and until > datetime.now(UTC):
        key_id, sealed = connection.hmac_previous_key_id, connection.hmac_previous
    return key_id, opened(bytes(sealed or b""), wallet_secret_about(connection.operator_id, key_id))


def check_incoming(
    operator: Operator,
    key: ApiKey,
    *,
    method: str,
    authority: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
    remote: str,
) -> None:
    """
    Refuse a call of an operator's backend that comes from elsewhere, or whose signature is missing or wrong.

    To be called when its API key is known, and before anything parses the body. `path` and `query` are raw, as on the
    request line; `headers` finds values by names in lower case; `remote` is the other end of the connection. Asks the
    database only for a call that is signed.

    :raises IpNotAllowed: not one of the operator's addresses.
    :raises SignatureMissing: the operator's calls must be signed.
    :raises ClockSkew: signed too long ago, or in the future.
    :raises SignatureInvalid: signed by nobody, or for another call. Also where signatures are not required.
    """
    try:
        _check_address(operator, headers, remote)
        if is_signed(headers):
            call = Call(method=method, authority=authority, path=path, query=query, headers=headers, body=body)
            verify(call, _keys_of(operator), now=int(time.time()))
        elif operator.signed_calls_required:
            raise SignatureMissing()
    except Refusal as refusal:
        logger.warning("%s: a call with key %s was refused: %s", operator.slug, key.hint, refusal.code)
        raise


def _check_address(operator: Operator, headers: Mapping[str, str], remote: str) -> None:
    if operator.allowed_addresses:
        address = client_address(remote, headers.get("x-forwarded-for", ""))
        if not may_call_from(address, operator.allowed_addresses):
            raise IpNotAllowed(address=address)


def _keys_of(operator: Operator) -> list[Key]:
    return [_key(row) for row in selectors.list_valid_caller_keys(operator)]


def _key(row: CallerKey) -> Key:
    if row.kind == Signing.HMAC:
        material = opened(bytes(row.sealed or b""), caller_key_about(row.operator_id, row.key_id))
    else:
        material = bytes(row.public_key or b"")
    return Key(key_id=row.key_id, kind=row.kind, material=material)
