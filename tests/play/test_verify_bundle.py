"""What the page takes from others is what their locked packages give, byte for byte, with their licences."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

PLAY = Path(__file__).resolve().parents[2] / "play"
BUNDLE = PLAY / "static" / "verify" / "noble.js"
SOURCES = ("package.json", "package-lock.json", ".npmrc", "bundle", "static/verify/noble.js")


def run(*command: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=cwd, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture(scope="module")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of what the bundle is made of, with its packages, so that the tree is left as it is."""
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("needs npm, which comes with Node 20")
    copy = tmp_path_factory.mktemp("bundle")
    for name in SOURCES:
        target = copy / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if (PLAY / name).is_dir() else shutil.copy)(PLAY / name, target)
    done = run(npm, "ci", cwd=copy)
    if done.returncode:
        pytest.skip(f"`npm ci` in play/ failed: {done.stderr.strip()[-500:]}")
    return copy


def test_building_the_bundle_again_gives_the_same_bytes(workshop: Path) -> None:
    done = run("npm", "run", "check", cwd=workshop)
    assert done.returncode == 0, done.stderr
    assert "byte for byte" in done.stdout


def test_a_bundle_that_was_changed_by_hand_is_noticed(workshop: Path) -> None:
    copy = workshop / "static" / "verify" / "noble.js"
    genuine = copy.read_text()
    copy.write_text(genuine + "// one more line\n")
    try:
        assert run("npm", "run", "check", cwd=workshop).returncode == 1
    finally:
        copy.write_text(genuine)


def test_the_bundle_says_whose_work_it_is_and_under_which_licence() -> None:
    notice = BUNDLE.read_text().partition("*/")[0]
    versions = json.loads((PLAY / "package.json").read_text())["devDependencies"]
    for name in ("@noble/curves", "@noble/hashes"):
        assert f"{name} {versions[name]}" in notice
    assert notice.count("The MIT License (MIT)") == 2
    assert notice.count("Copyright (c)") == 2


def test_the_lock_holds_exact_versions_and_hashes_and_no_address() -> None:
    lock = json.loads((PLAY / "package-lock.json").read_text())
    packages = {name: one for name, one in lock["packages"].items() if name}
    assert all(one["integrity"].startswith("sha512-") for one in packages.values())
    assert not any("resolved" in one for one in packages.values())
    wanted = json.loads((PLAY / "package.json").read_text())["devDependencies"]
    assert all(re.fullmatch(r"\d+\.\d+\.\d+", version) for version in wanted.values())
