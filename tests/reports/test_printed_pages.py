"""
Reports as pages, in three scripts: whatever stands on them lies within their margins. With PICTURES=dir they are kept.
"""

import io
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from audit.services import sealing
from keno_platform.documents import render_pages
from reports.catalogue import REPORTS, get_report
from reports.seals import Seal
from reports.writing import FORMS, making
from reports.writing.head import Head, Totals
from reports.writing.pdf_file import TEMPLATE, PdfFile
from rounds.selectors import database_now
from tests.reports.played import Played, new_operator, play

pytestmark = [pytest.mark.usefixtures("committed"), pytest.mark.proof]
PPI = 110
MARGIN_MM = 5
MM_AN_INCH = 25.4


@pytest.fixture(scope="module")
def played(django_db_setup: None, django_db_blocker: Any) -> Played:
    with django_db_blocker.unblock():
        made = play(new_operator("printed"))
        sealing.seal()
        return made


class Pictures(PdfFile):
    """The pages of a PDF as pictures, where its file would be."""

    made: list[bytes]

    def end(self, totals: Totals, rows_sha256: bytes, sign: Callable[[bytes], Seal]) -> None:
        data = self._page.data(self._rows, totals, rows_sha256)
        Pictures.made = render_pages(TEMPLATE, data, self._head.language, ppi=PPI)


@pytest.mark.parametrize("language", ["en", "ar", "am"])
@pytest.mark.parametrize("code", sorted(REPORTS))
def test_what_stands_on_a_page_lies_within_its_margins(
    code: str, language: str, played: Played, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(making, "FORMS", {**FORMS, "pictures": Pictures})
    narrowed: Mapping[str, str] = {"player": played.player.token} if code == "player_statement" else {}
    query = played.query(**narrowed)
    head = Head(report=get_report(code), query=query, language=language, made_at=database_now(), run="a-run")
    making.make_file(head, "pictures", io.BytesIO())
    if "PICTURES" in os.environ:
        folder = Path(os.environ["PICTURES"]) / "printed"
        folder.mkdir(parents=True, exist_ok=True)
        for number, page in enumerate(Pictures.made[:2], start=1):
            (folder / f"{code}-{language}-{number}.png").write_bytes(page)
    assert Pictures.made
    assert [number for number, page in enumerate(Pictures.made) if _runs_off(page)] == []


def _runs_off(png: bytes) -> bool:
    """Whether there is ink in the outermost millimetres."""
    from matplotlib import image

    dark = image.imread(io.BytesIO(png))[..., :3].mean(axis=2) < 0.7
    edge = int(MARGIN_MM / MM_AN_INCH * PPI)
    dark[edge:-edge, edge:-edge] = False
    return bool(dark.any())
