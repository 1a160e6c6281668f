"""The pages of docs/runbooks.md with their commands, and running them as whoever is on call would."""

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from tests.docs.snippets import ROOT

RUNBOOKS = ROOT / "docs" / "runbooks.md"
ALERTS = ROOT / "ops" / "prometheus" / "alerts.yml"
WITHIN_S = 180
_BLOCK = re.compile(r"^<!-- (looks|ends) -->\n```sh\n(.*?)^```$", re.M | re.S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Commands of one page. Those that only look may find something wrong; those that end the alert must work."""

    ends: bool
    code: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """What stands below one heading."""

    anchor: str
    blocks: tuple[Block, ...]

    @property
    def ends(self) -> bool:
        """Whether its commands end the alert."""
        return any(block.ends for block in self.blocks)


def pages() -> dict[str, Page]:
    """Every page by its anchor."""
    _, *parts = re.split(r"^###? (.+)$", RUNBOOKS.read_text(encoding="utf-8"), flags=re.M)
    found = {}
    for heading, text in zip(parts[::2], parts[1::2], strict=True):
        blocks = tuple(Block(ends=kind == "ends", code=code) for kind, code in _BLOCK.findall(text))
        anchor = heading.lower().replace(" ", "-")
        found[anchor] = Page(anchor=anchor, blocks=blocks)
    return found


def rules() -> dict[str, dict[str, Any]]:
    """Every alert's rule by its name."""
    groups = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    return {rule["alert"]: rule for group in groups for rule in group["rules"]}


def page_of(alert: str) -> Page:
    """The page that the alert leads to."""
    return pages()[rules()[alert]["annotations"]["runbook"].partition("#")[2]]


def follow(alert: str, *, environment: Mapping[str, str], log: Path) -> None:
    """
    Type the commands of an alert's page, block by block, from the project's folder. What a command leaves running goes
    on. Asserts that each works; one that only looks may say that something is wrong (1), and no more than that.
    """
    for block in page_of(alert).blocks:
        with log.open("ab") as output:
            output.write(f"\n$ # {alert}\n{block.code}".encode())
            output.flush()
            ended = subprocess.run(
                ["bash", "-c", f"set -eu\n{block.code}"],
                cwd=ROOT,
                env={**_bare(), **environment},
                stdout=output,
                stderr=output,
                timeout=WITHIN_S,
                check=False,  # looked at below
            )
        fine = (0,) if block.ends else (0, 1)
        assert ended.returncode in fine, f"{alert}: {block.code} ended with {ended.returncode}:\n{_tail(log)}"
    assert "Traceback" not in _tail(log), _tail(log)


def _bare() -> dict[str, str]:
    """What a shell has that nobody has prepared."""
    return {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "HOME": os.environ.get("HOME", "/tmp")}  # noqa: S108


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-6000:]
