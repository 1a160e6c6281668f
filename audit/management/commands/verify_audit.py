"""`manage.py verify_audit`: holds the whole record against its seals; exits 1 on any finding."""

import json
import os
import re
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from audit import selectors
from audit.ports import ports
from audit.standing import sealing
from audit.verification import Knowledge, Verification
from fairness.errors import FairnessError
from fairness.record.documents import HeadDocument
from fairness.record.messages import Checkpoint as Message

STALLED_S = 120
"""An entry that waits for longer has to be asked about."""


class Command(BaseCommand):
    help = "Verify the whole audit record: every entry, place, head, checkpoint and anchor. Exits 1 on any finding."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--key", action="append", default=[], metavar="HEX", help="trust this key alone (again: and)"
        )
        parser.add_argument(
            "--kept",
            action="append",
            default=[],
            metavar="FILE",
            help="checkpoints that were kept outside: documents of the API, or messages in hex, one a line",
        )
        parser.add_argument(
            "--keep",
            metavar="FILE",
            help="hold the record against the checkpoints in this file, and where nothing is found append the newest",
        )
        parser.add_argument("--json", action="store_true", help="one JSON document instead of lines")

    def handle(self, *args: Any, **options: Any) -> None:
        files = [Path(name) for name in options["kept"]]
        keep = Path(options["keep"]) if options["keep"] else None
        if keep is not None and keep.exists():
            files.append(keep)
        kept = dict(one for file in files for one in _kept(file))
        run = Verification(Knowledge(keys=_keys(options["key"]), kept=kept))
        findings = []
        for finding in run.run():
            findings.append(finding)
            if not options["json"]:
                self.stdout.write(str(finding))
        last = run.line.last
        summary = {
            "entries": run.entries,
            "checkpoints": run.checkpoints,
            "last_checkpoint": last.number if last else None,
            "message": last.encode().hex() if last else None,
            "waiting": sealing().waiting,
            "cluster_is_this": last is None or last.cluster == selectors.cluster(),
        }
        if options["json"]:
            found = [{"fault": one.fault, "subjects": one.subjects, "detail": one.detail} for one in findings]
            self.stdout.write(json.dumps(summary | {"findings": found}))
        else:
            self._tell(summary, len(findings), kept=keep)
        if findings:
            sys.exit(1)
        if keep is not None and last is not None and last.number not in kept:
            _append(keep, last.encode().hex())

    def _tell(self, summary: dict[str, Any], count: int, *, kept: Path | None) -> None:
        self.stdout.write(f"{summary['entries']} entries, {summary['checkpoints']} checkpoints, {count} findings")
        if summary["waiting"]:
            self.stdout.write(f"{summary['waiting']} newer entries are not sealed yet")
        if trouble := sealing().trouble(after_s=STALLED_S):
            self.stderr.write(trouble)
        if summary["message"] and kept is None:
            self.stdout.write(f"Keep this outside, and give it with --kept next time:\n{summary['message']}")


def _keys(given: list[str]) -> frozenset[bytes]:
    if given:
        if not all(re.fullmatch("[0-9a-f]{64}", one) for one in given):
            raise CommandError("A key is 64 hex digits in lower case.")
        return frozenset(map(bytes.fromhex, given))
    if ports.own_keys is None:
        raise CommandError("Nothing is plugged in that knows the house's keys.")
    return ports.own_keys()


def _kept(file: Path) -> list[tuple[int, bytes]]:
    try:
        data = file.read_bytes()
        messages = (
            [HeadDocument.parse(data).checkpoint.message]
            if data.lstrip().startswith(b"{")
            else [bytes.fromhex(line) for line in data.decode("ascii").split()]
        )
        return [(Message.decode(one).number, one) for one in messages]
    except (OSError, ValueError, FairnessError) as fault:
        raise CommandError(f"{file} holds no checkpoint: {fault}") from fault


def _append(file: Path, message: str) -> None:
    """A line more, on the disk before the command says that it has ended well."""
    try:
        with file.open("a", encoding="ascii") as stream:
            stream.write(f"{message}\n")
            stream.flush()
            os.fsync(stream.fileno())
    except OSError as fault:
        raise CommandError(f"{file} cannot be written: {fault}") from fault
