"""What the doctor finds, that each fault has the line that mends it, and that its report has no secret in it."""

import json
import os
import subprocess
import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.db import IntegrityError, connection

from keno_platform.doctor import environment as environment_checks
from keno_platform.doctor import machine
from keno_platform.doctor.checks import Area, Check, Fault, Notice, State, look
from keno_platform.doctor.report import bug_report, environment_shown
from tests.docs.snippets import ROOT
from tests.docs.test_documents import anchors_of

AREAS = ("machine", "environment", "database", "broker", "platform", "web")
CHECKS: list[Check] = [check for area in AREAS for check in import_module(f"keno_platform.doctor.{area}").check.checks]
BY_NAME = {check.name: check for check in CHECKS}
PASSWORD = "hunter22-in-the-address"


def find(name: str) -> Any:
    return look(BY_NAME[name])


def environment_of(**changed: str) -> dict[str, str]:
    """That of this test's database, with changes; an empty value takes a variable away."""
    own = os.environ | {
        "DATABASE_URL": f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{connection.settings_dict['NAME']}",
        "DJANGO_SETTINGS_MODULE": "keno_platform.settings",
        **changed,
    }
    return {name: value for name, value in own.items() if value}


def doctor(*arguments: str, **changed: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [sys.executable, "-m", "keno_platform.keno", "doctor", *arguments],
        cwd=ROOT,
        env=environment_of(**changed),
        capture_output=True,
        text=True,
        check=False,
    )


def test_there_are_more_than_thirty_checks_each_with_a_name_of_its_own_and_a_line_that_mends() -> None:
    assert len(CHECKS) > 30
    assert len(BY_NAME) == len(CHECKS)
    assert all(len(check.mend) > 8 for check in CHECKS)
    assert [check.area for check in CHECKS] == sorted((one.area for one in CHECKS), key=list(Area).index)


def test_every_page_that_a_line_leads_to_is_there() -> None:
    import re

    texts = " ".join(check.mend for check in CHECKS)
    led_to = re.findall(r"\bdocs/[\w-]+\.md(?:#[\w-]+)?", texts)
    assert led_to
    for one in led_to:
        page, _, anchor = one.partition("#")
        assert (ROOT / page).exists(), one
        assert not anchor or anchor in anchors_of(ROOT / page), one


def test_every_command_that_a_line_gives_exists() -> None:
    import re

    from django.core.management import get_commands

    texts = " ".join(check.mend for check in CHECKS)
    assert set(re.findall(r"manage\.py (\w+)", texts)) <= set(get_commands())
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))
    assert set(re.findall(r"(?:^|: |&& )make ([a-z]+)\b", texts)) <= targets


def test_a_check_that_stumbles_is_a_fault_with_its_own_line_and_no_secret() -> None:
    def ask() -> str:
        raise RuntimeError("no answer from postgresql://keno:hunter22@db/keno\nmore")

    found = look(Check(name="one", area=Area.DATABASE, ask=ask, mend="mend it"))
    assert (found.state, found.mend) == (State.FAULT, "mend it")
    assert found.says == "RuntimeError: no answer from postgresql://[redacted]@db/keno"


@pytest.mark.parametrize(("raised", "state"), [(Fault("bad"), State.FAULT), (Notice("so so", mend="x"), State.NOTICE)])
def test_what_a_check_raises_is_what_it_found(raised: Fault, state: State) -> None:
    def ask() -> str:
        raise raised

    found = look(Check(name="one", area=Area.WEB, ask=ask, mend="mend it"))
    assert (found.state, found.says, found.mend) == (state, str(raised), raised.mend or "mend it")


class TestTheMachine:
    def test_packages_that_differ_from_the_lock_are_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        lock = tmp_path / "run.lock"
        lock.write_text("django==1.0 \\\n    --hash=sha256:00\nno-such-package==2 \\\n")
        monkeypatch.setattr(machine, "LOCK", lock)
        found = find("packages-are-those-of-the-lock")
        assert found.state is State.FAULT
        assert "no-such-package is missing, not 2" in found.says
        assert "not 1.0" in found.says

    def test_this_machine_has_what_the_lock_says(self) -> None:
        assert find("packages-are-those-of-the-lock").state is State.OK


