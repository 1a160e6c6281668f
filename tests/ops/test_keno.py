"""The command line: one shared way to speak, and verbs that do what they say."""

import json
import os
import subprocess
import sys
from io import StringIO
from pathlib import Path

import pytest
import redis
from django.db import connection

from keno_platform.keno.__main__ import _parser
from keno_platform.keno.output import Output
from keno_platform.keno.verbs import VERBS
from operators.models import ApiKey, Operator
from operators.selectors import find_valid_key
from operators.services import issue_key
from rounds.models import Game, Round
from tests.docs.snippets import ROOT


def keno(*arguments: str) -> "subprocess.CompletedProcess[str]":
    environment = os.environ | {
        "DATABASE_URL": f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{connection.settings_dict['NAME']}",
        "DJANGO_SETTINGS_MODULE": "keno_platform.settings",
    }
    return subprocess.run(
        [sys.executable, "-m", "keno_platform.keno", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_verb_says_what_it_does_and_has_one_who_does_it() -> None:
    for verb in VERBS:
        assert verb.does
        assert bool(verb.main) != bool(verb.command), verb.name
    help_text = " ".join(_parser()[0].format_help().split())
    assert [verb.name for verb in VERBS if verb.name not in help_text] == []


def test_the_script_beside_the_readme_is_the_same_command() -> None:
    shown = subprocess.run([str(ROOT / "keno"), "--help"], capture_output=True, text=True, check=True)
    assert "doctor" in shown.stdout


def test_a_word_that_is_no_verb_ends_with_two() -> None:
    assert keno("frobnicate").returncode == 2


def test_what_follows_a_verb_of_another_program_reaches_it() -> None:
    ended = keno("void-round", "999999999", "a reason", "--actor", "somebody")
    assert ended.returncode != 0
    assert "round_not_voidable" in ended.stderr


def test_operators_are_a_table_for_people_and_a_document_for_programs(committed: None) -> None:
    table, document = keno("operators"), keno("operators", "--json")
    assert table.stdout.split()[:2] == ["operator", "name"]
    assert any(line.startswith("alpha ") and "alpha.localhost" in line for line in table.stdout.splitlines())
    told = json.loads(document.stdout)["operators"]
    assert {"alpha", "beta"} <= {one["slug"] for one in told}


def test_a_key_gets_a_successor_and_stays_valid_for_the_overlap(committed: None, operator_a: Operator) -> None:
    key, secret = issue_key(operator=operator_a, label="of this test", actor="test")
    ended = keno("rotate-key", str(key.pk), "--overlap", "60", "--json")
    told = json.loads(ended.stdout)
    assert ended.returncode == 0, ended.stderr
    assert find_valid_key(told["secret"]) is not None
    assert find_valid_key(secret) is not None
    assert ApiKey.objects.get(pk=key.pk).expires_at is not None


def test_a_game_is_made_with_its_first_rounds_committed(committed: None, unique: object) -> None:
    code = unique("cli")  # type: ignore[operator]
    ended = keno("game", "create", code, "Of the command line", "--interval", "600", "--betting", "300", "--json")
    assert ended.returncode == 0, ended.stderr
    assert json.loads(ended.stdout)["code"] == code
    assert Round.objects.filter(game__code=code).exists()
    Game.objects.filter(code=code).update(active=False)  # of this test alone
    again = keno("game", "create", code, "The same code")
    assert again.returncode == 2
    assert "game_invalid" in again.stderr
    assert code in keno("game", "list").stdout


def test_a_document_is_alone_on_standard_output() -> None:
    out, err = StringIO(), StringIO()
    output = Output(as_json=True, out=out, err=err)
    output.say("for people")
    output.table(("a",), [("b",)])
    output.warn("to whom it concerns")
    list(output.progress(range(3), what="counted", total=3))
    output.document({"count": 3})
    assert json.loads(out.getvalue()) == {"count": 3}
    assert err.getvalue() == "to whom it concerns\n"


def test_a_table_puts_numbers_to_the_right() -> None:
    out = StringIO()
    Output(out=out).table(("game", "rounds"), [("savanna", 7), ("kilimanjaro", "12,000")])
    assert out.getvalue().splitlines() == [
        "game         rounds",
        "-----------  ------",
        "savanna           7",
        "kilimanjaro  12,000",
    ]


class _Terminal(StringIO):
    def isatty(self) -> bool:
        return True


def test_progress_is_shown_where_somebody_looks_and_ends_with_all_of_it() -> None:
    err = _Terminal()
    assert list(Output(err=err).progress(range(4), what="killed", total=4)) == [0, 1, 2, 3]
    assert err.getvalue().endswith("4 of 4, 0 s left   \n")


@pytest.mark.parametrize("verb", ["check", "chain"])
def test_json_is_handed_on_to_verbs_that_know_it(verb: str, committed: None) -> None:
    assert isinstance(json.loads(keno(verb, "--json").stdout), list | dict)


def test_without_an_environment_a_verb_says_what_is_missing_and_no_more(tmp_path: Path) -> None:
    environment = {"PATH": os.environ["PATH"], "KENO_LOCAL_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "keno_platform.keno", "operators"]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "DATABASE_URL is missing" in ended.stderr
    assert "./keno up" in ended.stderr
    assert "Traceback" not in ended.stderr


class TestSql:
    """One question, from machines without a client of the database."""

    def test_it_is_answered_as_a_table_and_as_a_document(self, committed: None) -> None:
        assert keno("sql", "SELECT 40 + 2 AS answer").stdout.split() == ["answer", "------", "42"]
        told = json.loads(keno("sql", "SELECT slug FROM operators_operator WHERE slug = 'alpha'", "--json").stdout)
        assert told == {"rows": [{"slug": "alpha"}]}

    def test_it_changes_nothing(self, committed: None) -> None:
        ended = keno("sql", "UPDATE operators_operator SET name = 'somebody else'")
        assert ended.returncode == 1
        assert "read-only transaction" in ended.stderr
        assert not Operator.objects.filter(name="somebody else").exists()

    def test_a_question_that_is_none_is_a_line_and_no_trace(self, committed: None) -> None:
        ended = keno("sql", "SELECT nonsense")
        assert ended.returncode == 1
        assert "nonsense" in ended.stderr
        assert "Traceback" not in ended.stderr


def test_queues_are_listed_and_one_is_emptied() -> None:
    broker = redis.Redis.from_url(os.environ["REDIS_URL"])
    broker.rpush("reports", *(["x"] * 3))
    try:
        assert json.loads(keno("queues", "--json").stdout)["queues"]["reports"] == 3
        emptied = json.loads(keno("queues", "--empty", "reports", "--json").stdout)
    finally:
        broker.delete("reports")
        broker.close()
    assert emptied["queues"]["reports"] == 0
    assert emptied["eviction"] == "noeviction"
    assert keno("queues", "--empty", "celery").returncode == 2


@pytest.mark.parametrize("verb", ["start", "stop", "restart"])
def test_where_no_local_installation_runs_a_process_is_not_started_and_it_is_said_by_whom(
    verb: str, tmp_path: Path
) -> None:
    environment = {"PATH": os.environ["PATH"], "KENO_LOCAL_HOME": str(tmp_path)}
    command = [sys.executable, "-m", "keno_platform.keno", verb, "rounds"]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert ended.returncode == 2
    assert "docs/runbooks.md" in ended.stderr
