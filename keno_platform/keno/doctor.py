"""`keno doctor`: everything that can be looked at, each fault with the line that mends it."""

import argparse
import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

from keno_platform.doctor.checks import Finding, State, count
from keno_platform.doctor.report import bug_report
from keno_platform.doctor.run import run
from keno_platform.keno.output import Output
from keno_platform.keno.surroundings import PROJECT

LOGS = PROJECT / ".keno" / "logs"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """What the doctor may be asked."""
    parser.add_argument(
        "--bug-report",
        type=Path,
        metavar="FILE",
        help="write what was found, versions and the ends of logs, without secrets, to send to whoever helps",
    )
    parser.add_argument("--faults", action="store_true", help="show only what is not as it should be")


def main(options: argparse.Namespace, output: Output) -> int:
    """Examine, show, and end with 1 on any fault."""
    findings = []
    area = None
    for finding in run():
        findings.append(finding)
        if options.faults and finding.state is State.OK:
            continue
        if finding.area is not area:
            area = finding.area
            output.say(f"\n{area}")
        _show(finding, output)
    _conclude(findings, output)
    if options.bug_report:
        _write(options.bug_report, findings, output)
    return 1 if count(findings)[State.FAULT] else 0


def _show(finding: Finding, output: Output) -> None:
    output.say(f"  {output.mark(finding.state)}  {finding.name.replace('-', ' ')}: {finding.says}")
    if finding.mend:
        output.say(f"           -> {finding.mend}")


def _conclude(findings: Sequence[Finding], output: Output) -> None:
    counted = count(findings)
    output.say(f"\n{len(findings)} checks: {', '.join(f'{number} {state}' for state, number in counted.items())}")
    output.document(
        {
            "checks": len(findings),
            **{str(state): number for state, number in counted.items()},
            "findings": [asdict(one) for one in findings],
        }
    )


def _write(place: Path, findings: Sequence[Finding], output: Output) -> None:
    logs = sorted(LOGS.glob("*.log")) if LOGS.is_dir() else []
    place.write_text(json.dumps(bug_report(findings, logs=logs), indent=2, ensure_ascii=False), encoding="utf-8")
    place.chmod(0o600)
    output.warn(f"{place} is written. It has no secrets in it; read it before you send it.")
