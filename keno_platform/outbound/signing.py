"""
Signing calls, in two forms: HTTP Message Signatures (RFC 9421) with Ed25519, and HMAC-SHA256. See docs/signatures.md.

The signature base is built by hand, since every call of a seamless wallet is signed; tests hold it against a library.
"""

import base64
import hashlib
import hmac
from functools import lru_cache
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

LABEL = "keno"
COMPONENTS = ("@method", "@authority", "@path", "@query", "content-digest", "x-request-id")
"""What every Ed25519 signature covers. A call to us that carries an idempotency key covers that, too."""
_COVERED = " ".join(f'"{name}"' for name in COMPONENTS)
_PORTS = {"https": ":443", "http": ":80"}


@lru_cache(maxsize=4096)
def _target(url: str) -> tuple[str, str, str]:
    """Authority, path and query of an address, as the signature has them."""
    parts = urlsplit(url)
    authority = parts.netloc.lower().removesuffix(_PORTS.get(parts.scheme, ":443"))
    return authority, parts.path or "/", parts.query


def content_digest(body: bytes) -> str:
    """The Content-Digest header of a body (RFC 9530), of an empty one too."""
    return f"sha-256=:{base64.b64encode(hashlib.sha256(body).digest()).decode()}:"


def sign_ed25519(
    private_key: Ed25519PrivateKey,
    key_id: str,
    *,
    method: str,
    url: str,
    body: bytes,
    request_id: str,
    created: int,
) -> dict[str, str]:
    """The headers of a signed call. `created` is in seconds since 1970; `request_id` goes out as X-Request-Id."""
    authority, path, query = _target(url)
    digest = content_digest(body)
    parameters = f'({_COVERED});created={created};keyid="{key_id}";alg="ed25519"'
    base = (
        f'"@method": {method}\n"@authority": {authority}\n"@path": {path}\n"@query": ?{query}\n'
        f'"content-digest": {digest}\n"x-request-id": {request_id}\n"@signature-params": {parameters}'
    )
    signature = base64.b64encode(private_key.sign(base.encode("ascii"))).decode()
    return {
        "X-Request-Id": request_id,
        "Content-Digest": digest,
        "Signature-Input": f"{LABEL}={parameters}",
        "Signature": f"{LABEL}=:{signature}:",
    }


def hmac_text(
    *, timestamp: str, method: str, path: str, query: str, body: bytes, request_id: str, idempotency_key: str
) -> bytes:
    """What the HMAC form signs."""
    address = f"{path}?{query}" if query else path
    digest = hashlib.sha256(body).hexdigest()
    return f"{timestamp}.{method}.{address}.{digest}.{request_id}.{idempotency_key}".encode()


def sign_hmac(
    secret: bytes,
    key_id: str,
    *,
    method: str,
    url: str,
    body: bytes,
    request_id: str,
    created: int,
    idempotency_key: str = "",
) -> dict[str, str]:
    """The headers of a call signed with a shared secret, which is given as bytes."""
    _, path, query = _target(url)
    timestamp = str(created)
    text = hmac_text(
        timestamp=timestamp,
        method=method,
        path=path,
        query=query,
        body=body,
        request_id=request_id,
        idempotency_key=idempotency_key,
    )
    return {
        "X-Request-Id": request_id,
        "X-Keno-Key": key_id,
        "X-Keno-Timestamp": timestamp,
        "X-Keno-Signature": hmac.new(secret, text, hashlib.sha256).hexdigest(),
    }
