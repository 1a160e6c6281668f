"""`manage.py watch_rounds`: one line for each finished round, for ever."""

import time
from typing import Any

from django.core.management.base import BaseCommand, CommandParser
from django.db import Error, connection
from django.db.models import Max

from rounds.models import Round, RoundStatus
from rounds.selectors import list_finished_between

POLL_S = 0.5
WINDOW = 500


class Command(BaseCommand):
    help = "Print one line for each finished round."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--count", type=int, default=0, help="stop after so many lines; 0 goes on for ever")

    def handle(self, *args: Any, **options: Any) -> None:
        shown: set[int] = set()
        start = Round.objects.filter(status=RoundStatus.REVEALED).aggregate(last=Max("pk"))["last"] or 0
        printed = 0
        while not options["count"] or printed < options["count"]:
            for one in self._finished(start):
                if one.pk not in shown:
                    shown.add(one.pk)
                    self.stdout.write(describe(one))
                    printed += 1
            if len(shown) > WINDOW:
                start = max(min(shown), max(shown) - WINDOW)
                shown = {pk for pk in shown if pk > start}
            self.stdout.flush()
            time.sleep(POLL_S)

    def _finished(self, start: int) -> list[Round]:
        try:
            return list_finished_between(start, start + 2 * WINDOW)
        except Error as error:
            self.stderr.write(f"the database is away, trying again: {error}")
            connection.close()
            return []


def describe(one: Round) -> str:
    """A finished round in one line."""
    head = f"{one.game.code} #{one.number} (round {one.pk})"
    if one.status == RoundStatus.VOID:
        return f"{head} void: {one.void_reason}"
    numbers = " ".join(f"{number:02d}" for number in sorted(one.numbers_drawn or []))
    return f"{head} {one.bets_count or 0:>4} bets  {numbers}"
