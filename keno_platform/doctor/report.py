"""A report for whoever helps: what the doctor found, and what the installation is made of, without a secret in it."""

import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import distributions
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from keno_platform.doctor.checks import Finding
from keno_platform.environment.catalogue import VARIABLES
from keno_platform.environment.reading import FILE
from keno_platform.observability.redaction import redact

LOG_LINES = 200
LOG_BYTES = 200_000
HIDDEN = "[secret]"


def bug_report(findings: Sequence[Finding], *, logs: Sequence[Path] = ()) -> dict[str, Any]:
    """One JSON document. Values of secret variables are neither in it nor anywhere in the logs that it quotes."""
    secrets = secret_values(os.environ)
    return {
        "made_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "findings": [_clean(asdict(one), secrets) for one in findings],
        "environment": environment_shown(os.environ),
        "system": {
            "python": sys.version,
            "platform": platform.platform(),
            "processors": os.cpu_count(),
        },
        "packages": {one.name: one.version for one in sorted(distributions(), key=lambda one: one.name.lower())},
        "logs": {log.name: _tail(log, secrets) for log in logs},
    }


def environment_shown(environ: Mapping[str, str]) -> dict[str, str]:
    """Which of our variables are given, and what they say where that is no secret."""
    shown: dict[str, str] = {}
    for variable in VARIABLES:
        for name in (variable.name, variable.name + FILE):
            if environ.get(name):
                is_hidden = variable.secret and name == variable.name
                shown[name] = HIDDEN if is_hidden else redact(_without_path(environ[name]))
    return shown


def secret_values(environ: Mapping[str, str]) -> list[str]:
    """Texts that must not appear anywhere: the longest first, so that none is left in part."""
    found: set[str] = set()
    for variable in VARIABLES:
        value = environ.get(variable.name, "")
        if variable.secret and value:
            found |= {value, *value.split(",")}
            found |= {password for password in (_password(value),) if password}
        if variable.secret and (file := environ.get(variable.name + FILE)):
            found |= _contents(Path(file))
    return sorted((one for one in found if len(one) >= 6), key=len, reverse=True)


def _contents(file: Path) -> set[str]:
    try:
        text = file.read_text(encoding="utf-8").strip()
    except OSError:
        return set()
    return {text, *text.split(","), _password(text)} - {""}


def _password(address: str) -> str:
    try:
        return urlsplit(address).password or ""
    except ValueError:
        return ""


def _without_path(value: str) -> str:
    """An address without what stands behind its host: providers of nodes put keys there."""
    parts = urlsplit(value) if "://" in value and "," not in value else None
    return f"{parts.scheme}://{parts.netloc}" if parts and parts.netloc else value


def _tail(log: Path, secrets: Sequence[str]) -> list[str]:
    with log.open("rb") as file:
        file.seek(max(0, log.stat().st_size - LOG_BYTES))
        lines = file.read().decode(errors="replace").splitlines()
    return [_clean(line, secrets) for line in lines[-LOG_LINES:]]


def _clean(value: Any, secrets: Sequence[str]) -> Any:
    if isinstance(value, dict):
        return {name: _clean(one, secrets) for name, one in value.items()}
    if not isinstance(value, str):
        return value
    for secret in secrets:
        value = value.replace(secret, HIDDEN)
    return redact(value)
