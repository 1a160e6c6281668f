"""`manage.py make_collections`: the collections of ready requests, from the OpenAPI document."""

from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from keno_platform.collection import folder


class Command(BaseCommand):
    help = "Write the HTTPie script and the Bruno folder of every operation of the API."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", type=Path, default=Path(settings.BASE_DIR) / "docs" / "collections")

    def handle(self, *args: Any, **options: Any) -> None:
        changed = folder.write(options["output"])
        self.stdout.write(f"{len(changed)} files changed below {options['output']}")
