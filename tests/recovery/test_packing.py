"""A packed backup gives back what was packed, or says that it is another file or another key."""

import os
from pathlib import Path

import pytest

from keno_platform.recovery.packing import CHUNK_BYTES, PackInvalid, pack, unpack

KEY = bytes(range(32))


@pytest.fixture
def packed(tmp_path: Path) -> Path:
    """Some files, one of them over several chunks, packed."""
    source = tmp_path / "source"
    (source / "base" / "16384").mkdir(parents=True)
    (source / "PG_VERSION").write_text("18\n")
    (source / "base" / "16384" / "1259").write_bytes(os.urandom(3 * CHUNK_BYTES + 17))
    (source / "empty").touch()
    pack(source, tmp_path / "file", key=KEY)
    return tmp_path / "file"


def contents(directory: Path) -> dict[str, bytes]:
    return {str(one.relative_to(directory)): one.read_bytes() for one in directory.rglob("*") if one.is_file()}


def test_what_was_packed_comes_back_and_cannot_be_read_in_the_file(packed: Path, tmp_path: Path) -> None:
    unpack(packed, tmp_path / "back", key=KEY)
    assert contents(tmp_path / "back") == contents(tmp_path / "source")
    assert b"PG_VERSION" not in packed.read_bytes()


def test_the_same_files_are_packed_differently_each_time(packed: Path, tmp_path: Path) -> None:
    pack(tmp_path / "source", tmp_path / "again", key=KEY)
    assert packed.read_bytes()[:2000] != (tmp_path / "again").read_bytes()[:2000]


def test_another_key_opens_nothing(packed: Path, tmp_path: Path) -> None:
    with pytest.raises(PackInvalid, match="another key"):
        unpack(packed, tmp_path / "back", key=bytes(32))


@pytest.mark.parametrize("place", [0, 9, 24, 30, CHUNK_BYTES, 2 * CHUNK_BYTES + 5, -1])
def test_one_changed_byte_is_found_wherever_it_is(packed: Path, tmp_path: Path, place: int) -> None:
    data = bytearray(packed.read_bytes())
    data[place] ^= 1
    packed.write_bytes(data)
    with pytest.raises(PackInvalid):
        unpack(packed, tmp_path / "back", key=KEY)


def chunks_of(data: bytes) -> list[bytes]:
    """The sealed chunks behind the header, with their lengths."""
    found, at = [], 24
    while at < len(data):
        end = at + 4 + int.from_bytes(data[at : at + 4], "big")
        found.append(data[at:end])
        at = end
    return found


def test_chunks_that_are_left_out_moved_or_cut_off_are_found(packed: Path, tmp_path: Path) -> None:
    data = packed.read_bytes()
    header, chunks = data[:24], chunks_of(data)
    assert len(chunks) >= 4
    wrong = [
        chunks[:-1],  # the end is missing
        chunks[1:],
        [chunks[0], *chunks[2:]],
        [chunks[1], chunks[0], *chunks[2:]],
        [*chunks, chunks[-1]],
        [],
    ]
    for number, some in enumerate(wrong):
        packed.write_bytes(header + b"".join(some))
        with pytest.raises(PackInvalid):
            unpack(packed, tmp_path / f"back-{number}", key=KEY)
