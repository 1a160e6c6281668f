"""
Both forms in which calls are signed: Ed25519 HTTP Message Signatures (RFC 9421) and HMAC-SHA256.

Small on purpose: an own reading of the two forms, that needs no library but `cryptography`. Signed are raw bytes;
nothing of a body is parsed before its signature has been found good.
"""

import base64
import binascii
import hashlib
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

WINDOW_S = 300
"""How far a signature's time may lie from the verifier's clock, either way."""
LABEL = "keno"
COVERED = ("@method", "@authority", "@path", "@query", "content-digest", "x-request-id")
"""What every Ed25519 signature covers, in this order when we sign."""
_ITEM = r'"[^"\s]*"'
_PARAMETER = r';[a-z*][a-z0-9_*.-]*=(?:"[^"]*"|-?\d+)'
_INPUT = re.compile(
    rf"(?:^|,)\s*{LABEL}=(?P<parameters>\((?P<items>(?:{_ITEM}(?: {_ITEM})*)?)\)(?:{_PARAMETER})*)(?:,|$)"
)
_SIGNATURE = re.compile(rf"(?:^|,)\s*{LABEL}=:(?P<value>[A-Za-z0-9+/]+={{0,2}}):(?:,|$)")
_ONE_PARAMETER = re.compile(r';(?P<name>[a-z*][a-z0-9_*.-]*)=(?:"(?P<text>[^"]*)"|(?P<number>-?\d+))')


class SignatureRefused(Exception):
    """The call is not signed as it must be; the text says why, for whoever debugs an integration."""


