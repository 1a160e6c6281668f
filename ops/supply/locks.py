"""The files that say, to the version and the hash, what is installed."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PYTHON = tuple(f"requirements/{name}.lock" for name in ("server", "client", "run", "dev", "bootstrap"))
NPM = ("play/client/package-lock.json", "play/package-lock.json", "contracts/package-lock.json")
DEPLOYED = ("requirements/server.lock", "play/client/package-lock.json", "play/package-lock.json")
"""What reaches an installation; the other locks are for development, tests and the contract."""
_PIN = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==([^\s;\\]+)", re.MULTILINE)
_HASH = re.compile(r"--hash=sha256:([0-9a-f]{64})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """One package of a lock. `integrity` is as the lock has it: hashes of its files."""

    name: str
    version: str
    integrity: tuple[str, ...]


def packages_of(lock: str, *, root: Path = ROOT) -> list[Package]:
    """
    Everything that a lock names, by name.

    :raises OSError: there is no such file. :raises ValueError: it names nothing, or something without a hash.
    """
    text = (root / lock).read_text(encoding="utf-8")
    found = sorted(
        _of_npm(text) if lock.endswith(".json") else _of_python(text), key=lambda one: (one.name, one.version)
    )
    if not found or any(not one.integrity for one in found):
        raise ValueError(f"{lock} names nothing, or something without a hash")
    return found


def _of_python(text: str) -> Iterator[Package]:
    starts = [*_PIN.finditer(text)]
    for number, start in enumerate(starts):
        end = starts[number + 1].start() if number + 1 < len(starts) else len(text)
        hashes = tuple(_HASH.findall(text, start.end(), end))
        yield Package(name=start[1].lower(), version=start[2], integrity=hashes)


def _of_npm(text: str) -> Iterator[Package]:
    seen = set()
    for path, entry in json.loads(text)["packages"].items():
        if not path or entry.get("link"):
            continue
        name = entry.get("name") or path.rpartition("node_modules/")[2]
        if (name, entry["version"]) not in seen:
            seen.add((name, entry["version"]))
            yield Package(name=name, version=entry["version"], integrity=(entry.get("integrity", ""),))
