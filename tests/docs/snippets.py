"""
Reading the project's Markdown: its files, its links, and the snippets that say of themselves that they run.

A snippet that runs has a comment right above its fence: `<!-- run -->`, or `<!-- run: some text -->` when that text
must be in what it prints. The snippets of one file make one shell script, in their order. Commands that this cannot run
say why: `<!-- not run: the reason -->`. Those of docs/runbooks.md have marks of their own, see tests/site/runbooks.py.
"""

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = tuple(sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]))
WITHIN_S = 420

_SNIPPET = re.compile(
    r"^<!-- run(?:: (?P<expects>[^\n]+?))? -->\n```(?P<language>\w+)\n(?P<code>.*?)^```$", re.M | re.S
)
_MARKED = re.compile(r"^<!-- run\b.*$", re.M)
_COMMANDS = re.compile(r"^(?P<above>[^\n]*)\n```(?P<language>sh|console)\n(?P<code>.*?)^```$", re.M | re.S)
_MARKS = re.compile(r"<!-- (?:run(?:: .+)?|not run: .{8,}|ends|looks) -->")
_SEPARATOR = "=== snippet {} after $SECONDS s ==="


@dataclass(frozen=True, slots=True, kw_only=True)
class Snippet:
    """One marked block; `line` is where it stands."""

    document: Path
    line: int
    language: str
    code: str
    expects: str

    @property
    def name(self) -> str:
        return f"{self.document.name}:{self.line}"

    def as_shell(self) -> str:
        match self.language:
            case "sh":
                return self.code
            case "python":
                return f"python3 - <<'END_OF_SNIPPET'\n{self.code}END_OF_SNIPPET\n"
        raise ValueError(f"{self.name}: nobody knows how to run {self.language!r}")


def snippets_of(document: Path) -> list[Snippet]:
    """The marked blocks of a document. A mark without a block right below it is an error, not an omission."""
    text = document.read_text(encoding="utf-8")
    found = [
        Snippet(
            document=document,
            line=text.count("\n", 0, match.start()) + 1,
            language=match["language"],
            code=match["code"],
            expects=match["expects"] or "",
        )
        for match in _SNIPPET.finditer(text)
    ]
    if len(found) != len(_MARKED.findall(text)):
        raise ValueError(f"{document}: a mark `<!-- run -->` stands apart from its block")
    return found


def unmarked(text: str) -> list[str]:
    """The first lines of blocks of commands that neither run nor say why not."""
    blocks = _COMMANDS.finditer(f"\n{text}")
    return [one["code"].splitlines()[0] for one in blocks if not _MARKS.fullmatch(one["above"])]


def command_lines(text: str) -> list[str]:
    """Every command of every block, lines that go on put together, without comments, prompts and blocks of input."""
    found: list[str] = []
    for one in _COMMANDS.finditer(f"\n{text}"):
        code = re.sub(r"<<'?(\w+)'?.*?^\1$", "", one["code"].replace("\\\n", " "), flags=re.M | re.S)
        lines = (line.removeprefix("$ ").strip() for line in code.splitlines())
        found += [line for line in lines if line and not line.startswith("#")]
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What did not go as the document says, and when each snippet began, in seconds."""

    faults: list[str]
    began_s: list[int]


def faults_in_running(document: Path, *, directory: Path) -> list[str]:
    """Run a document's snippets as one script in this directory, and say what did not go as the document says."""
    return run(document, directory=directory).faults


def run(document: Path, *, directory: Path) -> Run:
    """The same with the times."""
    found = snippets_of(document)
    parts = [f'printf "\\n{_SEPARATOR.format(n)}\\n"\n{one.as_shell()}' for n, one in enumerate(found)]
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "PYTHONPATH": f"{ROOT}{os.pathsep}{ROOT / 'sdk' / 'python'}",
        "PYTHONWARNINGS": "error",
    }
    ran = subprocess.run(
        ["bash", "-c", "set -euo pipefail\n" + "\n".join(parts)],
        cwd=directory,
        env=environment,
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,  # its code is part of what is reported
    )
    _, *pieces = re.split(r"^=== snippet \d+ after (\d+) s ===$", ran.stdout, flags=re.M)
    began_s, outputs = [int(second) for second in pieces[::2]], pieces[1::2]
    if ran.returncode:
        at = found[len(outputs) - 1].name if outputs else document.name
        return Run(
            faults=[f"{at} ended with {ran.returncode}:\n{outputs[-1] if outputs else ''}{ran.stderr}"], began_s=began_s
        )
    faults = [
        f"{one.name} should print {one.expects!r}, and printed:\n{output}"
        for one, output in zip(found, outputs, strict=True)
        if one.expects not in output
    ]
    return Run(faults=faults, began_s=began_s)
