"""`manage.py reconcile`: compare an operator's file with our books; exits 1 when they differ, 2 when used wrongly."""

import getpass
import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, OutputWrapper

from keno_platform.core.clock import from_text
from keno_platform.core.errors import Refusal
from operators.models import Operator
from operators.selectors import get_operator
from reconciliation import selectors, services
from reconciliation.models import ReconciliationRun, Result
from reconciliation.operator_files import ReconciliationFileInvalid, read_file
from reconciliation.shapes import amount_there

EQUAL, DIFFERENT, WRONG_USE = 0, 1, 2
SHOWN_MAX = 20
PROGRESS_EVERY_S = 0.5


class Command(BaseCommand):
    help = (
        "Compare an operator's file of transactions (CSV, JSON or JSON lines) with our books. It changes nothing. "
        "Exits 0 when they are equal, 1 when they differ, 2 when it was used wrongly or the file cannot be read."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--operator", required=True, help="the operator's slug")
        parser.add_argument("--file", required=True, type=Path, help="the operator's file; see docs/reconciliation.md")
        parser.add_argument("--from", dest="since", help="only what was made from this time on (RFC 3339)")
        parser.add_argument("--to", dest="until", help="and before this one")
        parser.add_argument("--show", type=int, default=SHOWN_MAX, help=f"so many differences ({SHOWN_MAX})")

    def handle(self, *args: Any, **options: Any) -> None:
        path, began = options["file"], time.monotonic()
        try:
            operator = get_operator(slug=options["operator"])
            size = path.stat().st_size
            since, until = _moment(options["since"]), _moment(options["until"])
            line = _Progress(self.stderr, size)
            run = services.reconcile(
                operator=operator,
                rows=read_file(path, progress=line.read),
                file_name=path.name,
                actor=f"command:{getpass.getuser()}",
                since=since,
                until=until,
                tell=line.tell,
            )
            line.end()
        except ReconciliationFileInvalid as refusal:
            raise CommandError(f"{path}: {refusal}", returncode=WRONG_USE) from refusal
        except Refusal as refusal:
            raise CommandError(f"{refusal.title}: {refusal}", returncode=WRONG_USE) from refusal
        except OSError as error:
            raise CommandError(f"{path}: {error.strerror}", returncode=WRONG_USE) from error
        self._show(operator, run, options["show"], time.monotonic() - began)
        if run.differences:
            sys.exit(DIFFERENT)

    def _show(self, operator: Operator, run: ReconciliationRun, shown_max: int, seconds: float) -> None:
        self.stdout.write(f"{run.rows_there:>12,} rows of {operator.name}'s file, in {seconds:.1f} s")
        for name in ("matched", *Result.values):
            self.stdout.write(f"{getattr(run, name):>12,} {name.replace('_', ' ')}")
        money = operator.money
        self.stdout.write(
            f"control sums: {money(int(run.total_here))} here, {money(int(run.total_there))} there "
            f"({operator.currency_code})"
        )
        for one in selectors.differences_of(run).order_by("pk")[: max(shown_max, 0)]:
            here = "–" if one.minor_here is None else money(one.minor_here)
            there = amount_there(operator, one) or "–"
            state = f" ({one.state_here} here)" if one.state_here not in ("", "ok") else ""
            self.stdout.write(
                f"  {one.result:<16} {one.transaction_id} {one.kind:<10} {here:>14} here {there:>14} there{state}"
            )
        verdict = f"{run.differences:,} differences" if run.differences else "equal"
        self.stdout.write(f"{verdict}; run {run.pk}")


class _Progress:
    """How far it is; on a terminal one line that changes, elsewhere nothing."""

    def __init__(self, output: OutputWrapper, size: int) -> None:
        self._output, self._size, self._shown = output, max(size, 1), time.monotonic()
        self._write: Callable[[str], None] = self._line if output.isatty() else lambda text: None

    def read(self, done: int) -> None:
        if time.monotonic() - self._shown >= PROGRESS_EVERY_S:
            self._shown = time.monotonic()
            self._write(f"reading {100 * done // self._size:>3} %")

    def tell(self, phase: str) -> None:
        self._write(phase)

    def end(self) -> None:
        self._write("")

    def _line(self, text: str) -> None:
        self._output.write(f"\r{text:<40}" if text else f"\r{'':<40}\r", style_func=str, ending="")
        self._output.flush()


def _moment(text: str | None) -> datetime | None:
    return from_text(text) if text else None
