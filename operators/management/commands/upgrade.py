"""`manage.py upgrade`: bring the database to the migrations of this code, while everything goes on."""

import os
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from operators.migrating.plans import Key
from operators.migrating.standing import public_behind, schemas_behind
from operators.migrating.upgrading import Policy, Summary, Told, UpgradeFailed, upgrade

_BAR = 30
_FIRST = ("operators", "0001_initial")
"""Before it there are no operators to ask for."""


class Command(BaseCommand):
    help = (
        "Run the migrations that are missing: in public first, then in every operator's schema, several at a time. "
        "Goes on where it was cut off; two at once do no harm. Bets go on: no lock is waited for longer than "
        "--lock-timeout, and what did not get one tries again."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="say what would be run; exit 1 when anything would")
        parser.add_argument("--jobs", type=int, default=min(4, os.cpu_count() or 1), help="schemas at a time")
        parser.add_argument("--lock-timeout", type=float, default=1.0, metavar="SECONDS")
        parser.add_argument("--tries", type=int, default=60, help="how often a lock is asked for")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["check"]:
            self._check()
            return
        if options["jobs"] < 1 or options["tries"] < 1 or options["lock_timeout"] <= 0:
            raise CommandError("--jobs, --tries and --lock-timeout must be positive")
        policy = Policy(jobs=options["jobs"], lock_timeout_s=options["lock_timeout"], tries=options["tries"])
        try:
            summary = upgrade(policy=policy, tell=self._tell if options["verbosity"] else lambda _: None)
        except UpgradeFailed as failure:
            raise CommandError(
                f"{failure}\nWhat was done stays. Run `manage.py upgrade` again when it is mended."
            ) from failure
        if options["verbosity"]:
            self.stdout.write(_describe(summary))

    def _check(self) -> None:
        public = public_behind()
        behind = {"public": public} if public else {}
        if _FIRST not in public:
            behind |= schemas_behind()
        for schema, missing in behind.items():
            self.stdout.write(f"{schema}: {_names(missing)}")
        if behind:
            raise SystemExit(1)
        self.stdout.write("Everything is up to date.")

    def _tell(self, told: Told) -> None:
        if not told.of:
            self.stderr.write(told.text)
        elif self.stderr.isatty():
            filled = _BAR * told.done // told.of
            bar = "#" * filled + "." * (_BAR - filled)
            self.stderr.write(
                f"\r[{bar}] {told.done}/{told.of} {told.text:<40.40}", ending="\n" * (told.done == told.of)
            )
        elif told.done in {told.of * tenth // 10 for tenth in range(1, 11)}:
            self.stderr.write(f"{told.done}/{told.of} {told.text}")


def _names(missing: list[Key]) -> str:
    names = [f"{app}.{name}" for app, name in missing]
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")


def _describe(summary: Summary) -> str:
    if not summary.public and not summary.schemas:
        return "Everything is up to date."
    text = f"public: {summary.public} migrations; {summary.schemas} operators' schemas, in {summary.seconds:.1f} s."
    if summary.longest:
        one = summary.longest
        text += f" Longest lock: at most {one.seconds * 1000:.0f} ms ({one.schema}, {one.migration})."
    return f"{text} {len(summary.busy)} times a lock was busy, and asked for again." if summary.busy else text
