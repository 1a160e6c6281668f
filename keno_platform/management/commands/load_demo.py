"""`manage.py load_demo`: the demo's operators, games, players and admin user."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from keno_platform.demo.loading import load


class Command(BaseCommand):
    help = "Load the demo, or complete it, and write the file that scripts start from."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", type=Path, default=Path(".keno/demo.json"))

    def handle(self, *args: Any, **options: Any) -> None:
        demo = load(options["output"])
        self.stdout.write(f"{len(demo['operators'])} operators ready; see {options['output']}")
