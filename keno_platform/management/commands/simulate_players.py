"""`manage.py simulate_players`: the demo's players bet over HTTP, until stopped."""

import asyncio
import json
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from keno_platform.demo.crowd import play_demo


class Command(BaseCommand):
    help = "Let the demo's players bet in every round, until stopped."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--demo", type=Path, default=Path(".keno/demo.json"))
        parser.add_argument("--seed", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        demo = json.loads(options["demo"].read_text(encoding="utf-8"))
        asyncio.run(play_demo(demo, seed=options["seed"]))
