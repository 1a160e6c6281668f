"""`manage.py reopen`: after a restore, take an operator's bets again; exits 2 where that may not be yet."""

import getpass
import sys
from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser

from keno_platform.core.errors import Refusal
from operators.selectors import get_operator, list_operators
from reconciliation import reopening
from reconciliation.models import ReconciliationRun


class Command(BaseCommand):
    help = "After a restore: say who is closed, or open an operator whose books were compared. See docs/backup.md."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("operator", nargs="?", help="its slug; without any, a list of who is closed")
        parser.add_argument("--run", type=UUID, help="the comparison that was made since (manage.py reconcile)")
        parser.add_argument("--without-comparison", metavar="NOTE", default="", help="why none is needed")
        parser.add_argument(
            "--adopt", action="store_true", help="this server is the right one, as after pg_upgrade: close nobody"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["adopt"]:
            reopening.adopt(reopening.this_cluster())
            self.stdout.write("These books are known to live on this server.")
        elif options["operator"] is None:
            self._list()
        else:
            self._reopen(options)

    def _list(self) -> None:
        for operator in list_operators():
            if closure := reopening.closure_of(operator):
                self.stdout.write(f"{operator.slug}: closed since {closure.closed_at:%Y-%m-%d %H:%M:%S}")

    def _reopen(self, options: dict[str, Any]) -> None:
        try:
            operator = get_operator(slug=options["operator"])
            run = ReconciliationRun.objects.filter(pk=options["run"]).first() if options["run"] else None
            note = options["without_comparison"]
            closure = reopening.reopen(operator=operator, run=run, note=note, actor=getpass.getuser())
        except Refusal as refusal:
            self.stderr.write(f"{refusal.code}: {refusal}")
            sys.exit(2)
        taken = "its bets are taken again" if closure.was_active else "it was suspended before, and still is"
        self.stdout.write(f"{operator.slug} is open: {taken}.")
