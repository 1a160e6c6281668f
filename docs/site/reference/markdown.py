"""Texts of the code as Markdown that says the same: nothing in them is taken for a mark."""

import re
from collections.abc import Iterable, Sequence

_CODE = re.compile(r"(`+[^`]*`+)")


def prose(text: str) -> str:
    """One line of text; what stands in backticks stays code."""
    parts = _CODE.split(" ".join(text.split()))
    return "".join(part if part.startswith("`") else _escaped(part) for part in parts)


def _escaped(text: str) -> str:
    for mark in "\\*[]<>|#$":
        text = text.replace(mark, f"\\{mark}")
    return text.replace("_", "\\_")


def paragraphs(text: str) -> str:
    """A docstring: its paragraphs, each as prose."""
    return "\n\n".join(prose(part) for part in re.split(r"\n\s*\n", text.strip()) if part.strip())


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Nothing for no rows."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return ""
    return "\n".join([f"| {' | '.join(heads)} |", f"| {' | '.join('---' for _ in heads)} |", *lines, ""])


def block(text: str, language: str) -> str:
    """A fence around a text without one."""
    return f"```{language}\n{text.rstrip()}\n```\n"
