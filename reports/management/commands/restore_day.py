"""`manage.py restore_day`: an archived day back from its files, into tables beside the books."""

from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from keno_platform.core.errors import NotFound
from operators.selectors import get_operator
from reports.archive import files, policy
from reports.archive.restore import restore_day


class Command(BaseCommand):
    help = "Load an archived day into tables beside the books, to be read; prove that they hold what was archived."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("operator", metavar="SLUG")
        parser.add_argument("day", type=date.fromisoformat, metavar="DATE")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            operator = get_operator(slug=options["operator"])
            names = restore_day(operator, options["day"], where=policy.root(), actor="command line")
        except (NotFound, files.ArchiveUnusable) as error:
            raise CommandError(str(error)) from error
        self.stdout.write("\n".join(names))
