"""JSON: one object with what was asked, the rows, a row a line, and after them facts, sums, the digest and the seal."""

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from typing import IO, Any

import msgspec

from operators.models import Operator
from reports.seals import Seal
from reports.writing.cells import Cells
from reports.writing.head import Head, Totals, named

_encoder = msgspec.json.Encoder()


class JsonFile:
    """A JSON file that is being written."""

    def __init__(self, file: IO[bytes], head: Head) -> None:
        self._file, self._hash = file, hashlib.sha256()
        self._names = named(head.report.all_columns)
        self._facts: list[dict[str, Any]] = []
        self._between = b"\n"
        self._put(json.dumps(head.as_json())[:-1].encode() + b', "rows": [')

    def part(self, operator: Operator | None, facts: Mapping[str, Any]) -> None:
        if facts:
            own = {key.removeprefix("report.fact_"): value for key, value in facts.items()}
            self._facts.append({"operator": operator.slug if operator else None, **own})

    def rows(self, columns: Sequence[Cells], lines: bytes) -> None:
        rows = zip(*columns, strict=True)
        piece = _encoder.encode_lines(dict(zip(self._names, row, strict=True)) for row in rows)
        # No line has a line feed in it: JSON writes those of texts as \\n.
        self._put(self._between + piece[:-1].replace(b"\n", b",\n"))
        self._between = b",\n"

    def end(self, totals: Totals, rows_sha256: bytes, sign: Callable[[bytes], Seal]) -> None:
        after = {"count": totals.rows, "totals": totals.as_json(), "facts": self._facts}
        tail = json.dumps({**after, "rows_sha256": rows_sha256.hex()})
        self._put(b"\n],\n" + tail[1:-1].encode() + b",\n")
        self._file.write(sign(self._hash.digest()).line("json"))

    def _put(self, piece: bytes) -> None:
        self._hash.update(piece)
        self._file.write(piece)
