"""Every alert's page has commands that end the alert, or it is said why there can be none."""

import re
import traceback
from pathlib import Path

import pytest
import yaml
from django.db import connection

from tests.docs.snippets import ROOT
from tests.site import provoking
from tests.site.endings import ENDED, ENDED_BY_OTHERS, NOT_PROVOKED
from tests.site.runbooks import RUNBOOKS, page_of, pages, rules
from tests.site.watching import watched

QUESTIONS = re.findall(r'^\./keno sql "(.+)"$', RUNBOOKS.read_text(encoding="utf-8"), re.M)


def test_of_every_alert_it_is_said_who_ends_it() -> None:
    told = [*ENDED, *ENDED_BY_OTHERS, *NOT_PROVOKED]
    assert sorted(told) == sorted(rules())


@pytest.mark.parametrize("alert", ENDED)
def test_the_page_of_an_alert_that_commands_end_has_such_commands(alert: str) -> None:
    assert page_of(alert).ends


def test_every_block_of_commands_in_the_runbooks_is_one_that_the_rehearsal_runs() -> None:
    text = RUNBOOKS.read_text(encoding="utf-8")
    blocks = sum(len(page.blocks) for page in pages().values())
    intro = 1  # the first line of every page, which is the same for all
    assert text.count("```sh\n") == blocks + intro


def test_every_program_that_a_runbook_starts_is_one_that_runs() -> None:
    services = set(yaml.safe_load((ROOT / "compose.yaml").read_text(encoding="utf-8"))["services"])
    local = {"postgres", "valkey", "chain", "settlement-2"}
    lines = re.findall(r"^\./keno (?:re)?start (.+)$", RUNBOOKS.read_text(encoding="utf-8"), re.M)
    started = {name for line in lines for name in line.split()}
    assert started
    assert started - services - local == set()


def test_elsewhere_the_programs_have_the_names_that_the_runbooks_say() -> None:
    text = RUNBOOKS.read_text(encoding="utf-8")
    assert "kubectl rollout restart deployment/keno-rounds" in text
    assert "name: keno-rounds" in (ROOT / "ops" / "kubernetes" / "base" / "rounds.yaml").read_text(encoding="utf-8")
    assert "systemctl restart keno-rounds" in text
    assert (ROOT / "ops" / "systemd" / "keno-rounds.service").exists()


@pytest.mark.django_db
@pytest.mark.parametrize("number", range(len(QUESTIONS)))
def test_every_question_to_the_database_is_one_that_it_understands(number: int) -> None:
    """Planned, not asked: some end other people's sessions."""
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN {QUESTIONS[number]}")
        assert cursor.fetchall()


@pytest.mark.proof
def test_what_the_runbooks_say_ends_what_they_are_for(tmp_path: Path) -> None:
    """`make runbooks`; ONLY=chain_is_away,rounds_hang takes some parts, PATIENCE=4 waits four times as long."""
    parts = [part for part in provoking.PARTS if not provoking.ONLY or part.__name__ in provoking.ONLY]
    faults: list[str] = []
    with watched(tmp_path, chain=provoking.chain_is_away in parts) as one:
        for part in parts:
            print(f"-- {part.__name__}: {part.__doc__}", flush=True)
            try:
                part(one)
            except Exception as fault:  # the others are tried all the same
                traceback.print_exc()
                faults.append(f"{part.__name__}: {fault}")
        print("".join(f"   {line}\n" for line in one.told))
    assert faults == []
    if not provoking.ONLY:
        assert set(ENDED) | set(ENDED_BY_OTHERS) == one.ended
        print(f"{len(one.ended)} of {len(rules())} alerts were provoked, and went quiet by what their runbooks say")
