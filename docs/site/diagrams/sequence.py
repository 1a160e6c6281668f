"""Who says what to whom, in the order of time: lifelines beside each other, messages from top to bottom."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from docs.site.diagrams.errors import DiagramInvalid
from docs.site.diagrams.svg import LINE_PX, Canvas, block_size, width_of

_PARTICIPANT = re.compile(r"(?:participant|actor) (\w+)(?: as (.+))?$")
_MESSAGE = re.compile(r"(\w+)\s*(--?>>)\s*(\w+)\s*:\s*(.+)$")
_NOTE = re.compile(r"Note over (\w+)(?:,\s*(\w+))?:\s*(.+)$")
_FRAME = re.compile(r"(alt|opt|loop|else|end)\b\s*(.*)$")
HEAD_PX, MARGIN_PX, GAP_MIN_PX, SELF_PX = 40.0, 16.0, 120.0, 34.0


@dataclass(slots=True)
class _Picture:
    """What is drawn so far: `y` is the next free height, `frames` those that have not ended."""

    names: dict[str, str]
    at: dict[str, float]
    width: float
    canvas: Canvas = field(default_factory=Canvas)
    y: float = MARGIN_PX + HEAD_PX + 14
    frames: list[tuple[float, float]] = field(default_factory=list)

    @property
    def inset(self) -> float:
        """How far a frame stands from the edge, by the frames around it."""
        return 4 + 6.0 * len(self.frames)


def draw(lines: Sequence[str], *, title: str, description: str) -> str:
    """The SVG of a sequence."""
    names = _participants(lines)
    at, width = _columns(names, lines)
    picture = _Picture(names=names, at=at, width=width)
    for line in lines:
        _add(picture, line)
    if picture.frames:
        raise DiagramInvalid("a frame has no end")
    height = picture.y + MARGIN_PX
    life = Canvas()
    for name, x in at.items():
        life.path(f"M{x:.1f} {MARGIN_PX + HEAD_PX:.1f} V{picture.y:.1f}", "life", arrow=False)
        box = max(width_of(part) for part in names[name].split("<br/>")) + 24
        life.rect(x - box / 2, MARGIN_PX, box, HEAD_PX, "box")
        life.text(x, MARGIN_PX + HEAD_PX / 2, names[name], "label strong")
    life.add(picture.canvas)
    return life.render(width=width, height=height, title=title, description=description)


def _participants(lines: Sequence[str]) -> dict[str, str]:
    """Those that are introduced, then those that just speak, in their order."""
    names: dict[str, str] = {}
    for line in lines:
        if found := _PARTICIPANT.match(line):
            names[found[1]] = found[2] or found[1]
        elif found := _MESSAGE.match(line):
            names.setdefault(found[1], found[1])
            names.setdefault(found[3], found[3])
    return names


def _columns(names: dict[str, str], lines: Sequence[str]) -> tuple[dict[str, float], float]:
    """Where each lifeline stands, so that every message fits between its two; and the width of all."""
    order = list(names)
    half = [block_size(names[name])[0] / 2 + 12 for name in order]
    gaps = [max(GAP_MIN_PX, one + other + 16) for one, other in itertools.pairwise(half)]
    right = half[-1]
    for line in lines:
        found = _MESSAGE.match(line)
        if not found:
            continue
        first, last = sorted((order.index(found[1]), order.index(found[3])))
        needed = block_size(found[4])[0] + 28
        if first == last:
            needed += SELF_PX
            if last == len(gaps):
                right = max(right, needed)
                continue
            last += 1
        gaps[last - 1] += max(0.0, needed - sum(gaps[first:last]))
    at, x = {}, MARGIN_PX + half[0]
    for name, gap in zip(order, [*gaps, 0.0], strict=True):
        at[name] = x
        x += gap
    return at, x + right + MARGIN_PX


def _add(picture: _Picture, line: str) -> None:
    if _PARTICIPANT.match(line):
        return
    if found := _MESSAGE.match(line):
        _add_message(picture, found)
    elif found := _NOTE.match(line):
        _add_note(picture, found)
    elif found := _FRAME.match(line):
        _add_frame(picture, found[1], found[2])
    else:
        raise DiagramInvalid(f"nobody understands {line!r}")


def _add_message(picture: _Picture, found: re.Match[str]) -> None:
    start, end = picture.at[found[1]], picture.at[found[3]]
    _, height = block_size(found[4])
    kind = "way dashed" if found[2] == "-->>" else "way"
    picture.y += height + 8
    if start == end:
        picture.canvas.text(start + SELF_PX, picture.y - height / 2 + 4, found[4], anchor="start")
        picture.canvas.path(f"M{start:.1f} {picture.y - 8:.1f} h{SELF_PX - 6} v14 h{7 - SELF_PX}", kind)
        picture.y += 12
    else:
        picture.canvas.text((start + end) / 2, picture.y - height / 2 - 2, found[4])
        picture.canvas.path(f"M{start:.1f} {picture.y:.1f} H{end:.1f}", kind)
        picture.y += 10


def _add_note(picture: _Picture, found: re.Match[str]) -> None:
    first, last = sorted((picture.at[found[1]], picture.at[found[2] or found[1]]))
    width, height = block_size(found[3])
    width = max(width + 20, last - first + 60)
    middle = min(max((first + last) / 2, width / 2 + 4), picture.width - width / 2 - 4)
    picture.y += 8
    picture.canvas.rect(middle - width / 2, picture.y, width, height + 12, "note")
    picture.canvas.text(middle, picture.y + height / 2 + 6, found[3])
    picture.y += height + 20


def _add_frame(picture: _Picture, word: str, text: str) -> None:
    if word in ("alt", "opt", "loop"):
        picture.frames.append((picture.y, picture.inset))
        _name_frame(picture, f"{word} [{text}]" if text else word)
        return
    if not picture.frames:
        raise DiagramInvalid(f"{word!r} without a frame around it")
    top, inset = picture.frames[-1]
    if word == "else":
        picture.y += 6
        picture.canvas.path(f"M{inset:.1f} {picture.y:.1f} H{picture.width - inset:.1f}", "parting", arrow=False)
        _name_frame(picture, f"else [{text}]")
        return
    picture.frames.pop()
    picture.y += 6
    picture.canvas.rect(inset, top, picture.width - 2 * inset, picture.y - top, "frame")
    picture.y += 8


def _name_frame(picture: _Picture, text: str) -> None:
    _, inset = picture.frames[-1]
    picture.canvas.text(inset + 8, picture.y + LINE_PX / 2 + 2, text, "label frame-name", anchor="start")
    picture.y += LINE_PX + 4
