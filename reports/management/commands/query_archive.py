"""`manage.py query_archive`: asks ClickHouse about an operator's archived days."""

import csv
from collections.abc import Iterator, Sequence
from datetime import date
from itertools import chain
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from keno_platform.core.errors import NotFound
from operators.selectors import get_operator
from operators.tenancy import tenant_context
from reports.archive import engine, files, policy
from reports.archive.tables import BETS, MOVEMENTS, PAYOUTS
from wallet.models import ArchivedDay
from wallet.selectors import archived_days

NAMES = {"bets": BETS, "payouts": PAYOUTS, "transactions": MOVEMENTS}
WIDE = 40


class Command(BaseCommand):
    help = (
        "Ask a SELECT of ClickHouse's about archived days of an operator. It reads `bets`, `payouts` and "
        "`transactions`, whose columns are those of the files, after the files were held against the books."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("operator", metavar="SLUG")
        parser.add_argument("select", metavar="SELECT")
        parser.add_argument("--from", dest="first", type=date.fromisoformat, metavar="DATE", help="the first day")
        parser.add_argument("--to", dest="end", type=date.fromisoformat, metavar="DATE", help="the day after the last")
        parser.add_argument("--csv", action="store_true", help="comma-separated values instead of columns")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            days = _days(options["operator"], options["first"], options["end"])
            with engine.opened(policy.root()) as archive:
                for day in days:
                    archive.check(day)
                self._show(archive.table(_statement(archive, days, options["select"])), as_csv=options["csv"])
        except (files.ArchiveUnusable, NotFound) as error:
            raise CommandError(str(error)) from error

    def _show(self, rows: Iterator[Sequence[Any]], *, as_csv: bool) -> None:
        if as_csv:
            csv.writer(self.stdout, lineterminator="\n").writerows(rows)
            return
        first = [list(map(str, row)) for _, row in zip(range(1000), rows, strict=False)]
        widths = [min(WIDE, max(map(len, column))) for column in zip(*first, strict=True)]
        for row in chain(first, (list(map(str, row)) for row in rows)):
            self.stdout.write("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())


def _days(slug: str, first: date | None, end: date | None) -> list[ArchivedDay]:
    """:raises NotFound: no such operator, or nothing of it is archived in this time."""
    operator = get_operator(slug=slug)
    with tenant_context(operator):
        days = [day for day in archived_days() if (first or date.min) <= day.day < (end or date.max)]
    if not days:
        raise NotFound(f"There is no archived day of {slug} in this time.")
    return days


def _statement(archive: engine.Archive, days: Sequence[ArchivedDay], select: str) -> str:
    """The question as a part of a SELECT, so that it can be nothing else."""
    directories = [day.directory for day in days]
    tables = ", ".join(
        f"{name} AS (SELECT * FROM {archive.source(table, directories)})" for name, table in NAMES.items()
    )
    return f"WITH {tables} SELECT * FROM ({select.strip().rstrip(';')})"
