"""All bets of a player in a time with the proof that none is missing, also of days that are archived."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from audit import services as audit
from desk import evidence
from keno_platform.core.clock import from_text
from keno_platform.core.errors import Refusal
from operators.models import Operator
from operators.selectors import get_operator
from rounds.selectors import database_now


class Command(BaseCommand):
    """`manage.py bets_evidence alpha p-1 2026-10-01T09:00:00Z 2026-10-01T10:00:00Z --output bets.ndjson`"""

    help = "Write all bets of a player in a time, with the proof that none is missing; `fairness bets` checks it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("operator", help="its slug")
        parser.add_argument("player", help="the operator's token of the player")
        parser.add_argument("since", help="RFC 3339; inclusive")
        parser.add_argument("until", help="exclusive, at most a day later")
        parser.add_argument(
            "--open-all", action="store_true", help="open the leaves of all operators, as for a regulator"
        )
        parser.add_argument("--output", type=Path, required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["output"]
        try:
            operator = get_operator(slug=options["operator"])
            with path.open("xb") as file:
                file.writelines(_lines(operator, options))
        except FileExistsError as error:
            raise CommandError(f"{path} is there already.") from error
        except Refusal as refusal:
            path.unlink(missing_ok=True)
            raise CommandError(f"{refusal.title}. {refusal.detail}") from refusal
        _record(operator, options)
        self.stdout.write(f"{path}: check it with `python -m fairness bets {path} --key keno-keys.json`")


def _lines(operator: Operator, options: dict[str, Any]) -> Any:
    return evidence.lines(
        operator=operator,
        player_token=options["player"],
        since=from_text(options["since"]),
        until=from_text(options["until"]),
        now=database_now(),
        open_all=options["open_all"],
        from_archive=True,
    )


@transaction.atomic
def _record(operator: Operator, options: dict[str, Any]) -> None:
    period = f"from {options['since']} to {options['until']}"
    audit.record(
        "evidence.exported",
        description=f"{operator.name}: all bets of a player {period}, by a command",
        actor="command",
        operator_id=operator.pk,
        after={"player_token": options["player"], "from": options["since"], "to": options["until"]},
    )
