"""`manage.py restore`: as `keno restore`; see keno_platform.recovery."""

import sys
from collections.abc import Sequence

from django.core.management.base import BaseCommand

from keno_platform.recovery.__main__ import main


class Command(BaseCommand):
    help = "Restore a backup into an empty directory, with the betting closed in it. See docs/backup.md."

    def run_from_argv(self, argv: Sequence[str]) -> None:
        sys.exit(main(["restore", *argv[2:]]))
