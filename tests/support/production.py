"""An installation as others reach it: behind a proxy that ends TLS, with the settings that production has."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.docs.snippets import ROOT

PRODUCTION = {
    "KENO_BASE_URL": "https://keno.example",
    "KENO_ALLOWED_HOSTS": "keno.example,.keno.example,alpha.localhost,127.0.0.1",
    "KENO_ACCEPTED_RISKS": "open-database",  # the tests' own server trusts this machine
}
"""Beside what the tests' environment has; `alpha.localhost` is the domain of the tests' operator."""
BY_PROXY = {"X-Forwarded-Proto": "https"}


def in_production(program: str, *arguments: str, **chosen: str) -> Any:
    """What a Python program prints as JSON in production. In a process of its own: settings are read once."""
    environ = os.environ | {"DJANGO_SETTINGS_MODULE": "keno_platform.settings"} | PRODUCTION | chosen
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, *arguments],
        cwd=Path(ROOT),
        env=environ,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)
