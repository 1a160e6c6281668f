"""`manage.py anchor_roots`: brings every root to the chain, and waits until they are final."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from anchors.models import AlarmCode
from anchors.selectors import ChainStatus, list_alarms
from anchors.services.sending import anchor_until_done


class Command(BaseCommand):
    help = "Send every root that is not on the chain, in order, and wait until all are final. Harmless when repeated."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--wait", type=int, default=300, metavar="SECONDS", help="how long at most (300)")

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.CHAIN_URL:
            raise CommandError("KENO_CHAIN_URL names no chain: roots are registered, and wait.")
        shown: list[str] = []

        def tell(status: ChainStatus) -> None:
            if (line := describe(status)) not in shown[-1:]:
                shown.append(line)
                self.stdout.write(line)
                self.stdout.flush()

        if not anchor_until_done(seconds=options["wait"], tell=tell):
            for alarm in list_alarms():
                self.stderr.write(f"{alarm.code}: {AlarmCode(alarm.code).label}: {alarm.detail}")
            raise CommandError("Not all roots are final. docs/anchoring.md says what to do about each alarm.")


def describe(status: ChainStatus) -> str:
    """How it stands, in one line."""
    alarms = f"; alarms: {', '.join(status.alarms)}" if status.alarms else ""
    return f"final up to {status.last_final_seq}, {status.waiting} waiting, {status.underway} on their way{alarms}"
