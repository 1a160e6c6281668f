"""`manage.py rotate_seal_key`: seal anew, under KENO_SEAL_KEY, what KENO_SEAL_KEYS_OLD still seal."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from access import services as access
from audit import services as audit
from banker import services as banker
from operators import services as operators
from rounds import custody
from webhooks import services as webhooks


class Command(BaseCommand):
    help = (
        "Seals every secret anew under KENO_SEAL_KEY. Before: give all processes the new key as KENO_SEAL_KEY and "
        "the old one in KENO_SEAL_KEYS_OLD, and restart them. After: take KENO_SEAL_KEYS_OLD away."
    )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        parts = (custody.reseal_all(), operators.reseal(), access.reseal(), webhooks.reseal(), banker.reseal())
        resealed, already = sum(part.resealed for part in parts), sum(part.already for part in parts)
        lost = [name for part in parts for name in part.lost]
        audit.record("seal_key.rotated", description=f"{resealed} secrets sealed anew", actor="command line")
        self.stdout.write(f"{resealed} sealed anew, {already} were already under KENO_SEAL_KEY.")
        if lost:
            raise CommandError(
                f"No key opens {', '.join(lost)}. Add the key that they were sealed under to KENO_SEAL_KEYS_OLD."
            )
        self.stdout.write("KENO_SEAL_KEYS_OLD can be taken away once every process has been restarted without it.")
