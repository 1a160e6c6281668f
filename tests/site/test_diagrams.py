"""Diagrams are drawn whole or not at all."""

import itertools
import re
import xml.etree.ElementTree as ElementTree

import pytest

from docs.site.diagrams import DiagramInvalid, draw
from tests.docs.snippets import DOCUMENTS, ROOT

WORDS = "accTitle: A title\naccDescr: What it shows\n"
DIAGRAMS = [
    pytest.param(found[1], id=f"{document.relative_to(ROOT)}:{number}")
    for document in DOCUMENTS
    for number, found in enumerate(re.finditer(r"^```mermaid\n(.*?)^```$", document.read_text(), re.M | re.S))
]
SVG = "{http://www.w3.org/2000/svg}"


def picture(svg: str) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314  # drawn by ourselves


def boxes(svg: str) -> list[tuple[float, float, float, float]]:
    """Left, top, right and bottom of each box."""
    found = [one.attrib for one in picture(svg).iter(f"{SVG}rect") if one.get("class") == "box"]
    numbers = [[float(one[name]) for name in ("x", "y", "width", "height")] for one in found]
    return [(x, y, x + width, y + height) for x, y, width, height in numbers]


def labels_of(text: str) -> set[str]:
    """Every line of every label that a diagram's text names."""
    lines = [line for line in text.splitlines() if not line.strip().startswith("acc")]
    found = re.findall(r"\w\[\(?([^\[\]]+?)\)?\]|\|([^|]+)\||: (.+)$", "\n".join(lines), re.M)
    return {part.strip() for each in found for one in each for part in one.split("<br/>") if part}


@pytest.mark.parametrize("text", DIAGRAMS)
def test_every_diagram_of_the_documents_is_whole(text: str) -> None:
    svg = picture(draw(text))
    assert svg.find(f"{SVG}title") is not None
    assert svg.find(f"{SVG}desc") is not None
    shown = {one.text for one in svg.iter(f"{SVG}text")}
    assert labels_of(text)
    assert labels_of(text) - shown == set()


@pytest.mark.parametrize("text", DIAGRAMS)
def test_no_two_boxes_of_a_diagram_lie_on_each_other_and_none_leaves_the_picture(text: str) -> None:
    svg = draw(text)
    left, top, width, height = map(float, picture(svg).attrib["viewBox"].split())
    there = boxes(svg)
    outside = [one for one in there if one[0] < left or one[1] < top or one[2] > left + width or one[3] > height]
    assert outside == []
    pairs = itertools.combinations(there, 2)
    assert [(a, b) for a, b in pairs if a[0] < b[2] and b[0] < a[2] and a[1] < b[3] and b[1] < a[3]] == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("flowchart LR\na[A] --> b[B]", "accTitle"),
        (f"pie\n{WORDS}", "nobody draws"),
        (f"flowchart LR\n{WORDS}a[A] ==> b[B]", "nobody understands"),
        (f"stateDiagram-v2\n{WORDS}a --- b", "nobody understands"),
        (f"sequenceDiagram\n{WORDS}a->>b: hello\nfrobnicate", "nobody understands"),
        (f"sequenceDiagram\n{WORDS}a->>b: hello\nloop for ever", "no end"),
        (f"sequenceDiagram\n{WORDS}a->>b: hello\nelse what", "without a frame"),
    ],
)
def test_what_is_not_understood_is_an_error(text: str, said: str) -> None:
    with pytest.raises(DiagramInvalid, match=said):
        draw(text)


def test_an_arrow_over_a_layer_passes_the_box_between() -> None:
    svg = picture(draw(f"flowchart LR\n{WORDS}a[A] --> b[B]\nb --> c[C]\na --> c"))
    ways = [one.attrib["d"] for one in svg.iter(f"{SVG}path") if one.get("class") == "way"]
    assert [way.count("C") for way in ways] == [1, 1, 2]


def test_an_arrow_that_leads_back_does_not_turn_the_order_round() -> None:
    drawn = boxes(draw(f"flowchart LR\n{WORDS}a --> b\nb --> c\nc --> a"))
    left = {name: box[0] for name, box in zip("abc", drawn, strict=True)}
    assert left["a"] < left["b"] < left["c"]


def test_labels_are_escaped() -> None:
    assert "&lt;b&gt; &amp; c" in draw(f"sequenceDiagram\n{WORDS}a->>b: <b> & c")
