"""
The seal of a report's file: a line in it with the SHA-256 of all its other bytes and the house's signature over that.

    CSV     the last line     #seal,keno-report-1,<key id>,<sha256>,<signature>
    JSON    the last line     "seal": {...}}
    PDF     the line before `startxref`, a comment, which no reader shows and no offset counts

What is signed is `keno-report-1`, a line feed and the 32 bytes of the hash: no other document of the house begins so.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

FORMAT = "keno-report-1"
TAIL_MAX = 2048
"""The seal stands in the last so many bytes of a file."""
BLOCK = 1 << 20
_HEX = {"key": "[0-9a-f]{16}", "hash": "[0-9a-f]{64}", "signature": "[0-9a-f]{128}"}
_CSV = "#seal,{format},{key},{hash},{signature}\r\n"
_JSON = '"seal": {{"format": "{format}", "key_id": "{key}", "sha256": "{hash}", "signature": "{signature}"}}}}\n'
_PDF = "%{format} {key} {hash} {signature}\n"
_LINES = {"csv": _CSV, "json": _JSON, "pdf": _PDF}


class SealBroken(Exception):
    """A file is not what the house sealed; `args` say in one sentence what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seal:
    """What a seal says."""

    key_id: str
    sha256: bytes
    signature: bytes

    def line(self, form: str) -> bytes:
        """The line as it stands in a file of this format."""
        own = {"key": self.key_id, "hash": self.sha256.hex(), "signature": self.signature.hex()}
        return _LINES[form].format(format=FORMAT, **own).encode()


def message_of(sha256: bytes) -> bytes:
    """What is signed about a file whose other bytes have this hash."""
    return FORMAT.encode() + b"\n" + sha256


def insert_into_pdf(pdf: bytes, make: Callable[[bytes], Seal]) -> bytes:
    """A PDF with its seal in it; `make` signs a hash."""
    at = pdf.rindex(b"startxref")
    return pdf[:at] + make(hashlib.sha256(pdf).digest()).line("pdf") + pdf[at:]


def form_of(path: Path) -> str:
    """
    The format of a file by its first bytes.

    :raises SealBroken: it is none of a report.
    """
    with path.open("rb") as file:
        first = file.read(5)
    if first.startswith(b"%PDF-"):
        return "pdf"
    return "json" if first.startswith(b"{") else "csv"


def check_file(path: Path, keys: dict[str, bytes]) -> Seal:
    """
    The seal of a file, when it is whole and by one of these public keys (by key id).

    :raises SealBroken: there is none, the file is not what was sealed, or somebody else has signed.
    """
    form = form_of(path)
    seal, begins, ends = _find(path, form)
    if _hash_without(path, begins, ends) != seal.sha256:
        raise SealBroken("The file is not what was sealed: its SHA-256 is another one.")
    if seal.key_id not in keys:
        raise SealBroken(f"Nobody here knows the key {seal.key_id}.")
    try:
        Ed25519PublicKey.from_public_bytes(keys[seal.key_id]).verify(seal.signature, message_of(seal.sha256))
    except InvalidSignature as error:
        raise SealBroken("The signature is not that of the key that it names.") from error
    return seal


def _find(path: Path, form: str) -> tuple[Seal, int, int]:
    """The seal, and where its line begins and ends."""
    size = path.stat().st_size
    with path.open("rb") as file:
        file.seek(max(0, size - TAIL_MAX))
        tail = file.read()
    found = list(_pattern(form).finditer(tail))
    if not found:
        raise SealBroken("There is no seal in the file.")
    last = found[-1]
    if form != "pdf" and last.end() != len(tail):
        raise SealBroken("Something follows the seal.")
    seal = Seal(
        key_id=last["key"].decode(), sha256=bytes.fromhex(last["hash"].decode()),
        signature=bytes.fromhex(last["signature"].decode()),
    )  # fmt: skip
    start = size - len(tail)
    return seal, start + last.start(), start + last.end()


def _pattern(form: str) -> re.Pattern[bytes]:
    text = re.escape(_LINES[form].format(format=FORMAT, key="<key>", hash="<hash>", signature="<signature>"))
    for name, digits in _HEX.items():
        text = text.replace(f"<{name}>", f"(?P<{name}>{digits})")
    return re.compile(b"(?m)^" + text.encode() + (b"(?=startxref)" if form == "pdf" else b""))


def _hash_without(path: Path, begins: int, ends: int) -> bytes:
    hashed = hashlib.sha256()
    with path.open("rb") as file:
        for block in _blocks(file, begins):
            hashed.update(block)
        file.seek(ends)
        while block := file.read(BLOCK):
            hashed.update(block)
    return hashed.digest()


def _blocks(file: IO[bytes], length: int) -> Iterator[bytes]:
    while length and (block := file.read(min(BLOCK, length))):
        length -= len(block)
        yield block


def keys_of(document: str) -> dict[str, bytes]:
    """
    Public keys by key id, from a file such as /.well-known/keno-keys.json.

    :raises SealBroken: it is no such file.
    """
    try:
        return {one["key_id"]: bytes.fromhex(one["public_key"]) for one in json.loads(document)["keys"]}
    except (ValueError, KeyError, TypeError) as error:
        raise SealBroken(f"This is no list of keys: {error}") from error
