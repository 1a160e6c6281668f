"""
ClickHouse over the archive's files: embedded in this process (chDB), or a server by its address.

The files are the truth and the engine only reads them, so before a day is asked anything it is held against the books:
embedded, every file is hashed; a server, which may read a copy of its own, is asked for its counts and sums.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings

from reports.archive import files
from reports.archive.files import ArchiveUnusable
from reports.archive.tables import TABLES, Table
from wallet.models import ArchivedDay

if TYPE_CHECKING:
    from clickhouse_connect.driver.client import Client

GIB = 1 << 30
SETTINGS: Mapping[str, Any] = {
    "max_threads": 2,  # the machine has other work, and a report is in no hurry
    "max_memory_usage": 2 * GIB,
    "max_bytes_before_external_sort": GIB // 2,
    "max_bytes_before_external_group_by": GIB // 2,
    "max_query_size": 1 << 24,
    "join_use_nulls": 1,  # a bet without a payout has none, rather than one of 0
}
Row = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """
    The archive as an engine sees it. `seen_as` is where the engine finds the archive's directory: the same path where
    it is embedded, else below the server's own directory of files.
    """

    root: Path
    client: "Client"
    seen_as: str
    embedded: bool

    def source(self, table: Table, directories: Sequence[str]) -> str:
        """The table function that reads one table of these days of an operator."""
        parents, days = zip(*(directory.rsplit("/", 1) for directory in directories), strict=True)
        [parent] = set(parents)
        chosen = days[0] if len(days) == 1 else "{" + ",".join(days) + "}"
        return f"file({quoted(f'{self.seen_as}/{parent}/{chosen}/{table.file}')}, 'Parquet')"

    def rows(self, statement: str, parameters: dict[str, Any] | None = None) -> Iterator[Row]:
        """The rows of a query as they come; the engine holds a block of them at a time."""
        with _in_our_words(), self.client.query_row_block_stream(statement, parameters=parameters) as blocks:
            for block in blocks:
                yield from map(tuple, block)

    def table(self, statement: str) -> Iterator[Row]:
        """The names of a query's columns, and after them its rows."""
        with _in_our_words(), self.client.query_row_block_stream(statement) as blocks:
            yield tuple(blocks.source.column_names)
            for block in blocks:
                yield from map(tuple, block)

    def check(self, day: ArchivedDay) -> None:
        """:raises ArchiveUnusable: what the engine reads of this day is not what was archived."""
        place = self.root / day.directory
        told = files.read_manifest(place, sha256=bytes(day.manifest_sha256))["tables"]
        for table in TABLES:
            if self.embedded:
                self._check_file(place / table.file, told[table.name]["sha256"])
            else:
                self._check_sums(table, day.directory, told[table.name])

    def _check_file(self, path: Path, sha256: str) -> None:
        try:
            facts = path.stat()
        except OSError as error:
            raise ArchiveUnusable(f"{path} cannot be read: {error}") from error
        if _sha256(path, facts.st_mtime_ns, facts.st_size) != sha256:
            raise ArchiveUnusable(f"{path} is not the file that was written.")

    def _check_sums(self, table: Table, directory: str, told: Mapping[str, Any]) -> None:
        sums = ", ".join(["count()", *(f"sum({name})" for name in table.summed)])
        [found] = self.rows(f"SELECT {sums} FROM {self.source(table, [directory])}")
        if list(found) != [told["rows"], *(told["sums"][name] for name in table.summed)]:
            raise ArchiveUnusable(f"The server's {directory}/{table.file} is not the file that was written.")


@contextmanager
def opened(root: Path) -> Iterator[Archive]:
    """
    The archive in this directory, with an engine that reads it.

    :raises ArchiveUnusable: the engine's packages are missing, or the server does not answer.
    """
    server = settings.CLICKHOUSE
    with _in_our_words():
        client = _client(server)
    try:
        seen_as = settings.CLICKHOUSE_ARCHIVE.rstrip("/") if server else str(root.resolve())
        yield Archive(root=root, client=client, seen_as=seen_as, embedded=not server)
    finally:
        client.close()


def quoted(text: str) -> str:
    """A text as ClickHouse reads it."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def _client(server: str) -> "Client":
    import clickhouse_connect

    how: dict[str, Any] = {"interface": "chdb"}
    if server:  # no session: two questions at a time are two
        how = {"dsn": server, "form_encode_query_params": True, "autogenerate_session_id": False}
    return clickhouse_connect.get_client(settings=dict(SETTINGS), tz_mode="aware", **how)


@contextmanager
def _in_our_words() -> Iterator[None]:
    try:
        yield
    except ImportError as error:
        raise ArchiveUnusable(
            "Archived days are read with clickhouse-connect and chdb, which are not installed here: install the extra "
            "`analysis`."
        ) from error
    except Exception as error:
        if type(error).__module__.startswith("clickhouse_connect."):
            raise ArchiveUnusable(f"ClickHouse: {error}") from error
        raise


@lru_cache(maxsize=4096)
def _sha256(path: Path, modified_ns: int, size: int) -> str:
    """Of a file that has not changed since it was last hashed, as far as its directory tells."""
    return files.sha256_of(path)
