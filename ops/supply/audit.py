"""
`make audit-dependencies`: is anything that a lock names known to be faulty?

Exit code 0: everything was looked up, and nothing is known against it. 1: something is. 2: not everything could be
looked up, which is no good news. What is accepted for a while stands in accepted.json, with a reason and an end.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from ops.supply.locks import NPM, PYTHON, ROOT, packages_of

ACCEPTED = Path(__file__).with_name("accepted.json")
PATIENCE_S = 300


class NotLooked(Exception):
    """The audit could not be made: the service is away, or does not know a package."""


@dataclass(frozen=True, slots=True, order=True)
class Advisory:
    """A fault that is known of a package."""

    package: str
    name: str
    mended_in: str


@dataclass(slots=True)
class Result:
    """What came of one lock."""

    lock: str
    looked_up: int = 0
    advisories: list[Advisory] = field(default_factory=list)
    why_not: str = ""


def audit_python(lock: str, *, osv: str | None, root: Path = ROOT) -> list[Advisory]:
    """
    What is known of the packages of a Python lock, by pip-audit.

    :raises NotLooked: not every one could be looked up.
    """
    service = ["--vulnerability-service", "osv", "--osv-url", osv] if osv else []
    with tempfile.TemporaryDirectory() as directory:
        told = Path(directory, "told.json")
        command = [sys.executable, "-m", "pip_audit", "--strict", "--disable-pip", "--require-hashes"]
        command += ["--progress-spinner", "off", "--requirement", str(root / lock), "--format", "json"]
        done = _run([*command, "--output", str(told), *service], cwd=root)
        if done.returncode not in (0, 1) or not told.exists():
            raise NotLooked(_last_line(done.stderr))
        found = json.loads(told.read_text(encoding="utf-8") or "{}").get("dependencies", [])
    skipped = [one["name"] for one in found if "skip_reason" in one or "vulns" not in one]
    if not found or skipped:
        raise NotLooked(f"not looked up: {', '.join(skipped) or 'anything'}")
    return sorted(
        Advisory(
            f"{one['name']} {one['version']}", fault["id"], ", ".join(fault.get("fix_versions", [])) or "nothing yet"
        )
        for one in found
        for fault in one["vulns"]
    )


def audit_npm(lock: str, *, registry: str | None, root: Path = ROOT) -> list[Advisory]:
    """
    What is known of the packages of an npm lock, by npm.

    :raises NotLooked: the registry did not answer the question.
    """
    asked = ["--registry", registry] if registry else []
    try:
        done = _run(["npm", "audit", "--package-lock-only", "--json", *asked], cwd=(root / lock).parent)
        told = json.loads(done.stdout)
    except FileNotFoundError as error:
        raise NotLooked("there is no npm") from error
    except ValueError as error:
        raise NotLooked(_last_line(done.stderr)) from error
    if "vulnerabilities" not in told or "metadata" not in told:
        raise NotLooked(str(told.get("message") or told.get("error") or "npm did not say"))
    return sorted({one for each in told["vulnerabilities"].values() for one in _of_npm(each)})


def _of_npm(told: dict[str, Any]) -> Iterator[Advisory]:
    fix = told.get("fixAvailable")
    mended = fix["version"] if isinstance(fix, dict) else ("a newer lock" if fix else "nothing yet")
    for via in told["via"]:
        if isinstance(via, dict):  # a name alone is another package, which is told by itself
            yield Advisory(f"{told['name']} {told['range']}", str(via.get("url", via.get("source"))), mended)


def accepted_on(day: date, *, file: Path = ACCEPTED) -> set[str]:
    """Advisories that are accepted on this day."""
    entries = json.loads(file.read_text(encoding="utf-8"))
    return {one["advisory"] for one in entries if one["reason"] and day <= date.fromisoformat(one["until"])}


def audit(lock: str, *, osv: str | None, registry: str | None, root: Path = ROOT) -> Result:
    """One lock."""
    result = Result(lock)
    try:
        result.looked_up = len(packages_of(lock, root=root))
        if lock.endswith(".json"):
            result.advisories = audit_npm(lock, registry=registry, root=root)
        else:
            result.advisories = audit_python(lock, osv=osv, root=root)
    except (NotLooked, OSError, ValueError, subprocess.TimeoutExpired) as error:
        result.why_not = str(error)
    return result


def _run(command: Sequence[str], *, cwd: Path) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=PATIENCE_S, check=False)  # noqa: S603


def _last_line(text: str) -> str:
    return next((line for line in reversed(text.splitlines()) if line.strip()), "no answer")


def report(results: Sequence[Result], *, accepted: set[str]) -> int:
    """Print what was found; returns the exit code."""
    for one in results:
        against = [each for each in one.advisories if each.name not in accepted]
        print(f"{one.lock}: " + (f"COULD NOT LOOK: {one.why_not}" if one.why_not else _counted(one, len(against))))
        for each in against:
            print(f"  {each.package}: {each.name}, mended in {each.mended_in}")
    if any(one.why_not for one in results):
        return 2
    return int(any(each.name not in accepted for one in results for each in one.advisories))


def _counted(one: Result, against: int) -> str:
    waived = len(one.advisories) - against
    return f"{one.looked_up} packages, {against} known faults" + (f", {waived} accepted" if waived else "")


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(description="Is anything that a lock names known to be faulty?")
    parser.add_argument("--osv", help="an OSV service to ask about Python packages, instead of PyPI")
    parser.add_argument("--registry", help="a registry to ask about npm packages, instead of npm's own")
    parser.add_argument("locks", nargs="*", help="these locks alone")
    given = parser.parse_args(arguments)
    results = [audit(lock, osv=given.osv, registry=given.registry) for lock in given.locks or [*PYTHON, *NPM]]
    return report(results, accepted=accepted_on(datetime.now(UTC).date()))


if __name__ == "__main__":
    sys.exit(main())
