"""`manage.py load_demo`: the demo's operators, games, players and admin user."""

from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from keno_platform.demo.loading import load


class Command(BaseCommand):
    help = "Load the demo, or complete it, and write the file that scripts start from."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--output", type=Path, default=Path(".keno/demo.json"))
        parser.add_argument("--baobab-port", type=int, help="where the demo's seamless operator listens")
        parser.add_argument("--sandbox-port", type=int, help="where the integrators' sandbox wallet listens")

    def handle(self, *args: Any, **options: Any) -> None:
        demo = load(options["output"], baobab_port=options["baobab_port"], sandbox_port=options["sandbox_port"])
        self.stdout.write(f"{len(demo['operators'])} operators ready; see {options['output']}")
