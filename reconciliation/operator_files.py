"""
Reading an operator's own list of transactions: CSV, JSON or JSON lines; see docs/reconciliation.md.

Rows are read one at a time, so that a file may be much bigger than memory. Only a JSON object that has the rows in a
member is read as a whole.
"""

import codecs
import csv
import io
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import IO, Any
from uuid import UUID

from keno_platform.core.clock import from_text
from keno_platform.core.errors import Kind, MalformedRequest, Refusal
from keno_platform.core.money import exponent_of, parse_amount
from keno_platform.core.strict_json import nests_too_deep

NEEDED = ("transaction_id", "kind", "amount", "currency", "status")
STATUS_TOO = "state"
"""Another name for `status`, which some journals have."""
KINDS = frozenset({"debit", "credit", "rollback", "deposit", "withdrawal", "stake", "payout", "refund"})
FROM_PLAYER = frozenset({"debit", "deposit", "stake"})
"""Kinds that take from the balance they are booked on: for deposits the player's at the operator."""
APPLIED, REVERSED, NOTHING = "applied", "reversed", "nothing"
EFFECT = {
    **dict.fromkeys(("applied", "ok", "resolved"), APPLIED),
    "rolled_back": REVERSED,
    **dict.fromkeys(("tombstone", "refused", "nothing_taken", "not_found", "already_rolled_back"), NOTHING),
}
"""What a row with this status has done to the operator's books; `reversed` was applied and taken back."""
MEMBERS = ("transactions", "rows", "results")
OBJECT_MAX = 64 * 1024 * 1024
CHUNK = 1 << 18
ROW_MAX = 64 * 1024
TEXT_MAX = 128


class ReconciliationFileInvalid(Refusal):
    """A row of the operator's list cannot be read; `params.row` counts from 1, the heading of a CSV not included."""

    code = "reconciliation_file_invalid"
    kind = Kind.INVALID
    title = "The list of transactions cannot be read"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of an operator's list. The amount is in minor units of its own currency."""

    transaction_id: UUID
    kind: str
    effect: str
    minor: int
    currency: str
    player_token: str
    at: datetime | None


Progress = Callable[[int], None]
"""Told how many bytes of the file have been read."""


def read_file(path: Path, *, progress: Progress = lambda done: None) -> Iterator[Row]:
    """
    The rows of a file; its first character says whether it is JSON or CSV.

    :raises ReconciliationFileInvalid: at the first row that cannot be read. :raises OSError: there is no such file.
    """
    with path.open("rb") as file:
        yield from rows_of(_members(_Counted(file, progress)))


def read_csv_text(text: str) -> list[Row]:
    """The rows of a CSV text. :raises ReconciliationFileInvalid: as `read_file`."""
    return list(rows_of(_csv(io.StringIO(text, newline=""))))


def rows_of(members: Iterable[Mapping[str, Any]]) -> Iterator[Row]:
    """Rows from their members by name. :raises ReconciliationFileInvalid: as `read_file`."""
    for number, one in enumerate(members, start=1):
        try:
            yield _row(one)
        except (ValueError, Refusal) as error:
            raise ReconciliationFileInvalid(f"Row {number}: {error}", row=number) from error


def to_json(row: Row) -> list[Any]:
    """A row as it waits in a part of a run."""
    at = row.at.isoformat() if row.at else None
    return [str(row.transaction_id), row.kind, row.effect, row.minor, row.currency, row.player_token, at]


def from_json(cells: list[Any]) -> Row:
    """The row that `to_json` has made these cells of."""
    at = datetime.fromisoformat(cells[6]) if cells[6] else None
    return Row(UUID(cells[0]), cells[1], cells[2], cells[3], cells[4], cells[5], at)


def _row(one: Mapping[str, Any]) -> Row:
    if not isinstance(one, Mapping):
        raise ValueError("it is not an object")
    kind, currency = _text(one, "kind"), _text(one, "currency")
    status = _text(one, "status" if "status" in one else STATUS_TOO)
    if kind not in KINDS:
        raise ValueError(f"kind is one of {', '.join(sorted(KINDS))}")
    if status not in EFFECT:
        raise ValueError(f"status is one of {', '.join(sorted(EFFECT))}")
    token = one.get("player_token") or ""
    if not isinstance(token, str) or len(token) > TEXT_MAX or "\x00" in token:
        raise ValueError(f"player_token is a text of at most {TEXT_MAX} characters")
    exponent = _exponent(currency)
    minor, effect = parse_amount(one.get("amount"), exponent=exponent), EFFECT[status]
    if one.get("effective"):  # what has become of the player's money in the end, rollbacks included
        minor, effect = _effective(kind, _text(one, "effective"), exponent)
    return Row(
        transaction_id=_id(_text(one, "transaction_id")),
        kind=kind,
        effect=effect,
        minor=minor,
        currency=currency,
        player_token=token,
        at=_time(one.get("created_at")),
    )


def _effective(kind: str, text: str, exponent: int) -> tuple[int, str]:
    """A signed amount, above zero for money to the player, as an amount of this kind with its effect."""
    sign = -1 if text.startswith("-") else 1
    to_player = sign * parse_amount(text.removeprefix("-"), exponent=exponent)
    if kind == "rollback" or to_player == 0:
        return abs(to_player), NOTHING
    return (-to_player if kind in FROM_PLAYER else to_player), APPLIED


