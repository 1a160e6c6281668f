"""`manage.py void_round`: void a round that is not drawn yet; every stake goes back."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from keno_platform.core.errors import Refusal
from rounds.services.voiding import void_round


class Command(BaseCommand):
    help = "Void a round that is not drawn yet. Every stake is returned; the reason is published."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("round_id", type=int)
        parser.add_argument("reason")
        parser.add_argument("--actor", default="command line")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            one = void_round(round_id=options["round_id"], reason=options["reason"], actor=options["actor"])
        except Refusal as refusal:
            raise CommandError(f"{refusal.code}: {refusal}") from refusal
        self.stdout.write(f"round {one.pk} is void; its stakes go back to the players")
