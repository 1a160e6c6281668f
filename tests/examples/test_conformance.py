"""The reference operator passes every scenario of the conformance run, in both forms of signatures."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples.baobab import ROOT, running
from tests.sdk.signed import SECRET, House


@pytest.mark.parametrize("form", ["ed25519", "hmac"])
def test_the_reference_operator_conforms(tmp_path: Path, form: str) -> None:
    kit = [sys.executable, "-m", "keno_kit"]
    subprocess.run([*kit, "keys", str(tmp_path / "keys")], cwd=ROOT, check=True, capture_output=True)
    signed = {"ed25519": ["--key", str(tmp_path / "keys" / "key.json")], "hmac": ["--hmac-secret", SECRET]}[form]
    with running(tmp_path, house=House(), keys_url=str(tmp_path / "keys" / "keys.json")) as operator:
        report = tmp_path / "report.json"
        asked = ["conformance", "--wallet", f"{operator.url}/wallet", "--player", "asha", "--json", str(report)]
        ran = subprocess.run([*kit, *asked, *signed], cwd=ROOT, check=False, capture_output=True, text=True)
        assert ran.returncode == 0, ran.stdout + ran.stderr
        assert "conforms" in ran.stdout
        assert operator.state()["faults"] == []
        assert json.loads(report.read_text())
