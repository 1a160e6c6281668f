"""A month of three operators' play, in small: every report in every format, and its sums against the books."""

import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.proof


def test_every_report_over_a_month_has_the_sums_of_the_books(tmp_path: Path) -> None:
    command = ["-m", "bench.reports_month", "--bets", "9000", "--rounds", "20", "--out", str(tmp_path)]
    ran = subprocess.run([sys.executable, *command], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    page = (tmp_path / "reports-month.md").read_text()
    assert "every sum is that of the movements" in page
    assert "| `bet_log` | 9,000 |" in page
