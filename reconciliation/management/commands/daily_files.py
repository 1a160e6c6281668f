"""`manage.py daily_files`: write the files of a finished day for one operator or all."""

import json
import os
import time
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from keno_platform.core import clock
from keno_platform.core.errors import Refusal
from operators.models import Operator
from operators.selectors import get_operator, list_operators
from reconciliation import daily, services
from reconciliation.models import DailyFile
from reconciliation.shapes import show_day

WRONG_USE = 2


class Command(BaseCommand):
    help = (
        "Write an operator's transactions of a finished day (UTC) as CSV and JSON, with their SHA-256. Without a day, "
        "yesterday's; without an operator, everybody's."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--day", help="such as 2026-11-21; without it yesterday (UTC)")
        parser.add_argument("--operator", help="one operator's slug")
        parser.add_argument("--output", required=True, type=Path, help="the directory; each operator has its own in it")

    def handle(self, *args: Any, **options: Any) -> None:
        day = _day(options["day"])
        try:
            operators = [get_operator(slug=options["operator"])] if options["operator"] else list(list_operators())
            for place, operator in enumerate(operators, start=1):
                self._write(operator, day, options["output"] / operator.slug, f"{place}/{len(operators)}")
        except Refusal as refusal:
            raise CommandError(f"{refusal.title}: {refusal}", returncode=WRONG_USE) from refusal
        except OSError as error:
            raise CommandError(f"{error.filename}: {error.strerror}") from error

    def _write(self, operator: Operator, day: date, directory: Path, place: str) -> None:
        began = time.monotonic()
        known = services.daily_file(operator=operator, day=day)
        directory.mkdir(parents=True, exist_ok=True)
        name = f"{operator.slug}-{day.isoformat()}"
        for form in daily.FORMATS:
            _write_whole(directory / f"{name}.{form}", services.pieces_of(known, operator, form))
        _write_whole(directory / f"{name}.sha256", [_sums(known, name)])
        _write_whole(directory / f"{name}.summary.json", [_summary(operator, known)])
        seconds = time.monotonic() - began
        self.stdout.write(f"[{place}] {directory / name}: {known.rows:,} transactions in {seconds:.1f} s")
        self.stdout.flush()


def _write_whole(path: Path, pieces: Any) -> None:
    """The file is there whole, or not at all: it gets its name when its last byte is on the disk."""
    beside = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with beside.open("wb") as file:
            for piece in pieces:
                file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    finally:
        with suppress(FileNotFoundError):
            beside.unlink()


def _sums(known: DailyFile, name: str) -> bytes:
    """As `sha256sum --check` reads it."""
    return "".join(
        f"{bytes(getattr(known, f'{form}_sha256')).hex()}  {name}.{form}\n" for form in daily.FORMATS
    ).encode()


def _summary(operator: Operator, known: DailyFile) -> bytes:
    shown = show_day(operator, known)
    return json.dumps({name: getattr(shown, name) for name in shown.__struct_fields__}, indent=2).encode() + b"\n"


def _day(text: str | None) -> date:
    if text is None:
        return clock.now().date() - timedelta(days=1)
    with suppress(ValueError):
        day = date.fromisoformat(text)
        if clock.YEAR_MIN <= day.year <= clock.YEAR_MAX:
            return day
    raise CommandError("--day is a date such as 2026-11-21.", returncode=WRONG_USE)
