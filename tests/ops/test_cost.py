"""What being watched costs: `pytest tests/ops/test_cost.py -s` prints it."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.docs.snippets import ROOT


def test_being_counted_costs_a_bet_little_and_a_span_that_is_not_made_next_to_nothing(tmp_path: Path) -> None:
    environment = os.environ | {
        "DJANGO_SETTINGS_MODULE": "keno_platform.settings",
        "KENO_METRICS_DIR": str(tmp_path / "metrics"),
        "KENO_TRACES_URL": "",
    }
    shown = subprocess.run(
        [sys.executable, "-m", "tests.ops.cost"], cwd=ROOT, env=environment, capture_output=True, text=True, check=True
    )
    cost = json.loads(shown.stdout)
    assert any((tmp_path / "metrics").iterdir()), "it must count where an installation counts"
    print(f"\ncounting one bet: {cost['counted']:.2f} us; spans while traces are off: {cost['untraced']:.2f} us")
    assert cost["counted"] < 50
    assert cost["untraced"] < 5
