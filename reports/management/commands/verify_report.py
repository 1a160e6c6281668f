"""Whether a report's file is what the house sealed."""

import hashlib
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from reports import seals
from reports.models import ReportRun
from reports.seals import SealBroken
from rounds.custody import own_public_keys, signing_keys


class Command(BaseCommand):
    """`manage.py verify_report FILE ...`; exit code 1 when one of them is not whole."""

    help = "Check the hash and the signature in files of reports (CSV, JSON, PDF)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", type=Path)
        parser.add_argument("--keys", type=Path, help="public keys, such as /.well-known/keno-keys.json; else our own")

    def handle(self, *args: Any, **options: Any) -> None:
        keys = _given(options["keys"]) if options["keys"] else _own()
        broken = [path for path in options["files"] if not self._check(path, keys, known=options["keys"] is None)]
        if broken:
            raise CommandError(f"{len(broken)} of {len(options['files'])} files are not what was sealed.")

    def _check(self, path: Path, keys: dict[str, bytes], *, known: bool) -> bool:
        try:
            seal = seals.check_file(path, keys)
        except (SealBroken, OSError) as error:
            self.stderr.write(f"{path}: {error}")
            return False
        self.stdout.write(f"{path}: sealed by {seal.key_id}, SHA-256 of the content {seal.sha256.hex()}")
        if known:
            self.stdout.write(f"    {_run_of(path)}")
        return True


def _given(path: Path) -> dict[str, bytes]:
    try:
        return seals.keys_of(path.read_text())
    except (SealBroken, OSError) as error:
        raise CommandError(str(error)) from error


def _own() -> dict[str, bytes]:
    """Our own keys whose sealed half opens: a key that somebody put into the table is none of them."""
    own = own_public_keys()
    return {key.key_id: key.public_key for key in signing_keys() if key.public_key in own}


def _run_of(path: Path) -> str:
    """Which report it was, by the hash of the whole file."""
    hashed = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(seals.BLOCK):
            hashed.update(block)
    run = ReportRun.objects.filter(file_sha256=hashed.digest()).first()
    return f"report {run.pk}, asked for by {run.actor}" if run else "no report that is kept here has this file"
