"""What a caller may have printed again and again is not kept in memory."""

from pathlib import Path

import psutil

from keno_platform.documents.printing import render_pdf

PAGE = Path(__file__).with_name("pages") / "rows.typ"
MORE_MAX = 150 * 2**20
"""Each of the documents below once left 80 MB behind, up to ten of them."""


def test_large_documents_one_after_another_leave_nothing_behind() -> None:
    process = psutil.Process()
    before = 0
    for number in range(7):
        rows = [[f"{number}-{row}-{cell}" for cell in range(5)] for row in range(1_000)]
        assert render_pdf(PAGE, {"rows": rows}, "en", tagged=False).startswith(b"%PDF")
        before = before or process.memory_info().rss
    assert process.memory_info().rss - before < MORE_MAX
