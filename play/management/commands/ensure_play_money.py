"""`manage.py ensure_play_money`: make the house in whose books demo play lives, where there is none."""

from typing import Any

from django.core.management.base import BaseCommand

from play.demo import ensure_house


class Command(BaseCommand):
    help = "Make the play-money house, which demo play needs. It changes nothing where there is one."

    def handle(self, *args: Any, **options: Any) -> None:
        house = ensure_house()
        self.stdout.write(f"Demo play is available: the house is {house.slug}, its currency {house.currency_code}.")
