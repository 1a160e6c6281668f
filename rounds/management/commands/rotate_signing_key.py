"""`manage.py rotate_signing_key`: retire the Ed25519 key that signs, and sign with a new one from now on."""

from typing import Any

from django.core.management.base import BaseCommand
from django.db import transaction

from audit import services as audit
from rounds import custody


class Command(BaseCommand):
    help = "Retires the Ed25519 key that signs CLOSE messages, epochs and documents, and makes another."

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        made = custody.rotate_signing_key()
        audit.record("signing_key.rotated", description=f"{made} signs from now on", actor="command line")
        self.stdout.write(f"{made} signs from now on. /.well-known/keno-keys.json lists it and those before it.")
