"""What the environment may say, that all that is wrong is said at once, and what production refuses."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from keno_platform.environment import EnvironmentInvalid, read
from keno_platform.environment.catalogue import VARIABLES
from keno_platform.environment.production import RULES
from keno_platform.environment.reading import unknown
from tests.docs.snippets import ROOT

SEAL = "8f" * 4 + "0123456789abcdef" * 3 + "1c2d3e4f"
LOCAL = {
    "DATABASE_URL": "postgresql://keno@127.0.0.1:5432/keno",
    "REDIS_URL": "redis://127.0.0.1:6379/0",
    "KENO_SECRET_KEY": "x",
    "KENO_SEAL_KEY": "00" * 32,
}
PRODUCTION = {
    "DATABASE_URL": "postgresql://keno:secret@db.internal:5432/keno?sslmode=verify-full&sslrootcert=/etc/keno/ca.pem",
    "REDIS_URL": "rediss://:secret@redis.internal:6379/0",
    "KENO_SECRET_KEY": "q8Zr2mVw5KcT1yXb7NdG4hJs9PfL0uAe3RoQ",
    "KENO_SEAL_KEY": SEAL,
    "KENO_BASE_URL": "https://keno.example",
    "KENO_ALLOWED_HOSTS": "keno.example,.keno.example",
}
INSECURE = {
    "plain-http": {"KENO_BASE_URL": "http://keno.example"},
    "local-base-url": {"KENO_BASE_URL": "https://localhost"},
    "any-host": {"KENO_ALLOWED_HOSTS": "keno.example,*"},
    "demo": {"KENO_DEMO": "1"},
    "faults-on-purpose": {"KENO_FAULTS_ON_PURPOSE": "/run/plan.json"},
    "weak-secret-key": {"KENO_SECRET_KEY": "changeme" * 5},
    "weak-seal-key": {"KENO_SEAL_KEY": "00" * 32},
    "open-database": {"DATABASE_URL": "postgresql://keno@db.internal/keno?sslmode=verify-full"},
    "any-proxy": {"KENO_TRUSTED_PROXIES": "0.0.0.0/0"},
    "short-metrics-token": {"KENO_METRICS_TOKEN": "letmein"},
    "plain-database": {"DATABASE_URL": "postgresql://keno:secret@db.internal/keno?sslmode=require"},
    "plain-redis": {"REDIS_URL": "redis://:secret@redis.internal:6379/0"},
    "plain-clickhouse": {"KENO_CLICKHOUSE": "clickhouse://keno:secret@archive.internal:8123"},
}
"""One way to break each rule of production."""


def problems_of(environ: dict[str, str]) -> str:
    with pytest.raises(EnvironmentInvalid) as caught:
        read(environ)
    return "\n".join(caught.value.problems)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    said = problems_of(
        {
            "REDIS_URL": "http://127.0.0.1",
            "KENO_SEAL_KEY": "too short",
            "KENO_ONLINE_DAYS": "30",
            "KENO_DEMO": "yes",
            "KENO_TRUSTED_PROXIES": "10.0.0.0/8, everybody",
            "KENO_LIMITS": "player_bets=fast",
            "KENO_LOG_FORMAT": "xml",
            "KENO_METRICS_LISTEN": "9108",
            "KENO_CHAIN_KEY_FILE": "/nowhere/key",
        }
    )
    assert [line.split()[0] for line in said.splitlines()] == [
        "KENO_SECRET_KEY",
        "KENO_SEAL_KEY",
        "DATABASE_URL",
        "REDIS_URL",
        "KENO_TRUSTED_PROXIES",
        "KENO_LIMITS",
        "KENO_DEMO",
        "KENO_ONLINE_DAYS",
        "KENO_CHAIN_KEY_FILE",
        "KENO_LOG_FORMAT",
        "KENO_METRICS_LISTEN",
    ]


def test_what_is_wrong_is_said_without_the_value_of_a_secret() -> None:
    said = problems_of(LOCAL | {"KENO_SEAL_KEY": "my-own-secret", "DATABASE_URL": "my password"})
    assert "my-own-secret" not in said
    assert "my password" not in said


def test_a_start_with_a_wrong_environment_ends_with_that_list_and_nothing_else() -> None:
    environ = {"PATH": os.environ["PATH"], "KENO_RESULTS_MAX": "none", **LOCAL, "KENO_SEAL_KEY": "short"}
    ended = subprocess.run(
        [sys.executable, "manage.py", "check"], cwd=ROOT, env=environ, capture_output=True, text=True, check=False
    )
    assert ended.returncode != 0
    assert "KENO_SEAL_KEY must be 64 hex digits" in ended.stderr
    assert "KENO_RESULTS_MAX must be a whole number" in ended.stderr
    assert "During handling of the above exception" not in ended.stderr


def test_every_secret_may_stand_in_a_file_which_comes_first(tmp_path: Path) -> None:
    environ = {}
    for variable in VARIABLES:
        if variable.secret:
            file = tmp_path / variable.name
            file.write_text(f"{PRODUCTION.get(variable.name, 'f' * 40 if 'TOKEN' in variable.name else '')}\n")
            environ[f"{variable.name}_FILE"] = str(file)
    found = read(environ | {"KENO_SECRET_KEY": "from the environment"})
    assert found["KENO_SECRET_KEY"] == PRODUCTION["KENO_SECRET_KEY"]
    assert found["KENO_SEAL_KEY"] == bytes.fromhex(SEAL)
    assert found["DATABASE_URL"] == PRODUCTION["DATABASE_URL"]
    assert found["KENO_METRICS_TOKEN"] == "f" * 40


def test_what_is_no_secret_is_not_read_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "url").write_text("https://elsewhere.example")
    found = read(LOCAL | {"KENO_BASE_URL_FILE": str(tmp_path / "url")})
    assert found["KENO_BASE_URL"] == "http://localhost:8000"


def test_an_empty_variable_counts_as_not_given_except_where_empty_means_none() -> None:
    every = {variable.name: "" for variable in VARIABLES if not variable.is_required}
    found = read(LOCAL | every)
    plain = read(LOCAL)
    differs = {name for name in found.values if found[name] != plain[name]}
    assert differs == {"KENO_DRAND_URLS"}
    assert found["KENO_DRAND_URLS"] == ()


@pytest.mark.parametrize("name", sorted(INSECURE))
def test_production_refuses(name: str) -> None:
    assert f"({name})" in problems_of(PRODUCTION | INSECURE[name])


@pytest.mark.parametrize("name", sorted(INSECURE))
def test_production_starts_where_exactly_that_risk_is_accepted(name: str) -> None:
    assert read(PRODUCTION | INSECURE[name] | {"KENO_ACCEPTED_RISKS": name}).is_production


def test_every_rule_of_production_is_broken_by_a_test() -> None:
    assert {rule.name for rule in RULES} == set(INSECURE)


def test_an_accepted_risk_that_does_not_exist_is_a_slip() -> None:
    assert "'plain-htpp'" in problems_of(PRODUCTION | {"KENO_ACCEPTED_RISKS": "plain-htpp"})


def test_production_begins_with_a_name_that_others_can_reach_it_by() -> None:
    local = (
        {},
        {"KENO_BASE_URL": "http://savanna.localhost:8000"},
        {"KENO_BASE_URL": "http://127.0.0.1:1"},
        {"KENO_ALLOWED_HOSTS": "localhost,nyota.localhost"},
    )
    assert not any(read(LOCAL | own).is_production for own in local)
    assert read(PRODUCTION).is_production
    assert "plain-http" in problems_of(LOCAL | {"KENO_BASE_URL": "http://192.0.2.7"})
    assert "local-base-url" in problems_of(LOCAL | {"KENO_ALLOWED_HOSTS": "localhost,keno.example"})


def test_a_name_that_looks_like_a_slip_is_found_with_what_was_meant() -> None:
    strange = unknown({"KENO_BASE_ULR": "https://keno.example", "KENO_FAVOURITE_COLOUR": "blue", "HOME": "/"})
    assert strange == {"KENO_BASE_ULR": "KENO_BASE_URL", "KENO_FAVOURITE_COLOUR": ""}


def test_what_was_read_can_be_printed_without_a_secret() -> None:
    assert SEAL not in repr(read(PRODUCTION))
    assert "q8Zr2mVw5" not in repr(read(PRODUCTION))
