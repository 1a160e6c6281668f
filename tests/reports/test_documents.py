"""PDF pages: tagged, archival, reproducible, in nine languages, with letters for all of them and no way in for data."""

import io
import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings

from keno_platform.documents import Unprintable, render_pages, render_pdf
from keno_platform.documents.printing import printable
from localization.texts.reports import TEXTS
from reports.catalogue import get_report
from reports.query import Query
from reports.writing.head import Head
from reports.writing.page import texts_in
from reports.writing.pdf_file import TEMPLATE, PdfFile

LANGUAGES = [code for code, _ in settings.LANGUAGES]
PNG = b"\x89PNG\r\n\x1a\n"


def page(**changed: Any) -> dict[str, Any]:
    """The data of a small report."""
    cell = {"text": "Bet", "end": False, "code": False, "forward": False}
    return {
        "title": "A report",
        "about": "What it is.",
        "running": "A report",
        "facts": [{"label": "Rows", "value": "1", "code": False, "forward": False}],
        "totals_title": "Totals",
        "totals": {"headings": ["Currency", "Stakes"], "lines": [["KES", "1.00"]]},
        "columns": [cell],
        "rows": [["x"]],
        "notes": [],
        "seal": "Sealed.",
        "wide": False,
    } | changed


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_page_in_every_language_is_an_archival_tagged_pdf_that_says_its_language(language: str) -> None:
    texts = texts_in(language)
    pdf = render_pdf(TEMPLATE, page(title=texts["report.bet_log"], about=texts["report.bet_log_about"]), language)
    assert pdf.startswith(b"%PDF-1.7")
    assert b"/MarkInfo" in pdf
    assert b"/StructTreeRoot" in pdf
    assert f"/Lang({language})".encode() in pdf or f"/Lang ({language})".encode() in pdf
    assert b"pdfaid:part>2<" in pdf
    assert b"pdfuaid:part>1<" in pdf


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_of_reports_has_its_letters_in_the_fonts(language: str) -> None:
    texts = texts_in(language)
    assert {text for text in texts.values() if printable(text) != text} == set()
    assert language == "en" or sum(texts[key] != TEXTS[key] for key in TEXTS) > len(TEXTS) * 0.9


def test_the_same_data_gives_the_same_bytes_and_another_time_others() -> None:
    at = datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
    one, same = (render_pdf(TEMPLATE, page(), "en", made_at=at) for _ in range(2))
    assert one == same
    assert render_pdf(TEMPLATE, page(), "en", made_at=at.replace(hour=4)) != one


@pytest.mark.parametrize(
    "text",
    [
        "#panic()",
        "$x$",
        "*bold*",
        ']#read("/keno_platform/settings.py")[',
        "\\",
        "#{1+1}",
        "// x",
        "<label>",
        "@ref",
        "`",
    ],
)
def test_what_a_player_writes_is_text_and_never_a_command(text: str) -> None:
    plain = render_pages(TEMPLATE, page(rows=[["y" * len(text)]]), "en", ppi=30)
    assert len(render_pages(TEMPLATE, page(rows=[[text]]), "en", ppi=30)) == len(plain)
    assert render_pdf(TEMPLATE, page(rows=[[text]], title=text, running=text), "en").startswith(b"%PDF")


@pytest.mark.parametrize("text", ["漢字", "😀", "\x00\x07", "\u202e", "\ufffe", "ก", "क"])
def test_a_character_that_no_font_has_is_marked_and_the_report_is_made(text: str) -> None:
    assert set(printable(text)) == {"\N{REPLACEMENT CHARACTER}"} or printable(text) == text
    assert render_pdf(TEMPLATE, page(rows=[[f"a{text}b"]]), "ar").startswith(b"%PDF")


def test_arabic_runs_from_the_right_and_english_from_the_left() -> None:
    left, right = (
        _ink(render_pages(TEMPLATE, page(title="x", about="y", rows=[]), code, ppi=40)[0]) for code in ("en", "ar")
    )
    assert left < 0.5 < right


def test_a_template_that_lacks_its_data_is_a_fault_that_names_it() -> None:
    with pytest.raises(Unprintable, match=r"report\.typ"):
        render_pdf(TEMPLATE, {"title": "x"}, "en")


@pytest.mark.parametrize(("code", "shown"), [("liability", 2000), ("bet_log", 888)])
def test_a_pdf_shows_no_more_rows_than_are_read_and_no_more_cells_than_memory_bears(code: str, shown: int) -> None:
    report, at = get_report(code), datetime(2026, 11, 22, 3, 0, tzinfo=UTC)
    query = Query(since=at, until=at.replace(hour=4))
    file = PdfFile(io.BytesIO(), Head(report=report, query=query, language="en", made_at=at))
    for _ in range(3):
        file.rows([["x"] * 1000 for _ in report.all_columns], b"")
    assert len(file._rows) == shown


def test_no_font_of_the_machine_is_used(tmp_path: Path) -> None:
    pdf = render_pdf(TEMPLATE, page(about="ሰላም سلام hello"), "en")
    names = {part.split(b"/")[0].split(b" ")[0] for part in pdf.split(b"/FontName/")[1:]}
    assert {name.partition(b"+")[2].rstrip(b"\r\n") for name in names} <= {
        *(b"NotoSans-Regular", b"NotoSans-Bold", b"NotoSansArabic-Regular", b"NotoSansEthiopic-Regular"),
        b"DejaVuSansMono",
    }
    assert names
    assert json.loads((TEMPLATE.parents[2] / "keno_platform/documents/fonts/coverage.json").read_text())


def _ink(png: bytes) -> float:
    """Where the ink of the upper fifth of a page lies on average: 0 at the left, 1 at the right."""
    import numpy
    from matplotlib import image

    pixels = image.imread(io.BytesIO(png))[..., :3].mean(axis=2)
    dark = numpy.argwhere(pixels[: pixels.shape[0] // 5] < 0.5)
    return float(dark[:, 1].mean() / pixels.shape[1])