class KeyUnknown(SignatureRefused):
    """The call names a key that nobody here knows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """A request as it stood on the wire. Header names in lower case; `target` is the path with its query."""

    method: str
    authority: str
    target: str
    headers: Mapping[str, str]
    body: bytes


def content_digest(body: bytes) -> str:
    """The Content-Digest header of a body (RFC 9530); an empty body has one too."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ed25519Signer:
    """Signs as the platform does when an operator chose Ed25519."""

    key_id: str
    key: Ed25519PrivateKey

    def sign(self, message: Message, *, at_s: int) -> dict[str, str]:
        """The headers that sign this message: Content-Digest, Signature-Input and Signature. It has X-Request-Id."""
        digest = content_digest(message.body)
        items = " ".join(f'"{name}"' for name in COVERED)
        parameters = f'({items});created={at_s};keyid="{self.key_id}";alg="ed25519"'
        base = _base(message, COVERED, parameters, digest=digest)
        signature = base64.b64encode(self.key.sign(base)).decode()
        return {
            "content-digest": digest,
            "signature-input": f"{LABEL}={parameters}",
            "signature": f"{LABEL}=:{signature}:",
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class HmacSigner:
    """Signs as the platform does when an operator chose HMAC."""

    key_id: str
    secret: bytes

    def sign(self, message: Message, *, at_s: int) -> dict[str, str]:
        """The headers that sign this message: X-Keno-Key, X-Keno-Timestamp and X-Keno-Signature."""
        mac = hmac_of(self.secret, message, timestamp=str(at_s))
        return {"x-keno-key": self.key_id, "x-keno-timestamp": str(at_s), "x-keno-signature": mac}


Signer = Ed25519Signer | HmacSigner


def hmac_of(secret: bytes, message: Message, *, timestamp: str) -> str:
    """timestamp.METHOD.path?query.sha256(body).X-Request-Id.Idempotency-Key, as lower hex of its HMAC-SHA256."""
    parts = (
        timestamp,
        message.method,
        message.target,
        hashlib.sha256(message.body).hexdigest(),
        message.headers.get("x-request-id", ""),
        message.headers.get("idempotency-key", ""),
    )
    return hmac.new(secret, ".".join(parts).encode(), hashlib.sha256).hexdigest()


def verify_hmac(message: Message, *, secrets: Mapping[str, bytes], now_s: float, window_s: float = WINDOW_S) -> None:
    """
    Check an HMAC signature. A secret under the key id "*" answers for every key id.

    :raises SignatureRefused: missing, wrong, of an unknown key, or too old.
    """
    headers = message.headers
    key_id, timestamp, claimed = (headers.get(f"x-keno-{one}", "") for one in ("key", "timestamp", "signature"))
    if not (key_id and timestamp and claimed):
        raise SignatureRefused("X-Keno-Key, X-Keno-Timestamp and X-Keno-Signature are needed")
    secret = secrets.get(key_id) or secrets.get("*")
    if secret is None:
        raise KeyUnknown(f"no secret is known under the key id {key_id!r}")
    signed_s = _seconds(timestamp)
    expected = hmac_of(secret, message, timestamp=timestamp)
    if not hmac.compare_digest(expected.encode(), claimed.encode()):
        raise SignatureRefused("the HMAC is not that of this request")
    _check_window(signed_s, now_s, window_s)


def verify_ed25519(
    message: Message,
    *,
    keys: Mapping[str, Ed25519PublicKey],
    now_s: float,
    window_s: float = WINDOW_S,
    check_digest: bool = True,
) -> None:
    """
    Check an Ed25519 signature, and that the digest that it covers is the body's.

    :raises SignatureRefused: missing, wrong, of an unknown key, too old, or of another body.
    """
    signed = _INPUT.search(message.headers.get("signature-input", ""))
    value = _SIGNATURE.search(message.headers.get("signature", ""))
    if signed is None or value is None:
        raise SignatureRefused(f"Signature-Input and Signature with the label {LABEL} are needed")
    items = [item.strip('"') for item in signed["items"].split()]
    if missing := [name for name in COVERED if name not in items]:
        raise SignatureRefused(f"the signature does not cover {', '.join(missing)}")
    parameters = {one["name"]: one["text"] or one["number"] for one in _ONE_PARAMETER.finditer(signed["parameters"])}
    key = keys.get(parameters.get("keyid", ""))
    if key is None or parameters.get("alg", "ed25519") != "ed25519":
        raise KeyUnknown(f"no Ed25519 key is known under the key id {parameters.get('keyid')!r}")
    digest = message.headers.get("content-digest", "")
    try:
        key.verify(base64.b64decode(value["value"]), _base(message, items, signed["parameters"], digest=digest))
    except (InvalidSignature, binascii.Error) as error:
        raise SignatureRefused("the signature is not that of this request") from error
    if check_digest and not hmac.compare_digest(digest.encode(), content_digest(message.body).encode()):
        raise SignatureRefused("the Content-Digest is not that of this body")
    _check_window(_seconds(parameters.get("created")), now_s, window_s)
    if "expires" in parameters and now_s > _seconds(parameters["expires"]):
        raise SignatureRefused("the signature has expired by its own word")


def _base(message: Message, items: tuple[str, ...] | list[str], parameters: str, *, digest: str) -> bytes:
    """The signature base of RFC 9421, section 2.5."""
    path, _, query = message.target.partition("?")
    derived = {
        "@method": message.method,
        "@authority": message.authority.lower(),
        "@path": path or "/",
        "@query": f"?{query}",
        "content-digest": digest,
    }
    lines = []
    for name in items:
        value = derived.get(name, message.headers.get(name))
        if value is None:
            raise SignatureRefused(f"the signature covers {name}, which the request does not have")
        lines.append(f'"{name}": {value}\n')
    return f'{"".join(lines)}"@signature-params": {parameters}'.encode()


def _seconds(text: str | None) -> int:
    if text is None or not re.fullmatch(r"[0-9]{1,12}", text, re.ASCII):
        raise SignatureRefused(f"{text!r} is not a number of seconds")
    return int(text)


def _check_window(signed_s: int, now_s: float, window_s: float) -> None:
    if abs(now_s - signed_s) > window_s:
        raise SignatureRefused(f"signed {now_s - signed_s:+.0f} s away from this clock; {window_s:g} s are allowed")
