"""Boxes and arrows: what is read, and how it is drawn once `layers` has said where each box stands."""

import itertools
import re
from collections.abc import Sequence
from dataclasses import dataclass, field

from docs.site.diagrams.errors import DiagramInvalid
from docs.site.diagrams.layers import Place, arrange
from docs.site.diagrams.svg import Canvas, block_size

_NODE = r"(\w+)(\[\([^)]+\)\]|\[[^\[\]]+\]|\([^()]+\))?"
_ARROW = re.compile(rf"{_NODE}\s*(-->|-\.->)\s*(?:\|([^|]+)\|\s*)?{_NODE}$")
_ALONE = re.compile(rf"{_NODE}$")
_STEP = re.compile(r"(\w+|\[\*\])\s*-->\s*(\w+|\[\*\])(?:\s*:\s*(.+))?$")
PAD_X, PAD_Y, ASIDE_PX, NEAR_END = 14.0, 10.0, 12.0, 0.62


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """One thing; `shape` is box, round, store, or dot for where a life begins or ends."""

    text: str
    shape: str = "box"

    @property
    def size(self) -> tuple[float, float]:
        if self.shape == "dot":
            return 12.0, 12.0
        width, height = block_size(self.text)
        return width + 2 * PAD_X, height + 2 * PAD_Y + (6 if self.shape == "store" else 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrow:
    """From one to another; dashed where nobody waits for an answer."""

    start: str
    end: str
    text: str = ""
    dashed: bool = False


@dataclass(slots=True)
class Graph:
    """What a text says."""

    boxes: dict[str, Box] = field(default_factory=dict)
    arrows: list[Arrow] = field(default_factory=list)

    def name(self, node: str, written: str | None) -> str:
        """Take note of a box where it is named; the first time with its text counts."""
        if written or node not in self.boxes:
            self.boxes[node] = _box(node, written)
        return node


def read_flowchart(lines: Sequence[str]) -> Graph:
    """
    Lines such as `a[Text] -->|label| b[(Store)]`.

    :raises DiagramInvalid: a line is none of these.
    """
    graph = Graph()
    for line in lines:
        if found := _ARROW.match(line):
            start, shape, kind, text, end, other = found.groups()
            graph.arrows.append(
                Arrow(start=graph.name(start, shape), end=graph.name(end, other), text=text or "", dashed=kind != "-->")
            )
        elif found := _ALONE.match(line):
            graph.name(found[1], found[2])
        else:
            raise DiagramInvalid(f"nobody understands {line!r}")
    return graph


def read_states(lines: Sequence[str]) -> Graph:
    """
    Lines such as `open --> closed : betting ends`; `[*]` is the beginning on the left, the end on the right.

    :raises DiagramInvalid: a line is none of these.
    """
    graph = Graph()
    for line in lines:
        if line == "direction LR":
            continue
        found = _STEP.match(line)
        if not found:
            raise DiagramInvalid(f"nobody understands {line!r}")
        start, end = ("begin" if found[1] == "[*]" else found[1]), ("end" if found[2] == "[*]" else found[2])
        for name in (start, end):
            graph.boxes.setdefault(name, Box(text=name, shape="dot" if name in ("begin", "end") else "round"))
        graph.arrows.append(Arrow(start=start, end=end, text=found[3] or ""))
    return graph


def _box(node: str, written: str | None) -> Box:
    match written or "":
        case text if text.startswith("[("):
            return Box(text=text[2:-2], shape="store")
        case text if text.startswith("["):
            return Box(text=text[1:-1])
        case text if text.startswith("("):
            return Box(text=text[1:-1], shape="round")
    return Box(text=node)


def draw(graph: Graph, *, across: bool, title: str, description: str) -> str:
    """The SVG: from left to right, or from top to bottom."""
    labels = [block_size(one.text)[0 if across else 1] for one in graph.arrows if one.text]
    plan = arrange(
        {name: _room(graph, name, across=across) for name in graph.boxes},
        [(one.start, one.end) for one in graph.arrows],
        across=across,
        apart_px=max([40.0, *(size + 30 for size in labels)]),
    )
    canvas, words = Canvas(), Canvas()
    for arrow, points in zip(graph.arrows, plan.ways, strict=True):
        aside = _aside(graph, arrow)
        shifted = [_shift(point, aside, across=across) for point in points]
        canvas.path(_curve(shifted, across=across), "way dashed" if arrow.dashed else "way")
        _write_label(words, arrow, _label_place(shifted, across=across), aside, across=across)
    for name, box in graph.boxes.items():
        _draw_box(canvas, box, plan.places[name])
    canvas.add(words)
    return canvas.render(width=plan.width, height=plan.height, title=title, description=description)


def _room(graph: Graph, name: str, *, across: bool) -> tuple[float, float]:
    """What a box takes beside its neighbours: where arrows come from above, the labels before it as well."""
    width, height = graph.boxes[name].size
    if not across:
        width = max([width, *(block_size(one.text)[0] + 24 for one in graph.arrows if one.end == name and one.text)])
    return width, height


def _aside(graph: Graph, arrow: Arrow) -> float:
    """By how much an arrow runs beside the straight line, where another leads the other way."""
    if not any((one.start, one.end) == (arrow.end, arrow.start) for one in graph.arrows):
        return 0.0
    return ASIDE_PX if arrow.start < arrow.end else -ASIDE_PX


def _shift(point: Place, aside: float, *, across: bool) -> Place:
    return Place(point.x, point.y + aside) if across else Place(point.x + aside, point.y)


def _write_label(words: Canvas, arrow: Arrow, at: tuple[float, float], aside: float, *, across: bool) -> None:
    if not arrow.text:
        return
    x, y = at
    if across or not aside:
        words.text(x, y + aside, arrow.text, "label halo")
    else:
        words.text(x + aside / 2, y, arrow.text, "label halo", anchor="start" if aside > 0 else "end")


def _draw_box(canvas: Canvas, box: Box, place: Place) -> None:
    width, height = box.size
    x, y = place.x - width / 2, place.y - height / 2
    if box.shape == "dot":
        canvas.dot(place.x, place.y)
        return
    if box.shape == "store":
        canvas.cylinder(x, y, width, height, "box store")
    else:
        canvas.rect(x, y, width, height, "box", round_px=14 if box.shape == "round" else 4)
    canvas.text(place.x, place.y + (3 if box.shape == "store" else 0), box.text)


def _curve(points: Sequence[Place], *, across: bool) -> str:
    parts = [f"M{points[0].x:.1f} {points[0].y:.1f}"]
    for one, other in itertools.pairwise(points):
        if across:
            middle = (one.x + other.x) / 2
            bent = f"{middle:.1f} {one.y:.1f} {middle:.1f} {other.y:.1f}"
        else:
            middle = (one.y + other.y) / 2
            bent = f"{one.x:.1f} {middle:.1f} {other.x:.1f} {middle:.1f}"
        parts.append(f"C{bent} {other.x:.1f} {other.y:.1f}")
    return " ".join(parts)


def _label_place(points: Sequence[Place], *, across: bool) -> tuple[float, float]:
    """The middle of an arrow; of one that leads down nearer to its end, where arrows from one box are apart."""
    at = (len(points) - 1) // 2 if across else len(points) - 2
    one, other = points[at], points[at + 1]
    part = 0.5 if across else NEAR_END
    aside = part if across else _eased(part)
    return one.x + (other.x - one.x) * aside, one.y + (other.y - one.y) * part


def _eased(part: float) -> float:
    """How far aside a curve is, when it is so far along."""
    return part * part * (3 - 2 * part)
