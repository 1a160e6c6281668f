"""`manage.py doctor`: the same as `keno doctor`, where the environment is good enough for Django to start."""

import sys
from argparse import Namespace
from typing import Any, TextIO, cast

from django.core.management.base import BaseCommand, CommandParser

from keno_platform.keno import doctor
from keno_platform.keno.output import Output


class Command(BaseCommand):
    help = "Look at machine, environment, database, broker, platform and web. Exits 1 on any fault."
    requires_system_checks = []  # they are among what is looked at

    def add_arguments(self, parser: CommandParser) -> None:
        doctor.add_arguments(parser)
        parser.add_argument("--json", action="store_true", help="one JSON document instead of lines")

    def handle(self, *args: Any, **options: Any) -> None:
        output = Output(as_json=options["json"], out=cast("TextIO", self.stdout), err=cast("TextIO", self.stderr))
        code = doctor.main(Namespace(**options), output)
        if code:
            sys.exit(code)
