"""A study as files: the draws and what came out as Parquet, and a picture of it."""

import json
import secrets
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from fairness.draw import DRAW_SIZE
from reports.statistics.samples import Sample

METADATA = b"keno.draw_statistics"
"""The key in a file's metadata under which parameters and result stand as JSON."""
ROWS_IN_A_GROUP = 100_000
COLUMNS = tuple(f"ball_{place:02d}" for place in range(1, DRAW_SIZE + 1))


def new_path(directory: Path, at: datetime, *, prefix: str = "draws") -> Path:
    """A name that no other study has, without an ending; the directory is made if need be."""
    directory.mkdir(parents=True, exist_ok=True)
    return directory / f"{prefix}-{at.astimezone(UTC):%Y%m%dT%H%M%SZ}-{secrets.token_hex(4)}"


def write_parquet(path: Path, sample: Sample, result: dict[str, Any]) -> bytes:
    """
    Write the draws in their order, one column of bytes for each ball, and after them the ids of their rounds if they
    have any. Returns the file's SHA-256.
    """
    columns = {name: pa.array(np.ascontiguousarray(sample.draws[:, at])) for at, name in enumerate(COLUMNS)}
    if sample.round_ids is not None:
        columns["round_id"] = pa.array(sample.round_ids)
    return write_table(path, pa.table(columns), {"parameters": sample.parameters, "result": result})


def write_table(path: Path, table: pa.Table, metadata: dict[str, Any]) -> bytes:
    """Write a table with what its run was. Returns the file's SHA-256."""
    described = table.replace_schema_metadata({METADATA: json.dumps(metadata).encode()})
    pq.write_table(described, path, compression="zstd", row_group_size=ROWS_IN_A_GROUP)
    with path.open("rb") as file:
        digest = sha256()
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.digest()
