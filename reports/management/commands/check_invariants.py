"""`manage.py check_invariants`: prints each invariant with its count of violations; exits 1 on any."""

import json
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from keno_platform.core import clock
from keno_platform.observability.instruments import CHECKED, VIOLATIONS
from reports.invariants import Finding, check_all


class Command(BaseCommand):
    help = "Check every invariant of money, bets, rounds and tenants. Exits 1 when one is broken."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--rounds", type=int, help="recompute draws and roots of the latest N rounds only")
        parser.add_argument("--json", action="store_true", help="one JSON document instead of lines")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = []
        for finding in check_all(rounds_max=options["rounds"]):
            findings.append(finding)
            VIOLATIONS.labels(finding.code).set(finding.count)
            if not options["json"]:
                self._show(finding)
        CHECKED.set(clock.now().timestamp())
        broken = [finding for finding in findings if finding.count]
        if options["json"]:
            shown = [{"code": one.code, "count": one.count, "examples": one.examples} for one in findings]
            self.stdout.write(json.dumps(shown))
        else:
            self.stdout.write(f"{len(findings)} invariants, {len(broken)} broken")
        if broken:
            sys.exit(1)

    def _show(self, finding: Finding) -> None:
        self.stdout.write(f"{finding.count:>6}  {finding.code:<34} {finding.claim}")
        if finding.count:
            self.stdout.write(f"        for example: {', '.join(finding.examples)}")
        self.stdout.flush()
