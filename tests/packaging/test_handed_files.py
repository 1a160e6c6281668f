"""What Kubernetes and systemd hand over as files is private enough for the doctor, and what they do not hand is not."""

import os
from pathlib import Path

import pytest

from keno_platform.doctor import environment as checks
from keno_platform.doctor.checks import State, look

CHECK = next(one for one in checks.check.checks if one.name == "secret-files-are-private")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can hand over a file of root's")
@pytest.mark.parametrize(
    ("mode", "state"),
    [(0o400, State.OK), (0o440, State.OK), (0o444, State.FAULT), (0o460, State.FAULT), (0o404, State.FAULT)],
)
def test_a_file_of_roots_may_be_read_by_the_group_that_it_was_handed_to(
    mode: int, state: State, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "seal"
    file.write_text(os.environ["KENO_SEAL_KEY"])
    file.chmod(mode)
    monkeypatch.setenv("KENO_SEAL_KEY_FILE", str(file))
    assert look(CHECK).state is state


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_somebody_else_may_be_read_by_no_group(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "seal"
    file.write_text(os.environ["KENO_SEAL_KEY"])
    os.chown(file, 12345, os.getegid())
    file.chmod(0o440)
    monkeypatch.setenv("KENO_SEAL_KEY_FILE", str(file))
    assert look(CHECK).state is State.FAULT
