"""`manage.py prepare_ahead`: the epochs and the partitions that must stand by now."""

from typing import Any

from django.core.management.base import BaseCommand

from bets.services.partitions import make_all_partitions
from rounds.services.epochs import schedule_ahead


class Command(BaseCommand):
    help = "Make the partitions and epochs (rounds with their commitments) that must stand by now. May be repeated."

    def handle(self, *args: Any, **options: Any) -> None:
        partitions = make_all_partitions()
        epochs = schedule_ahead()
        self.stdout.write(
            f"{len(partitions)} partitions and {len(epochs)} epochs made; "
            f"{sum(epoch.size for epoch in epochs)} rounds committed"
        )