class TestTheEnvironment:
    def look(self, name: str, monkeypatch: pytest.MonkeyPatch, **changed: str) -> Any:
        for variable, value in changed.items():
            monkeypatch.setenv(variable, value)
        return look(next(one for one in environment_checks.check.checks if one.name == name))

    def test_a_slip_in_a_name_is_told_with_what_was_meant(self, monkeypatch: pytest.MonkeyPatch) -> None:
        found = self.look("no-name-is-a-slip", monkeypatch, KENO_EPOCH_SECOND="60")
        assert found.state is State.NOTICE
        assert "KENO_EPOCH_SECOND (meant: KENO_EPOCH_SECONDS?)" in found.says

    def test_a_secret_file_that_others_may_read_is_a_fault(
        self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ) -> None:
        file = tmp_path / "seal"
        file.write_text(os.environ["KENO_SEAL_KEY"])
        file.chmod(0o644)
        found = self.look("secret-files-are-private", monkeypatch, KENO_SEAL_KEY_FILE=str(file))
        assert (found.state, found.mend) == (State.FAULT, f"chmod 0400 {file}")
        file.chmod(0o400)
        assert self.look("secret-files-are-private", monkeypatch).state is State.OK

    def test_a_directory_that_is_none_is_a_fault(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        found = self.look("directories-can-be-written", monkeypatch, KENO_ARCHIVE=str(tmp_path / "missing"))
        assert found.state is State.FAULT
        assert self.look("directories-can-be-written", monkeypatch, KENO_ARCHIVE=str(tmp_path)).state is State.OK

    def test_everything_that_keeps_the_platform_from_starting_is_one_fault(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        found = self.look("environment-is-valid", monkeypatch, KENO_SEAL_KEY="short", KENO_RESULTS_MAX="0")
        assert found.state is State.FAULT
        assert "KENO_SEAL_KEY must be 64 hex digits" in found.says
        assert "KENO_RESULTS_MAX must be at least 1" in found.says


@pytest.mark.django_db
class TestTheDatabase:
    @pytest.mark.parametrize("name", [one.name for one in CHECKS if one.area is Area.DATABASE])
    def test_no_check_of_the_database_is_a_fault_here(self, name: str) -> None:
        assert find(name).state in (State.OK, State.NOTICE), find(name).says

    def test_a_migration_that_is_missing_is_a_fault_and_says_which(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "DELETE FROM op_alpha.django_migrations WHERE app = 'wallet' AND name ="
                " (SELECT max(name) FROM op_alpha.django_migrations WHERE app = 'wallet')"
            )
        found = find("migrations-are-applied")
        assert found.state is State.FAULT
        assert "op_alpha" in found.says
        assert found.mend == "manage.py upgrade"

    def test_a_partition_that_is_missing_is_a_fault(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
                " WHERE i.inhparent = 'op_alpha.bets_payout'::regclass ORDER BY 1 DESC OFFSET 1 LIMIT 1"
            )
            [name] = cursor.fetchone()
            cursor.execute(f'DROP TABLE op_alpha."{name}"')
        found = find("partitions-stand-ahead")
        assert found.state is State.FAULT
        assert f"op_alpha.{name}" in found.says


def test_an_index_that_could_not_be_built_is_a_fault(committed: None) -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE public.doctors_patient AS SELECT 1 AS same FROM generate_series(1, 2)")
        try:
            with pytest.raises(IntegrityError):
                cursor.execute("CREATE UNIQUE INDEX CONCURRENTLY doctors_patient_same ON public.doctors_patient (same)")
            found = find("indexes-are-valid")
        finally:
            cursor.execute("DROP TABLE public.doctors_patient")
    assert (found.state, found.says) == (State.FAULT, "doctors_patient_same")
    assert find("indexes-are-valid").state is State.OK


@pytest.mark.django_db
class TestTheBroker:
    @pytest.mark.parametrize("name", [one.name for one in CHECKS if one.area is Area.BROKER])
    def test_no_check_of_the_broker_is_a_fault_here(self, name: str) -> None:
        from keno_platform.doctor import broker

        broker._client.cache_clear()
        assert find(name).state in (State.OK, State.NOTICE), find(name).says

    def test_a_broker_that_evicts_is_a_fault(self) -> None:
        from keno_platform.doctor import broker

        client = broker._client()
        before = client.config_get("maxmemory-policy")["maxmemory-policy"]  # type: ignore[index]
        client.config_set("maxmemory-policy", "allkeys-lru")
        try:
            found = find("nothing-is-evicted")
        finally:
            client.config_set("maxmemory-policy", before)
        assert found.state is State.FAULT
        assert "noeviction" in found.mend
        assert find("nothing-is-evicted").state is State.OK


@pytest.mark.django_db
class TestThePlatform:
    @pytest.fixture(autouse=True)
    def _looked_anew(self) -> Any:
        from keno_platform.doctor import platform

        platform._values.cache_clear()
        yield
        platform._values.cache_clear()

    def test_a_seal_key_that_does_not_open_what_is_sealed_is_a_fault(self, settings: Any) -> None:
        from rounds.custody import signing_keys

        signing_keys()
        assert find("seal-key-opens-what-is-sealed").state is State.OK
        settings.SEAL_KEYS = [b"x" * 32]
        found = find("seal-key-opens-what-is-sealed")
        assert found.state is State.FAULT
        assert "KENO_SEAL_KEYS_OLD" in found.mend

    def test_a_domain_that_the_web_does_not_answer_to_is_a_fault(self, settings: Any) -> None:
        settings.ALLOWED_HOSTS = ["keno.example", ".beta.localhost"]
        found = find("operators-domains-are-answered")
        assert found.state is State.FAULT
        assert "alpha.localhost" in found.says
        assert "beta.localhost" not in found.says

    def test_operators_without_a_paytable_are_named(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("ALTER TABLE op_alpha.bets_paytable DISABLE TRIGGER USER")
            cursor.execute("UPDATE op_alpha.bets_paytable SET active = false")
        found = find("operators-have-paytables")
        assert (found.state, found.says) == (State.FAULT, "no active paytable: alpha")

    def test_every_check_of_the_platform_is_answered(self) -> None:
        stumbled = [one for one in map(look, _of(Area.PLATFORM)) if "Error:" in one.says]
        assert stumbled == []


def _of(area: Area) -> list[Check]:
    return [one for one in CHECKS if one.area is area]


class TestTheCommand:
    def test_with_a_database_that_is_away_it_names_that_fault_and_skips_what_needs_it(self) -> None:
        ended = doctor("--json", DATABASE_URL="postgresql://keno@127.0.0.1:1/keno")
        told = json.loads(ended.stdout)
        states = {one["name"]: one["state"] for one in told["findings"]}
        assert ended.returncode == 1
        assert states["database-answers"] == "fault"
        assert states["migrations-are-applied"] == "skipped"
        assert states["rounds-are-on-time"] == "skipped"
        assert states["broker-answers"] == "ok"
        assert told["checks"] == len(CHECKS)

    def test_with_an_environment_that_cannot_start_it_still_says_what_is_wrong(self) -> None:
        ended = doctor("--faults", KENO_SEAL_KEY="short")
        assert ended.returncode == 1
        assert "KENO_SEAL_KEY must be 64 hex digits" in ended.stdout
        assert "-> Set it in the unit" in ended.stdout

    def test_its_report_holds_no_secret_wherever_it_stands(self, tmp_path: Path) -> None:
        place = tmp_path / "report.json"
        url = f"postgresql://keno:{PASSWORD}@127.0.0.1:1/keno"
        token = "metrics-" + "t" * 40
        ended = doctor("--bug-report", str(place), DATABASE_URL=url, KENO_METRICS_TOKEN=token)
        text = place.read_text()
        assert ended.returncode == 1
        for secret in (PASSWORD, token, os.environ["KENO_SECRET_KEY"], os.environ["KENO_SEAL_KEY"]):
            assert secret not in text
            assert secret not in ended.stdout + ended.stderr
        report = json.loads(text)
        assert report["environment"]["KENO_METRICS_TOKEN"] == "[secret]"
        assert "django" in {name.lower() for name in report["packages"]}
        assert place.stat().st_mode & 0o077 == 0


def test_logs_that_a_report_quotes_lose_values_of_secrets_and_what_looks_like_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KENO_SECRET_KEY", "sesame-open-the-door")
    log = tmp_path / "web.log"
    log.write_text("it said sesame-open-the-door to amina@example.com\nAuthorization: Bearer abcdefghijkl\n")
    shown = bug_report([], logs=[log])["logs"]["web.log"]
    assert shown == ["it said [secret] to [e-mail]", "Authorization: [redacted] [redacted]"] or (
        "sesame" not in str(shown) and "amina@" not in str(shown) and "abcdefghijkl" not in str(shown)
    )


def test_the_address_of_a_chains_node_is_shown_without_the_key_behind_its_host() -> None:
    shown = environment_shown({"KENO_CHAIN_URL": "https://node.example/v2/my-account-key", "KENO_DEMO": "1"})
    assert shown == {"KENO_CHAIN_URL": "https://node.example", "KENO_DEMO": "1"}
