"""From a fence's text to its picture: what kind it is, what it is called, and who draws it."""

import re
from dataclasses import dataclass

from docs.site.diagrams import flow, sequence
from docs.site.diagrams.errors import DiagramInvalid

__all__ = ["DiagramInvalid", "draw"]
_WORDS = re.compile(r"^acc(Title|Descr):\s*(.+)$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """A diagram's text, sorted."""

    kind: str
    lines: tuple[str, ...]
    title: str
    description: str


def draw(text: str) -> str:
    """
    The SVG of a fence.

    :raises DiagramInvalid: a line is not understood, or there are no words for those who cannot see the picture.
    """
    source = _sort(text)
    words = {"title": source.title, "description": source.description}
    match source.kind.split():
        case ["sequenceDiagram"]:
            return sequence.draw(source.lines, **words)
        case ["flowchart", "LR" | "TB" as direction]:
            return flow.draw(flow.read_flowchart(source.lines), across=direction == "LR", **words)
        case ["stateDiagram-v2"]:
            return flow.draw(flow.read_states(source.lines), across="direction LR" in source.lines, **words)
    raise DiagramInvalid(f"nobody draws {source.kind!r}")


def _sort(text: str) -> Source:
    lines = [line.strip() for line in text.splitlines()]
    kind, *rest = [line for line in lines if line and not line.startswith("%%")] or [""]
    words = {found[1]: found[2] for line in rest if (found := _WORDS.match(line))}
    if set(words) != {"Title", "Descr"}:
        raise DiagramInvalid("a diagram needs accTitle and accDescr")
    kept = tuple(line for line in rest if not _WORDS.match(line))
    return Source(kind=kind, lines=kept, title=words["Title"], description=words["Descr"])
