"""The files of one archived day, and their manifest."""

import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import date
from itertools import islice
from pathlib import Path
from typing import Any

from reports.archive.tables import TABLES, Line, Table, Type

BATCH = 20_000
MANIFEST = "manifest.json"
FORMAT = "keno-archive-1"


class ArchiveUnusable(Exception):
    """The archive cannot be written here, or what is in it is not what was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """What a table's rows come to: how many, sums of amounts in minor units, and the SHA-256 of all lines."""

    rows: int
    sums: dict[str, int]
    rows_sha256: str


class Tally:
    """Lines that pass by, counted, summed and hashed."""

    def __init__(self, table: Table) -> None:
        self._rows, self._hash = 0, hashlib.sha256()
        self._places = {name: list(table.columns).index(name) for name in table.summed}
        self._sums = dict.fromkeys(table.summed, 0)

    def add(self, line: Line) -> None:
        self._rows += 1
        self._hash.update(line)
        texts = line.split(b"\t")
        for name, place in self._places.items():
            self._sums[name] += int(texts[place])

    @property
    def content(self) -> Content:
        return Content(rows=self._rows, sums=dict(self._sums), rows_sha256=self._hash.hexdigest())


def tally(table: Table, lines: Iterable[Line]) -> Content:
    """What these lines come to."""
    own = Tally(table)
    for line in lines:
        own.add(line)
    return own.content


def require_pyarrow() -> None:
    """:raises ArchiveUnusable: the package that writes Parquet is not installed."""
    try:
        import pyarrow.parquet  # noqa: F401
    except ModuleNotFoundError as error:
        raise ArchiveUnusable(
            "The archive is written with pyarrow, which is not installed here: install the extra `analysis`."
        ) from error


def directory_of(slug: str, day: date) -> str:
    """Where a day stands below the archive's root: names that ClickHouse, DuckDB and BigQuery read as columns."""
    return f"operator={slug}/day={day.isoformat()}"


def write_table(table: Table, lines: Iterable[Line], path: Path) -> Content:
    """Write a file, on the disk when this returns. Returns what the lines came to on their way."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    own, schema = Tally(table), _schema(table)
    with pq.ParquetWriter(path, schema, compression="zstd") as writer:
        rest = iter(lines)
        while batch := list(islice(rest, BATCH)):
            for line in batch:
                own.add(line)
            columns = zip(*(table.values(line) for line in batch), strict=True)
            arrays = [pa.array(values, kind.type) for values, kind in zip(columns, schema, strict=True)]
            writer.write_batch(pa.record_batch(arrays, schema=schema))
    _sync(path)
    return own.content


def read_table(table: Table, path: Path) -> Iterator[Line]:
    """
    The lines of a file, read back from the disk.

    :raises ArchiveUnusable: it is no such file.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(batch_size=BATCH, columns=list(table.columns)):
                columns = [batch.column(name).to_pylist() for name in table.columns]
                yield from map(table.line, zip(*columns, strict=True))
    except (OSError, pa.ArrowException, KeyError) as error:
        raise ArchiveUnusable(f"{path} cannot be read: {error}") from error


def write_manifest(directory: Path, *, about: dict[str, Any], contents: dict[str, Content]) -> bytes:
    """Write what stands in a directory's files, and return the manifest's SHA-256."""
    tables = {
        table.name: {
            "file": table.file,
            "bytes": (directory / table.file).stat().st_size,
            "sha256": sha256_of(directory / table.file),
            **asdict(contents[table.name]),
            "columns": {name: kind.value for name, kind in table.columns.items()},
        }
        for table in TABLES
    }
    text = json.dumps({"format": FORMAT, **about, "tables": tables}, indent=2).encode() + b"\n"
    (directory / MANIFEST).write_bytes(text)
    _sync(directory / MANIFEST)
    _sync(directory)
    return hashlib.sha256(text).digest()


def read_manifest(directory: Path, *, sha256: bytes | None = None) -> dict[str, Any]:
    """
    A directory's manifest.

    :raises ArchiveUnusable: there is none, or not the one with this hash.
    """
    try:
        text = (directory / MANIFEST).read_bytes()
        manifest: dict[str, Any] = json.loads(text)
    except (OSError, ValueError) as error:
        raise ArchiveUnusable(f"{directory / MANIFEST} cannot be read: {error}") from error
    if sha256 is not None and hashlib.sha256(text).digest() != sha256:
        raise ArchiveUnusable(f"{directory / MANIFEST} is not the manifest that was written.")
    return manifest


def check_files(directory: Path, *, sha256: bytes | None = None) -> dict[str, Content]:
    """
    Read a day's files back from the disk, and hold them against their manifest. Returns what they hold.

    :raises ArchiveUnusable: a file is missing or was changed.
    """
    tables, found = read_manifest(directory, sha256=sha256)["tables"], {}
    for table in TABLES:
        said, path = tables[table.name], directory / table.file
        if not path.is_file() or sha256_of(path) != said["sha256"]:
            raise ArchiveUnusable(f"{path} is not the file that was written.")
        found[table.name] = tally(table, read_table(table, path))
        if asdict(found[table.name]) != {name: said[name] for name in ("rows", "sums", "rows_sha256")}:
            raise ArchiveUnusable(f"{path} holds other rows than its manifest says.")
    return found


def put_in_place(made: Path, place: Path) -> None:
    """Give a finished directory its name; what an interrupted attempt has left there goes."""
    old = place.with_name(f".{place.name}.old")
    shutil.rmtree(old, ignore_errors=True)
    with suppress(FileNotFoundError):
        place.rename(old)
    made.rename(place)
    _sync(place.parent)
    shutil.rmtree(old, ignore_errors=True)


def _schema(table: Table) -> Any:
    import pyarrow as pa

    kinds = {
        Type.UUID: pa.string(),
        Type.INTEGER: pa.int64(),
        Type.BITS: pa.string(),
        Type.BYTES: pa.binary(),
        Type.MOMENT: pa.timestamp("us", tz="UTC"),
        Type.TEXT: pa.string(),
    }
    return pa.schema([pa.field(name, kinds[kind]) for name, kind in table.columns.items()])


def sha256_of(path: Path) -> str:
    """The SHA-256 of a file in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _sync(path: Path) -> None:
    """What was written there survives a power cut."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
