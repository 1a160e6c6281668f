"""Codes of the second factor: RFC 6238 as authenticator apps have it, over keys that are sealed at rest."""

import base64
import hashlib
import hmac
import secrets
from urllib.parse import quote, urlencode

from django_otp import oath

from keno_platform.core import clock
from operators.sealing import Seal

STEP_S = 30
DIGITS = 6
TOLERANCE_STEPS = 1
"""So many steps a phone's clock may be ahead or behind."""
KEY_BYTES = 20
ISSUER = "Keno platform"
BACKUP_CODES = 10
_BACKUP_BYTES = 10
SEAL = Seal(purpose="keno staff second factor v1")


def about(user_id: int) -> str:
    """What a member's key is sealed about."""
    return f"staff {user_id}"


def new_key() -> bytes:
    """A key for a new authenticator."""
    return secrets.token_bytes(KEY_BYTES)


def seal_key(key: bytes, *, user_id: int) -> bytes:
    """A key as it is kept."""
    return SEAL.close(key, about=about(user_id))


def open_key(sealed: bytes, *, user_id: int) -> bytes:
    """:raises InvalidTag: it was sealed for somebody else, or under another seal key."""
    return SEAL.open(sealed, about=about(user_id))


def present_step() -> int:
    """Which 30 seconds it is, since 1970."""
    return clock.to_milliseconds(clock.now()) // 1000 // STEP_S


def code_at(key: bytes, step: int) -> str:
    """The code that an app shows in these 30 seconds."""
    return f"{oath.hotp(key, step, DIGITS):0{DIGITS}d}"


def step_of(key: bytes, typed: str, *, after: int) -> int | None:
    """To which step now, later than `after`, a code belongs; None when it belongs to none of them."""
    text, now = "".join(typed.split()), present_step()
    steps = range(max(now - TOLERANCE_STEPS, after + 1), now + TOLERANCE_STEPS + 1)
    found = [step for step in steps if hmac.compare_digest(code_at(key, step).encode(), text.encode())]
    return found[-1] if found else None


def as_text(key: bytes) -> str:
    """A key as it is typed into an app that cannot read the picture: base 32, in groups of four."""
    text = base64.b32encode(key).decode()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def from_text(text: str) -> bytes:
    """The key that such a text says. :raises ValueError: none."""
    return base64.b32decode("".join(text.split()))


def address_of(key: bytes, *, name: str) -> str:
    """What the picture for the app says: the key URI that all apps read."""
    facts = {"secret": as_text(key).replace(" ", ""), "issuer": ISSUER, "digits": DIGITS, "period": STEP_S}
    return f"otpauth://totp/{quote(f'{ISSUER}:{name}')}?{urlencode(facts, quote_via=quote)}"


def new_backup_codes() -> list[str]:
    """Codes of 80 random bits each: `abcd-efgh-ijkl-mnop`."""
    return [
        _grouped(base64.b32encode(secrets.token_bytes(_BACKUP_BYTES)).decode().lower()) for _ in range(BACKUP_CODES)
    ]


def hash_backup_code(code: str) -> bytes:
    """What is kept of a backup code. It has too many bits to be guessed, so it needs no slow hash."""
    plain = "".join(letter for letter in code.lower() if letter.isalnum())
    return hashlib.sha256(b"keno staff backup code\0" + plain.encode()).digest()


def _grouped(text: str) -> str:
    return "-".join(text[at : at + 4] for at in range(0, len(text), 4))
