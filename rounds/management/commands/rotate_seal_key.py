"""`manage.py rotate_seal_key`: seal anew, under KENO_SEAL_KEY, what KENO_SEAL_KEYS_OLD still seal."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from audit import services as audit
from rounds import custody


class Command(BaseCommand):
    help = (
        "Seals every secret anew under KENO_SEAL_KEY. Before: give all processes the new key as KENO_SEAL_KEY and "
        "the old one in KENO_SEAL_KEYS_OLD, and restart them. After: take KENO_SEAL_KEYS_OLD away."
    )

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        done = custody.reseal_all()
        audit.record("seal_key.rotated", description=f"{done.resealed} secrets sealed anew", actor="command line")
        self.stdout.write(f"{done.resealed} sealed anew, {done.already} were already under KENO_SEAL_KEY.")
        if done.lost:
            raise CommandError(
                f"No key opens {', '.join(done.lost)}. Add the key that they were sealed under to KENO_SEAL_KEYS_OLD."
            )
        self.stdout.write("KENO_SEAL_KEYS_OLD can be taken away once every process has been restarted without it.")
