"""What the units say: systemd understands them, nobody has rights, and secrets are credentials."""

import configparser
import shutil
import subprocess
from pathlib import Path

import pytest

from keno_platform.environment import read
from keno_platform.environment.catalogue import BY_NAME
from tests.packaging.commands import SECRETS, SYSTEMD

UNITS = sorted(SYSTEMD.glob("*.service"))
HARDENING = {
    "NoNewPrivileges": "yes",
    "CapabilityBoundingSet": "",
    "ProtectSystem": "strict",
    "ProtectHome": "yes",
    "PrivateTmp": "yes",
    "PrivateDevices": "yes",
    "User": "keno",
}
URLS = {
    "DATABASE_URL": "postgresql://keno:secret@db.example:5432/keno?sslmode=verify-full&sslrootcert=system",
    "REDIS_URL": "rediss://:secret@redis.example:6380/0",
}


class Unit(configparser.RawConfigParser):
    """A unit's sections; a name that stands several times has its values in lines."""

    def __init__(self, file: Path) -> None:
        super().__init__(strict=False, delimiters=["="], dict_type=_Several)
        self.optionxform = str  # type: ignore[assignment, method-assign]
        self.read_string(file.read_text())


class _Several(dict[str, object]):
    def __setitem__(self, key: str, value: object) -> None:
        if isinstance(value, list) and key in self:
            value = [*self[key], *value]  # type: ignore[misc]
        super().__setitem__(key, value)


def environment_file() -> dict[str, str]:
    lines = (SYSTEMD / "keno.env").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


@pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze on this machine")
def test_systemd_understands_every_line(tmp_path: Path) -> None:
    bad = tmp_path / "bad.service"
    bad.write_text("[Service]\nExecStart=/bin/true\nProtectSystm=strict\n")
    assert "ProtectSystm" in _verify(bad)
    said = _verify(*UNITS, SYSTEMD / "keno.target")
    assert [line for line in said.splitlines() if "is not executable" not in line] == []


def _verify(*files: Path) -> str:
    command = ["systemd-analyze", "verify", "--man=no", *map(str, files)]
    ended = subprocess.run(command, capture_output=True, text=True, check=False)
    return ended.stdout + ended.stderr


@pytest.mark.parametrize("file", UNITS, ids=[one.stem for one in UNITS])
def test_a_unit_has_no_rights_and_its_secrets_as_credentials(file: Path) -> None:
    service = Unit(file)["Service"]
    assert {name: service[name] for name in HARDENING} == HARDENING
    loaded = {line.partition(":")[0] for line in service["LoadCredential"].splitlines()}
    given = dict(pair.split("=", 1) for line in service["Environment"].splitlines() for pair in line.split())
    named = {value.removeprefix("%d/") for name, value in given.items() if name.endswith("_FILE")}
    assert named == loaded
    assert {one.name for one in BY_NAME.values() if one.secret}.isdisjoint(given)


def test_the_target_starts_every_process_but_the_one_for_a_chain() -> None:
    wanted = {
        one.replace("@1", "@").replace("@2", "@") for one in Unit(SYSTEMD / "keno.target")["Unit"]["Wants"].split()
    }
    assert wanted == {one.name for one in UNITS} - {"keno-anchors.service", "keno-migrate.service"}


def test_the_example_of_an_environment_is_fit_for_production() -> None:
    keys = {name: SECRETS[name] for name in ("KENO_SECRET_KEY", "KENO_SEAL_KEY")}
    assert read({**environment_file(), **URLS, **keys}).is_production


def test_what_is_written_lies_where_a_unit_may_write() -> None:
    given = environment_file()
    state = Unit(SYSTEMD / "keno-web.service")["Service"]["StateDirectory"].split()
    for name in ("KENO_REPORTS", "KENO_ARCHIVE"):
        assert given[name].removeprefix("/var/lib/") in state
    assert given["KENO_METRICS_DIR"].startswith("/run/keno/")
