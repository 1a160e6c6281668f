"""Keys in files and at addresses: a signer for the conformance run, and the public keys that a wallet checks with."""

import base64
import json
import os
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from keno_kit.signing import WINDOW_S, Ed25519Signer, HmacSigner, Message, verify_ed25519, verify_hmac

REFETCH_AFTER_S = 5.0
DEFAULT_KEY_ID = "conformance"


def make_pair(directory: Path, *, key_id: str) -> tuple[Path, Path]:
    """
    A new key pair: `key.json` to sign with, and `keys.json`, the public list that a wallet is given.

    :raises FileExistsError: there is one already.
    """
    directory.mkdir(parents=True, exist_ok=True)
    key = Ed25519PrivateKey.generate()
    private, public = directory / "key.json", directory / "keys.json"
    entry = {"key_id": key_id, "algorithm": "ed25519", "public_key": _text(key.public_key().public_bytes_raw())}
    with open(os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        json.dump({"key_id": key_id, "private_key": _text(key.private_bytes_raw())}, file)
    public.write_text(json.dumps({"keys": [{**entry, "valid_from": None, "valid_until": None}]}), encoding="ascii")
    return private, public


def load_signer(path: Path, *, key_id: str | None) -> Ed25519Signer:
    """
    The signing key in a file: `key.json` as `make_pair` writes it, a PEM file, or 32 bytes in base64.

    :raises ValueError: it holds no Ed25519 private key.
    """
    data = path.read_bytes()
    if data.lstrip().startswith(b"{"):
        found = json.loads(data)
        return Ed25519Signer(key_id=key_id or found["key_id"], key=_private(found["private_key"]))
    if b"-----BEGIN" in data:
        key = load_pem_private_key(data, password=None)
        if not isinstance(key, Ed25519PrivateKey):
            raise ValueError(f"{path} holds no Ed25519 key")
        return Ed25519Signer(key_id=key_id or DEFAULT_KEY_ID, key=key)
    return Ed25519Signer(key_id=key_id or DEFAULT_KEY_ID, key=_private(data.decode("ascii").strip()))


def hmac_signer(secret: str, *, key_id: str | None) -> HmacSigner:
    """
    A shared secret: base64 of its bytes, as the platform shows it once.

    :raises ValueError: not base64.
    """
    return HmacSigner(key_id=key_id or DEFAULT_KEY_ID, secret=base64.b64decode(secret, validate=True))


@dataclass(slots=True, kw_only=True)
class KeyRing:
    """
    What a wallet checks signatures with: public keys from a file or an address, or shared secrets; or nothing at all.

    A list is read again (`refetch`) when a call names a key id that is not in it, so a rotation needs no restart.
    """

    source: str | None = None
    secrets: dict[str, bytes] = field(default_factory=dict)
    checks: bool = True
    _keys: dict[str, Ed25519PublicKey] = field(default_factory=dict)
    _fetched_at_s: float = float("-inf")

    def verify(self, message: Message, *, now_s: float, window_s: float = WINDOW_S, check_digest: bool = True) -> None:
        """
        Check one call.

        :raises KeyUnknown: it names a key that is not in the list.
        :raises SignatureRefused: it is not signed as it must be.
        """
        if not self.checks:
            return
        if self.source is None or (self.secrets and "x-keno-signature" in message.headers):
            verify_hmac(message, secrets=self.secrets, now_s=now_s, window_s=window_s)
            return
        verify_ed25519(message, keys=self._keys, now_s=now_s, window_s=window_s, check_digest=check_digest)

    def load(self) -> int:
        """
        Read the keys; the number of them.

        :raises OSError: nobody answers at the address, or there is no such file.
        :raises ValueError: not a list of keys.
        """
        if self.source is None:
            return len(self.secrets)
        self._fetched_at_s = time.monotonic()
        found: dict[str, Any] = json.loads(_read(self.source))
        self._keys = {
            one["key_id"]: Ed25519PublicKey.from_public_bytes(base64.b64decode(one["public_key"]))
            for one in found["keys"]
            if one.get("algorithm", "ed25519") == "ed25519"
        }
        return len(self._keys)

    def refetch(self) -> bool:
        """Read the list again, every few seconds at most; whether there are other keys now."""
        if self.source is None or time.monotonic() - self._fetched_at_s < REFETCH_AFTER_S:
            return False
        before = set(self._keys)
        try:
            self.load()
        except (OSError, ValueError, KeyError):
            return False  # the keys that are known stay in force
        return set(self._keys) != before


def _read(source: str) -> bytes:
    if source.startswith(("http://", "https://")):
        with urllib.request.urlopen(source, timeout=5) as answer:  # noqa: S310 - the scheme is checked above
            return bytes(answer.read(1 << 20))
    return Path(source).read_bytes()


def _private(text: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(base64.b64decode(text, validate=True))


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode("ascii")
