"""The site, built as `make site` builds it."""

import os
import subprocess
import sys
from pathlib import Path

from tests.docs.snippets import ROOT

WITHIN_S = 600


def build(output: Path) -> "subprocess.CompletedProcess[str]":
    """Below this directory; the pages are in `html`."""
    return subprocess.run(
        [sys.executable, "-m", "docs.site", "--output", str(output)],
        cwd=ROOT,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "keno_platform.settings"},
        capture_output=True,
        text=True,
        timeout=WITHIN_S,
        check=False,  # its code is looked at
    )
