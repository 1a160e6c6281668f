"""`manage.py ensure_schedule`: make the epochs that must stand by now."""

from typing import Any

from django.core.management.base import BaseCommand

from rounds.services.epochs import schedule_ahead


class Command(BaseCommand):
    help = "Make the epochs (rounds with their commitments) that must stand by now. Harmless when repeated."

    def handle(self, *args: Any, **options: Any) -> None:
        made = schedule_ahead()
        self.stdout.write(f"{len(made)} epochs made, {sum(epoch.size for epoch in made)} rounds committed")
