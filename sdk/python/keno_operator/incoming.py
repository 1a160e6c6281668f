"""Checking that a wallet call really comes from the platform. Always over the raw bytes, before any parser."""

import base64
import binascii
import hashlib
import hmac
import re
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from keno_operator.canonical import COMPONENTS, LABEL, WINDOW_S, hmac_signature, signature_base
from keno_operator.keys import CallKeys

_INPUT = re.compile(
    rf"""
    (?:^|,)\s*{LABEL}=
    (?P<parameters>
        \((?P<components>"[a-z0-9@-]+"(?:\ "[a-z0-9@-]+")*)\)
        (?P<rest>(?:;[a-z]+=(?:\d+|"[^"\\]*"))*)
    )
    \s*(?:,|$)
    """,
    re.VERBOSE,
)
_SIGNATURE = re.compile(rf"(?:^|,)\s*{LABEL}=:(?P<value>[A-Za-z0-9+/=]+):\s*(?:,|$)")
_DIGEST = re.compile(r"(?:^|,)\s*sha-256=:(?P<value>[A-Za-z0-9+/=]+):\s*(?:,|$)")
_PARAMETER = re.compile(r';([a-z]+)=(?:(\d+)|"([^"\\]*)")')


class NotVerified(Exception):
    """The call is not shown to be the platform's: refuse it with HTTP 401 and do nothing."""

    code = "signature_invalid"


class SignatureMissing(NotVerified):
    """There is no signature at all."""

    code = "signature_missing"


class SignatureInvalid(NotVerified):
    """Another body, another address, another or an unknown key."""


class ClockSkew(NotVerified):
    """The signature was made more than five minutes away from this machine's clock."""

    code = "clock_skew"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Signed:
    """What an Ed25519 signature claims."""

    components: tuple[str, ...]
    parameters: str
    created: int
    key_id: str
    signature: bytes


class CallVerifier:
    """
    Checks the signatures of incoming wallet calls: Ed25519 by the platform's `keys`, HMAC by one or two secrets.

    Only the forms that are configured are accepted. `public_url` is the wallet's base address as the platform knows
    it: set it where a proxy changes the host or the path on the way to you, and give `verify` the path below it.
    """

    def __init__(
        self,
        *,
        keys: CallKeys | None = None,
        hmac_secrets: Iterable[str] = (),
        public_url: str | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._keys = keys
        self._secrets = [base64.b64decode(secret, validate=True) for secret in hmac_secrets]
        self._public_url = public_url.rstrip("/") if public_url else None
        self._clock = clock
        if keys is None and not self._secrets:
            raise ValueError("Give keys or hmac_secrets: a verifier without either would refuse every call.")

    def verify(self, *, method: str, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """
        Return if the call is the platform's.

        :param url: the address that was called, or with a `public_url` the path below it.
        :raises NotVerified: it is not.
        """
        found, lowered = self._begin(method, url, headers, body)
        if found is not None:
            key = self._keys.find(found.key_id) if self._keys else None
            self._finish(found, key, method, url, lowered)

    async def verify_async(self, *, method: str, url: str, headers: Mapping[str, str], body: bytes) -> None:
        """The same for tasks: fetching the platform's keys holds up no other task."""
        found, lowered = self._begin(method, url, headers, body)
        if found is not None:
            key = await self._keys.find_async(found.key_id) if self._keys else None
            self._finish(found, key, method, url, lowered)

    def _begin(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[_Signed | None, dict[str, str]]:
        """All that needs no key from elsewhere; an HMAC call is done with this."""
        lowered = {name.lower(): value for name, value in headers.items()}
        if self._keys is not None and "signature-input" in lowered:
            found = _read_signature(lowered)
            self._check_clock(found.created)
            _check_digest(lowered, body)
            return found, lowered
        if self._secrets and "x-keno-signature" in lowered:
            self._check_hmac(method, self._address(url), lowered, body)
            return None, lowered
        raise SignatureMissing("The call carries no signature of a form that is accepted here.")

    def _finish(
        self, found: _Signed, key: Ed25519PublicKey | None, method: str, url: str, headers: Mapping[str, str]
    ) -> None:
        if key is None:
            raise SignatureInvalid(f"The key {found.key_id!r} is not among the platform's.")
        try:
            base = signature_base(
                found.components,
                method=method,
                url=self._address(url),
                headers=headers,
                signed_parameters=found.parameters,
            )
            key.verify(found.signature, base)
        except (KeyError, InvalidSignature) as error:
            raise SignatureInvalid(
                "The signature does not fit. Behind a proxy that changes host or path, set public_url."
            ) from error

    def _check_hmac(self, method: str, url: str, headers: Mapping[str, str], body: bytes) -> None:
        timestamp = headers.get("x-keno-timestamp", "")
        if not (timestamp.isascii() and timestamp.isdigit() and len(timestamp) <= 12):
            raise SignatureInvalid("X-Keno-Timestamp is not a number of seconds.")
        self._check_clock(int(timestamp))
        given = headers["x-keno-signature"].encode()
        fits = [
            hmac.compare_digest(
                given,
                hmac_signature(
                    secret,
                    timestamp=timestamp,
                    method=method,
                    url=url,
                    body=body,
                    request_id=headers.get("x-request-id", ""),
                    idempotency_key=headers.get("idempotency-key", ""),
                ).encode(),
            )
            for secret in self._secrets
        ]
        if not any(fits):
            raise SignatureInvalid("X-Keno-Signature does not fit.")

    def _check_clock(self, created: int) -> None:
        off_s = created - self._clock()
        if abs(off_s) > WINDOW_S:
            raise ClockSkew(
                f"The call was signed {abs(off_s):.0f} s {'ahead of' if off_s > 0 else 'before'} this clock."
            )

    def _address(self, url: str) -> str:
        return f"{self._public_url}/{url.lstrip('/')}" if self._public_url else url


def _read_signature(headers: Mapping[str, str]) -> _Signed:
    described = _INPUT.search(headers["signature-input"])
    signature = _SIGNATURE.search(headers.get("signature", ""))
    if described is None or signature is None:
        raise SignatureInvalid(f"Signature-Input or Signature has no signature named {LABEL!r} that can be read.")
    components = tuple(part.strip('"') for part in described["components"].split(" "))
    values = {name: number or text for name, number, text in _PARAMETER.findall(described["rest"])}
    missing = set(COMPONENTS) - set(components)
    if "idempotency-key" in headers:
        missing |= {"idempotency-key"} - set(components)
    if missing or len(set(components)) != len(components):
        raise SignatureInvalid(f"The signature must cover {', '.join(sorted(missing)) or 'each component once'}.")
    if values.get("alg", "ed25519") != "ed25519" or not values.get("created", "").isdigit() or "keyid" not in values:
        raise SignatureInvalid("The signature needs created, keyid, and alg ed25519.")
    return _Signed(
        components=components,
        parameters=described["parameters"],
        created=int(values["created"]),
        key_id=values["keyid"],
        signature=_decoded(signature["value"]),
    )


def _check_digest(headers: Mapping[str, str], body: bytes) -> None:
    digest = _DIGEST.search(headers.get("content-digest", ""))
    if digest is None:
        raise SignatureInvalid("Content-Digest with sha-256 is missing.")
    if not hmac.compare_digest(_decoded(digest["value"]), hashlib.sha256(body).digest()):
        raise SignatureInvalid("Content-Digest does not fit the body.")


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except binascii.Error as error:
        raise SignatureInvalid("A value is not base64.") from error
