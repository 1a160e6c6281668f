"""The admins' second factor: time-based one-time passwords (RFC 6238), six digits of SHA-1 every 30 seconds."""

import base64
import hmac
import secrets
from urllib.parse import quote, urlencode
from uuid import UUID

from django_otp.oath import hotp

from operators.sealing import Seal

STEP_S = 30
DRIFT = 1
"""So many steps a phone's clock may be early or late."""
_SEAL = Seal(purpose="keno banker v1")


def new_secret() -> str:
    """160 random bits in base32, as authenticator apps read them."""
    return base64.b32encode(secrets.token_bytes(20)).decode()


def enrolment(secret: str, *, issuer: str, name: str) -> str:
    """The address that an authenticator app reads from a QR code."""
    query = urlencode({"secret": secret, "issuer": issuer, "digits": 6, "period": STEP_S}, quote_via=quote)
    return f"otpauth://totp/{quote(f'{issuer}:{name}')}?{query}"


def seal(secret: str, member_id: UUID) -> bytes:
    """The secret as it is kept."""
    return _SEAL.close(secret.encode(), about=str(member_id))


def open_sealed(sealed: bytes, member_id: UUID) -> str:
    """:raises InvalidTag: it is another member's, or of another installation."""
    return _SEAL.open(sealed, about=str(member_id)).decode()


def is_current(sealed: bytes, member_id: UUID) -> bool:
    """Whether it is sealed under the installation's current key."""
    return _SEAL.is_current(sealed, about=str(member_id))


def code_at(secret: str, step: int) -> str:
    """The code of a time step."""
    return f"{hotp(base64.b32decode(secret), step):06d}"


def step_of(secret: str, code: str, *, at_s: float, after: int) -> int | None:
    """The step whose code this is, now or a step away, and later than `after`: a code is good once. None if none."""
    now = int(at_s) // STEP_S
    for step in range(max(now - DRIFT, after + 1), now + DRIFT + 1):
        if hmac.compare_digest(code_at(secret, step).encode(), code.encode(errors="replace")):
            return step
    return None
