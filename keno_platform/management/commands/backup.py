"""`manage.py backup`: as `keno backup`; see keno_platform.recovery."""

import sys
from collections.abc import Sequence

from django.core.management.base import BaseCommand

from keno_platform.recovery.__main__ import main


class Command(BaseCommand):
    help = "Make a verified base backup of the database. See docs/backup.md."

    def run_from_argv(self, argv: Sequence[str]) -> None:
        sys.exit(main(["backup", *argv[2:]]))