def _text(one: Mapping[str, Any], name: str) -> str:
    value = one.get(name)
    if not isinstance(value, str):
        raise ValueError(f"{name} is missing or no text")
    return value


def _id(text: str) -> UUID:
    with suppress(ValueError):
        return UUID(text)
    raise ValueError("transaction_id is not a UUID")


def _time(text: object) -> datetime | None:
    if text is None or text == "":
        return None
    if not isinstance(text, str):
        raise MalformedRequest("created_at is no text.")
    return from_text(text)


_exponent = cache(exponent_of)


class _Counted:
    """A binary file that tells how far it is read, and hands out text."""

    def __init__(self, file: IO[bytes], progress: Progress) -> None:
        self._file, self._progress, self._done = file, progress, 0
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("strict")

    def read(self) -> str:
        """The next piece of text; empty at the end."""
        while piece := self._file.read(CHUNK):
            self._done += len(piece)
            self._progress(self._done)
            if text := self._decode(piece):
                return text
        return self._decode(b"", final=True)

    def lines(self, begun: str) -> Iterator[str]:
        """Line by line, what was read before first."""
        rest = begun
        while True:
            *whole, rest = rest.split("\n")
            for line in whole:
                yield line + "\n"
            if len(rest) > ROW_MAX:
                raise ReconciliationFileInvalid("A line is too long.")
            piece = self.read()
            if not piece:
                break
            rest += piece
        if rest:
            yield rest

    def _decode(self, piece: bytes, *, final: bool = False) -> str:
        try:
            return self._decoder.decode(piece, final)
        except UnicodeDecodeError as error:
            raise ReconciliationFileInvalid("The file is not UTF-8.") from error


def _members(file: _Counted) -> Iterator[Mapping[str, Any]]:
    begun = file.read()
    while len(begun) < ROW_MAX and (piece := file.read()):
        begun += piece
    start = begun.lstrip()
    if start.startswith("["):
        return _json_values(file, start[1:], end="]")
    if start.startswith("{"):
        first = _first_object(start)
        if first is not None and "transaction_id" in first:
            return _json_values(file, start, end="")
        return iter(_whole_object(file, start))
    return _csv(file.lines(begun))


def _csv(lines: Iterable[str]) -> Iterator[Mapping[str, Any]]:
    reader = csv.DictReader(lines, restkey="", strict=True)
    try:
        heading = reader.fieldnames or []
        known = {*heading, "status"} if STATUS_TOO in heading else set(heading)
        if missing := [name for name in NEEDED if name not in known]:
            raise ReconciliationFileInvalid(f"The heading has no {', '.join(missing)}.")
        if len(set(heading)) < len(heading):
            raise ReconciliationFileInvalid("A name stands twice in the heading.")
        for one in reader:
            if "" in one:
                raise ReconciliationFileInvalid(f"Line {reader.line_num} has more cells than the heading.")
            yield one
    except csv.Error as error:
        raise ReconciliationFileInvalid(f"Line {reader.line_num}: {error}") from error


_decoder = json.JSONDecoder()


def _first_object(text: str) -> Mapping[str, Any] | None:
    with suppress(ValueError, RecursionError):
        if nests_too_deep(text):
            return None
        value, _ = _decoder.raw_decode(text)
        return value if isinstance(value, dict) else None
    return None


def _whole_object(file: _Counted, begun: str) -> list[Mapping[str, Any]]:
    """The rows of an object that has them in a member."""
    pieces, length = [begun], len(begun)
    while piece := file.read():
        pieces.append(piece)
        length += len(piece)
        if length > OBJECT_MAX:
            raise ReconciliationFileInvalid("A JSON object this big is not read; write an array, or a row a line.")
    whole = "".join(pieces)
    if nests_too_deep(whole):
        raise ReconciliationFileInvalid("The file nests too deep.")
    try:
        value = json.loads(whole)
    except (ValueError, RecursionError) as error:
        raise ReconciliationFileInvalid("The file is not JSON.") from error
    for name in MEMBERS:
        if isinstance(value.get(name), list):
            return list(value[name])
    raise ReconciliationFileInvalid(f"The object has no list {' or '.join(MEMBERS)}.")


def _json_values(file: _Counted, begun: str, *, end: str) -> Iterator[Any]:
    """Values one after another, with commas or line ends between them."""
    text, at = begun, 0
    while True:
        while at < len(text) and text[at] in " \t\r\n,":
            at += 1
        if at < len(text) and text[at] == end:
            return
        if nests_too_deep(text, at):
            raise ReconciliationFileInvalid("The file nests too deep.")
        try:
            value, at = _decoder.raw_decode(text, at)
        except (ValueError, RecursionError) as error:
            rest, piece = text[at:], file.read()
            if piece and len(rest) <= ROW_MAX:
                text, at = rest + piece, 0
                continue
            if not rest and not end:
                return
            raise ReconciliationFileInvalid("The file is not JSON, or ends in the middle.") from error
        if at == len(text) and isinstance(value, int | float) and not isinstance(value, bool):
            raise ReconciliationFileInvalid("A row is not an object.")
        yield value
