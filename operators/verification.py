"""
Checking signatures of calls to this server, over the raw bytes and before any parser: RFC 9421 with Ed25519, or HMAC.

Pure: what is known of the call goes in, a refusal comes out. See docs/signatures.md for both forms.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from hmac import compare_digest

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from keno_platform.core.clock import to_text
from keno_platform.core.errors import Kind, Refusal
from keno_platform.outbound.signing import COMPONENTS, LABEL, hmac_text

WINDOW_S = 300
"""How far the time of a call may be off, either way."""


class SignatureMissing(Refusal):
    """This operator's calls must be signed, and this one is not."""

    code = "signature_missing"
    kind = Kind.UNAUTHENTICATED
    title = "The call must be signed"


class SignatureInvalid(Refusal):
    """The signature is not one of this call under a valid key of this operator."""

    code = "signature_invalid"
    kind = Kind.UNAUTHENTICATED
    title = "The signature is not valid"


class ClockSkew(Refusal):
    """The call was signed too long ago or in the future; `params.server_time` is this server's time."""

    code = "clock_skew"
    kind = Kind.UNAUTHENTICATED
    title = "The time of the signature is too far from the server's"


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """
    A call as it arrived. `path` and `query` are raw, as on the request line; `authority` is the Host header.

    `headers` finds a value by its name in lower case. A header that came twice has both values, with a comma.
    """

    method: str
    authority: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes

    def header(self, name: str) -> str:
        return self.headers.get(name, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class Key:
    """What a signature is checked with: a public key of 32 bytes, or a shared secret."""

    key_id: str
    kind: str
    material: bytes


_NOBODY = {
    "ed25519": Key(key_id="", kind="ed25519", material=bytes.fromhex("d75a9801 82b10ab7 d54bfed3 c964073a"
                                                                     "0ee172f3 daa62325 af021a68 f707511a")),
    "hmac": Key(key_id="", kind="hmac", material=bytes(32)),
}  # fmt: skip
"""Stands in for a key that there is not, so that its absence takes as long to find out as a wrong signature."""


def is_signed(headers: Mapping[str, str]) -> bool:
    """Whether a call carries a signature of either form, good or bad."""
    return f"{LABEL}=" in headers.get("signature-input", "") or bool(headers.get("x-keno-signature"))


def verify(call: Call, keys: Iterable[Key], *, now: int) -> str:
    """
    Check a signed call at this time (seconds since 1970). Returns the id of the key that has signed it.

    :raises SignatureMissing: it carries none.
    :raises ClockSkew: signed more than WINDOW_S before or after now.
    :raises SignatureInvalid: anything else that is wrong with it.
    """
    by_message = f"{LABEL}=" in call.header("signature-input")
    by_hmac = bool(call.header("x-keno-signature"))
    if by_message and by_hmac:
        raise SignatureInvalid("Sign in one form, not in both.")
    if by_message:
        return _verify_message(call, keys, now)
    if by_hmac:
        return _verify_hmac(call, keys, now)
    raise SignatureMissing()


# --- RFC 9421 with Ed25519 ---------------------------------------------------------------------------------------
_PARAMETER = r';[a-z*][a-z0-9_.*-]*(?:=(?:"[^"\\]*"|[A-Za-z0-9_.:*/+?-]+))?'
_COMPONENT = rf'"[^"\\]*"(?:{_PARAMETER})*'
_INPUT = re.compile(
    rf"([a-z*][a-z0-9_.*-]*)=(\(((?:{_COMPONENT}(?: {_COMPONENT})*)?)\)((?:{_PARAMETER})*))[ \t]*(?:,[ \t]*|\Z)",
    re.ASCII,
)
_SIGNATURE = re.compile(r"([a-z*][a-z0-9_.*-]*)=:([A-Za-z0-9+/]*={0,2}):[ \t]*(?:,[ \t]*|\Z)", re.ASCII)
_COVERED = re.compile(r'"([^"\\;]*)"(?: |\Z)', re.ASCII)
_PAIR = re.compile(r';([a-z*][a-z0-9_.*-]*)(?:=("[^"\\]*"|[A-Za-z0-9_.:*/+?-]+))?', re.ASCII)
_DIGEST = re.compile(r"(?:^|,)[ \t]*sha-256=:([A-Za-z0-9+/]*={0,2}):[ \t]*(?=,|\Z)", re.ASCII)
_DIGITS = re.compile(r"[0-9]{1,12}", re.ASCII)
_SIGNATURE_BYTES = 64


def _verify_message(call: Call, keys: Iterable[Key], now: int) -> str:
    parameters, covered, pairs = _read_input(call.header("signature-input"))
    signature = _read_signature(call.header("signature"))
    if "created" not in pairs:
        raise SignatureInvalid("The signature must say when it was created.")
    _check_time(pairs["created"], now)
    _check_not_expired(pairs.get("expires"), now)
    if pairs.get("alg", '"ed25519"') != '"ed25519"':
        raise SignatureInvalid('alg must be "ed25519".')
    _check_covered(call, covered)
    _check_digest(call)
    lines = [f'"{name}": {_value(call, name)}' for name in covered]
    base = "\n".join([*lines, f'"@signature-params": {parameters}'])
    key = _find(keys, pairs.get("keyid", "").strip('"'), kind="ed25519")
    try:
        Ed25519PublicKey.from_public_bytes(key.material).verify(signature, base.encode("ascii"))
    except (InvalidSignature, UnicodeEncodeError) as error:
        raise _does_not_verify() from error
    return _somebody(key)


def _read_input(header: str) -> tuple[str, list[str], dict[str, str]]:
    """Of our label: the parameters as they stand, the names that are covered, and the parameters one by one."""
    found = [match for match in _members(_INPUT, header) if match[1] == LABEL]
    if len(found) != 1:
        raise SignatureInvalid(f"Signature-Input must hold {LABEL}=(...) once.")
    _, parameters, inner, rest = found[0].groups()
    covered = [match[1] for match in _members(_COVERED, inner)]
    pairs = [(match[1], match[2] or "") for match in _PAIR.finditer(rest)]
    if len(dict(pairs)) != len(pairs) or len(set(covered)) != len(covered):
        raise SignatureInvalid("A component or a parameter of the signature stands twice.")
    return parameters, covered, dict(pairs)


def _read_signature(header: str) -> bytes:
    found = [match[2] for match in _members(_SIGNATURE, header) if match[1] == LABEL]
    signature = _from_base64(found[0]) if len(found) == 1 else b""
    if len(signature) != _SIGNATURE_BYTES:
        raise SignatureInvalid(f"Signature must hold {LABEL}=:...: once, with base64 of 64 bytes.")
    return signature


def _members(pattern: re.Pattern[str], text: str) -> list[re.Match[str]]:
    """Matches that follow one another over the whole text."""
    found, at = [], 0
    while at < len(text):
        match = pattern.match(text, at)
        if match is None:
            raise SignatureInvalid("The signature's headers cannot be read.")
        found.append(match)
        at = match.end()
    return found


def _check_covered(call: Call, covered: list[str]) -> None:
    needed = [*COMPONENTS, *(["idempotency-key"] if call.header("idempotency-key") else [])]
    missing = [name for name in needed if name not in covered]
    if missing:
        raise SignatureInvalid(f"The signature does not cover {', '.join(missing)}.")


def _check_digest(call: Call) -> None:
    found = _DIGEST.findall(call.header("content-digest"))
    told = _from_base64(found[0]) if len(found) == 1 else b""
    if not compare_digest(told, hashlib.sha256(call.body).digest()):
        raise SignatureInvalid("Content-Digest is not sha-256=:...: of the body.")


def _value(call: Call, name: str) -> str:
    match name:
        case "@method":
            return call.method
        case "@authority":
            return call.authority.lower().removesuffix(":443").removesuffix(":80")
        case "@path":
            return call.path or "/"
        case "@query":
            return f"?{call.query}"
    value = call.headers.get(name)
    if name.startswith("@") or value is None or not value.replace("\t", " ").isprintable():
        raise SignatureInvalid("The signature covers something that this call has not, or that is not known here.")
    return value.strip()


# --- HMAC --------------------------------------------------------------------------------------------------------
def _verify_hmac(call: Call, keys: Iterable[Key], now: int) -> str:
    timestamp = call.header("x-keno-timestamp")
    _check_time(timestamp, now)
    key = _find(keys, call.header("x-keno-key"), kind="hmac")
    text = hmac_text(
        timestamp=timestamp,
        method=call.method,
        path=call.path,
        query=call.query,
        body=call.body,
        request_id=call.header("x-request-id"),
        idempotency_key=call.header("idempotency-key"),
    )
    signature = hmac.new(key.material, text, hashlib.sha256).hexdigest()
    if not compare_digest(signature.encode(), call.header("x-keno-signature").encode("utf-8", "replace")):
        raise _does_not_verify()
    return _somebody(key)


# --- both --------------------------------------------------------------------------------------------------------
def _find(keys: Iterable[Key], key_id: str, *, kind: str) -> Key:
    for key in keys:
        if key.key_id == key_id and key.kind == kind:
            return key
    return _NOBODY[kind]


def _somebody(key: Key) -> str:
    if not key.key_id:
        raise _does_not_verify()
    return key.key_id


def _check_time(text: str, now: int) -> None:
    if not _DIGITS.fullmatch(text) or abs(int(text) - now) > WINDOW_S:
        raise _skewed(now)


def _check_not_expired(text: str | None, now: int) -> None:
    if text is not None and (not _DIGITS.fullmatch(text) or int(text) < now):
        raise _skewed(now)


def _skewed(now: int) -> ClockSkew:
    server_time = to_text(datetime.fromtimestamp(now, UTC))
    return ClockSkew(
        f"The time must be seconds since 1970, within {WINDOW_S} s of the server's.",
        server_time=server_time,
        window_s=WINDOW_S,
    )


def _does_not_verify() -> SignatureInvalid:
    return SignatureInvalid("The signature does not verify under a valid key of this operator with this id.")


def _from_base64(text: str) -> bytes:
    try:
        return base64.b64decode(text, validate=True)
    except (ValueError, binascii.Error):
        return b""
