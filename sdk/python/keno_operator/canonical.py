"""The bytes that are signed, in both forms and in both directions."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

COMPONENTS = ("@method", "@authority", "@path", "@query", "content-digest", "x-request-id")
"""What every RFC 9421 signature covers; a call with an idempotency key covers that too."""

LABEL = "keno"
WINDOW_S = 300
_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def content_digest(body: bytes) -> str:
    """The value of the header `Content-Digest`. An empty body has one too."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def parameters(components: tuple[str, ...], *, created: int, key_id: str) -> str:
    """What stands behind the label in `Signature-Input`."""
    named = " ".join(f'"{component}"' for component in components)
    return f'({named});created={created};keyid="{key_id}";alg="ed25519"'


def signature_base(
    components: tuple[str, ...], *, method: str, url: str, headers: Mapping[str, str], signed_parameters: str
) -> bytes:
    """
    RFC 9421's signature base.

    :raises KeyError: a component that is not among the headers, or that is derived in a way not known here.
    """
    lines = [f'"{name}": {_component(name, method, url, headers)}' for name in components]
    return "\n".join([*lines, f'"@signature-params": {signed_parameters}']).encode()


def _component(name: str, method: str, url: str, headers: Mapping[str, str]) -> str:
    parts = urlsplit(url)
    match name:
        case "@method":
            return method.upper()
        case "@authority":
            return _authority(parts)
        case "@path":
            return parts.path or "/"
        case "@query":
            return f"?{parts.query}"
    return headers[name].strip()


def _authority(parts: SplitResult) -> str:
    return parts.netloc.rpartition("@")[2].lower().removesuffix(_DEFAULT_PORTS.get(parts.scheme, "\n"))


def hmac_signature(
    secret: bytes, *, timestamp: str, method: str, url: str, body: bytes, request_id: str, idempotency_key: str
) -> str:
    """The value of the header `X-Keno-Signature`: lower hex."""
    parts = urlsplit(url)
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    digest = hashlib.sha256(body).hexdigest()
    text = ".".join((timestamp, method.upper(), target, digest, request_id, idempotency_key))
    return hmac.new(secret, text.encode(), hashlib.sha256).hexdigest()
