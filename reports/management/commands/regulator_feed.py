"""The regulator's feed as a file that only grows."""

import json
import os
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reports import feed

BLOCK = 1 << 16


class Command(BaseCommand):
    """`manage.py regulator_feed FILE`: what is new is appended. Run it again and again."""

    help = "Append the sealed entries that a file does not have yet, one a line, in the order of their numbers."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["file"]
        begun = after = _last_number(path)
        with path.open("ab") as file:
            while found := feed.read(after=after, limit=feed.LIMIT_MAX):
                file.write(b"".join(map(line_of, found)))
                after = found[-1].sequence
            file.flush()
            os.fsync(file.fileno())
        self.stdout.write(f"{path}: {after - begun:,} entries appended, the last is {after:,}")


def line_of(one: feed.Numbered) -> bytes:
    """An entry as a line of JSON, as the API has it."""
    own = {"sequence": one.sequence, "log": str(one.log), "index": one.placed.index, "entry": asdict(one.placed.entry)}
    return json.dumps(own, separators=(",", ":")).encode() + b"\n"


def _last_number(path: Path) -> int:
    """The number on the last line; what an interruption has left of a line is cut off first."""
    if not path.exists():
        return 0
    with path.open("r+b") as file:
        size = file.seek(0, os.SEEK_END)
        whole = _end_of_last_line(file, size)
        file.truncate(whole)
        line = _line_before(file, whole)
    if not line:
        return 0
    try:
        return int(json.loads(line)["sequence"])
    except (ValueError, KeyError, TypeError) as error:
        raise CommandError(f"{path} is no file of this feed: {error}") from error


def _end_of_last_line(file: Any, size: int) -> int:
    """Where the last line feed ends; 0 when there is none."""
    at = size
    while at:
        start = max(0, at - BLOCK)
        file.seek(start)
        found = file.read(at - start).rfind(b"\n")
        if found >= 0:
            return int(start + found + 1)
        at = start
    return 0


def _line_before(file: Any, end: int) -> bytes:
    """The line that ends here."""
    start = _end_of_last_line(file, end - 1) if end else 0
    file.seek(start)
    return bytes(file.read(end - start)).strip()
