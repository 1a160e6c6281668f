"""`manage.py archive_partitions`: days of operators' books into the archive; exits 1 when one failed."""

import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from keno_platform.core.errors import NotFound
from operators.models import Operator
from operators.selectors import get_operator, list_operators
from reports.archive import files, policy
from reports.archive.policy import Told

ACTOR = "command line"


class Command(BaseCommand):
    help = "Archive the days that are older than the policy keeps online: written, read back, and only then detached."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--operator", metavar="SLUG", help="only this one")
        parser.add_argument(
            "--before", type=date.fromisoformat, metavar="DATE", help="days before this one, instead of the policy's"
        )
        parser.add_argument("--dry-run", action="store_true", help="say what would be archived, and change nothing")
        parser.add_argument("--check", action="store_true", help="read every archived file back and compare; no more")
        parser.add_argument(
            "--drop", action="store_true", help="drop detached tables that were kept KENO_DETACHED_DAYS; no more"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            where, operators = policy.root(), _operators(options["operator"])
        except (files.ArchiveUnusable, NotFound) as error:
            raise CommandError(str(error)) from error
        trouble = 0
        for operator in operators:
            for told in self._work(operator, where, options):
                trouble += told.is_trouble
                self.stdout.write(f"{told.operator} {told.day or '-'} {told.result}: {told.text}")
                self.stdout.flush()
        if trouble:
            sys.exit(1)

    def _work(self, operator: Operator, where: Path, options: dict[str, Any]) -> Iterator[Told]:
        if options["check"]:
            return policy.check(operator, where=where)
        if options["drop"]:
            return policy.drop_kept(operator, where=where, actor=ACTOR)
        before = policy.first_day_online(options["before"])
        if before is None:
            raise CommandError("KENO_ONLINE_DAYS is 0: every day stays online. Name --before to archive all the same.")
        if options["dry_run"]:
            return policy.due(operator, before)
        return policy.archive_operator(operator, before=before, where=where, actor=ACTOR)


def _operators(slug: str | None) -> list[Operator]:
    return [get_operator(slug=slug)] if slug else list(list_operators())
