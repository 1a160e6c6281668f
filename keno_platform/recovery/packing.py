"""
A directory as one encrypted file: a compressed tar in chunks, each sealed with AES-256-GCM.

`KENOBAK1 | salt(16)`, then for each chunk `u32 length | sealed`. The nonce is the chunk's number, with a mark on the
last one, so chunks that were changed, left out, moved or cut off at the end are found.
"""

import gzip
import io
import os
import struct
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

MAGIC = b"KENOBAK1"
SALT_BYTES, KEY_BYTES = 16, 32
CHUNK_BYTES = 1 << 20
SEALED_MAX = CHUNK_BYTES + 16
_LENGTH = struct.Struct(">I")


class PackInvalid(Exception):
    """The file is not what was packed under this key: another key, a changed byte, or an end that is missing."""


def pack(directory: Path, file: Path, *, key: bytes) -> None:
    """Write everything in `directory` into `file`, on the disk when this returns."""
    with file.open("xb") as output:
        writer = _Writer(output, key)
        with (
            gzip.GzipFile(fileobj=cast(IO[bytes], writer), mode="wb", compresslevel=1, mtime=0) as squeezed,
            tarfile.open(fileobj=squeezed, mode="w|", format=tarfile.PAX_FORMAT) as tar,
        ):
            tar.add(directory, arcname=".")
        writer.end()
        output.flush()
        os.fsync(output.fileno())


def unpack(file: Path, directory: Path, *, key: bytes) -> None:
    """
    Write what is in `file` into `directory`, which must not be there yet.

    :raises PackInvalid: it is not what was packed. What came before the fault may stand in `directory`.
    """
    directory.mkdir(mode=0o700)
    with file.open("rb") as source:
        reader = io.BufferedReader(_Reader(source, key), CHUNK_BYTES)
        try:
            with gzip.GzipFile(fileobj=reader) as loose, tarfile.open(fileobj=loose, mode="r|") as tar:
                tar.extractall(directory, filter="data")
            while reader.read(CHUNK_BYTES):  # to the last chunk, which says that nothing is missing
                pass
        except (tarfile.TarError, EOFError, gzip.BadGzipFile) as fault:
            raise PackInvalid(f"{file} is damaged: {fault}") from fault


class _Writer(io.RawIOBase):
    """Seals what is written to it, a chunk at a time."""

    def __init__(self, output: IO[bytes], key: bytes) -> None:
        self._output, self._waiting, self._number = output, bytearray(), 0
        salt = os.urandom(SALT_BYTES)
        self._cipher, self._header = _cipher(key, salt), MAGIC + salt
        output.write(self._header)

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        view = memoryview(data)  # type: ignore[arg-type]  # whatever holds bytes
        self._waiting += view
        while len(self._waiting) > CHUNK_BYTES:
            self._seal(bytes(self._waiting[:CHUNK_BYTES]), last=False)
            del self._waiting[:CHUNK_BYTES]
        return view.nbytes

    def end(self) -> None:
        self._seal(bytes(self._waiting), last=True)

    def _seal(self, chunk: bytes, *, last: bool) -> None:
        sealed = self._cipher.encrypt(_nonce(self._number, last=last), chunk, self._header)
        self._output.write(_LENGTH.pack(len(sealed)) + sealed)
        self._number += 1


class _Reader(io.RawIOBase):
    """Opens chunk after chunk; at the end it has seen the last one, or raises."""

    def __init__(self, source: IO[bytes], key: bytes) -> None:
        header = source.read(len(MAGIC) + SALT_BYTES)
        if len(header) != len(MAGIC) + SALT_BYTES or not header.startswith(MAGIC):
            raise PackInvalid("this is no packed backup")
        self._chunks = _opened(source, _cipher(key, header[len(MAGIC) :]), header)
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: object) -> int:
        room = memoryview(buffer)  # type: ignore[arg-type]  # a place for bytes
        if not self._left:
            self._left = next(self._chunks, b"")
        part, self._left = self._left[: len(room)], self._left[len(room) :]
        room[: len(part)] = part
        return len(part)


def _opened(source: IO[bytes], cipher: AESGCM, header: bytes) -> Iterator[bytes]:
    number, sealed = 0, _next_sealed(source)
    while sealed is not None:
        following = _next_sealed(source)
        try:
            yield cipher.decrypt(_nonce(number, last=following is None), sealed, header)
        except InvalidTag:
            raise PackInvalid(f"chunk {number} does not open: another key, or it was changed or cut off") from None
        number, sealed = number + 1, following


def _next_sealed(source: IO[bytes]) -> bytes | None:
    prefix = source.read(_LENGTH.size)
    if not prefix:
        return None
    [length] = _LENGTH.unpack(prefix) if len(prefix) == _LENGTH.size else (SEALED_MAX + 1,)
    sealed = source.read(length) if length <= SEALED_MAX else b""
    if len(sealed) != length:
        raise PackInvalid("it is cut off, or its lengths were changed")
    return sealed


def _nonce(number: int, *, last: bool) -> bytes:
    return number.to_bytes(11, "big") + bytes([last])


def _cipher(key: bytes, salt: bytes) -> AESGCM:
    return AESGCM(HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=salt, info=b"keno backup").derive(key))
