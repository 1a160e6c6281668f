"""A report from the command line, written here and now."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from audit import services as audit
from keno_platform.core import clock
from keno_platform.core.errors import Refusal
from reports.catalogue import REPORTS, get_report
from reports.models import Form
from reports.query import BUCKETS, Query, bounds_of
from reports.runs import Ask
from reports.writing import make_file
from reports.writing.head import Head

NARROWING = ("game", "by", "player", "at_least")


class Command(BaseCommand):
    """`manage.py make_report game_performance 2026-11 --output november.pdf`"""

    help = "Write a report as CSV, JSON or PDF, sealed."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("report", choices=sorted(REPORTS))
        parser.add_argument("period", nargs="?", default="", help="a month (2026-11) or a day (2026-11-21), in UTC")
        parser.add_argument("--from", dest="since", default="", help="instead of a period, with --to: RFC 3339")
        parser.add_argument("--to", dest="until", default="")
        parser.add_argument("--operator", default="", help="a slug; without it all operators")
        parser.add_argument("--game", default="")
        parser.add_argument("--by", choices=BUCKETS, default="")
        parser.add_argument("--player", default="", help="the operator's token of a player")
        parser.add_argument("--at-least", default="", help="an amount, such as 1000.00")
        parser.add_argument("--language", choices=[code for code, _ in settings.LANGUAGES], default="en")
        parser.add_argument("--output", type=Path, required=True, help="ends in .csv, .json or .pdf")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["output"]
        try:
            ask = _ask(options, path.suffix.removeprefix("."))
            with path.open("xb") as file:
                made = make_file(_head(ask), ask.form, file)
        except Refusal as refusal:
            raise CommandError(f"{refusal.title}. {refusal.detail}") from refusal
        except FileExistsError as error:
            raise CommandError(f"{path} is there already.") from error
        _record(ask, made.rows, made.rows_sha256)
        self.stdout.write(f"{path}: {made.rows:,} rows, SHA-256 of the rows {made.rows_sha256.hex()}")


def _ask(options: dict[str, Any], form: str) -> Ask:
    if form not in Form.values:
        raise CommandError("--output ends in .csv, .json or .pdf.")
    report = get_report(options["report"])
    now = clock.now() if report.now else None
    since, until = bounds_of(period=options["period"], since=options["since"], until=options["until"], now=now)
    given = {name: options[name] for name in NARROWING if options[name]}
    query = Query(since=since, until=until, operator=options["operator"], **given)
    return Ask(report=report.code, query=query, form=form, language=options["language"]).checked()


def _head(ask: Ask) -> Head:
    return Head(report=get_report(ask.report), query=ask.query, language=ask.language, made_at=clock.now())


def _record(ask: Ask, rows: int, rows_sha256: bytes) -> None:
    with transaction.atomic():
        audit.record(
            "report.downloaded",
            description=f"{ask.report} as {ask.form}, {rows:,} rows, by a command on the server",
            actor="command",
            after={"query": ask.query.as_json(), "rows_sha256": rows_sha256.hex()},
        )
