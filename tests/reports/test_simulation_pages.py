"""A simulated paytable is shown where it is approved: on its own page, with the run's verdict, picture and edges."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.urls import reverse

from audit.models import AuditEntry
from bets.models import Paytable
from bets.paytables import K88
from bets.services.paytables import create_paytable
from operators.models import Operator
from operators.tenancy import tenant_context
from reports.models import SimulationRun
from tests.admin.desk import Desk

pytestmark = pytest.mark.django_db
pytest.importorskip("pyarrow", reason="simulations are stored with pyarrow: install the extra `analysis`")


@pytest.fixture
def desk(operator_a: Operator) -> Desk:
    return Desk(User.objects.create_superuser("simulations")).pick(operator_a)


@pytest.fixture
def version(operator_a: Operator) -> Paytable:
    """A version that nobody has approved yet."""
    table = {pick: dict(row) for pick, row in K88.items()} | {1: {1: 333}}
    with tenant_context(operator_a):
        return create_paytable(operator=operator_a, name="to be approved", table=table, actor="test")


def simulate(operator: Operator, version: Paytable, output: Path) -> tuple[str, SimulationRun]:
    said = io.StringIO()
    asked = ("--bets", "20000", "--seed", "a test", "--processes", "1", "--output", str(output))
    named = ("--operator", operator.slug, "--paytable", str(version.version))
    call_command("simulate_rtp", *asked, *named, stdout=said, stderr=io.StringIO())
    return said.getvalue(), SimulationRun.objects.latest("pk")


def page(desk: Desk, address: str) -> str:
    answer = desk.get(address)
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


def test_before_a_paytable_is_simulated_its_page_says_how(desk: Desk, version: Paytable) -> None:
    shown = page(desk, reverse("admin:bets_paytable_change", args=[version.pk]))
    assert f"simulate_rtp --operator &lt;slug&gt; --paytable {version.version}" in shown


def test_a_version_that_is_not_active_is_simulated_and_shown_on_its_page(
    desk: Desk, version: Paytable, operator_a: Operator, tmp_path: Path
) -> None:
    said, run = simulate(operator_a, version, tmp_path)
    assert run.parameters["paytable_hash"] == bytes(version.hash).hex()
    assert "smallest amount" in said
    assert "highest stake, KES" in said
    shown = page(desk, reverse("admin:bets_paytable_change", args=[version.pk]))
    assert run.result["verdict"] in shown
    assert reverse("admin:reports_simulationrun_change", args=[run.pk]) in shown
    picture = reverse("admin:reports_simulationrun_plot", args=[run.pk])
    assert f'src="{picture}"' in shown
    assert desk.get(picture).content == Path(run.plot).read_bytes()


def test_the_run_shows_what_comes_of_the_smallest_and_the_highest_stakes(
    desk: Desk, version: Paytable, operator_a: Operator, tmp_path: Path
) -> None:
    _, run = simulate(operator_a, version, tmp_path)
    assert [one["currency"] for one in run.parameters["limits"]] == ["KES"]
    names = {one["name"] for one in run.result["edges"]}
    assert names == {"smallest amount", "lowest stake, KES", "highest stake, KES"}
    shown = page(desk, reverse("admin:reports_simulationrun_change", args=[run.pk]))
    assert "at the edges" in shown.lower()
    assert "lowest stake, KES" in shown


def test_that_it_was_run_is_on_record_with_the_hash_of_its_file(
    version: Paytable, operator_a: Operator, tmp_path: Path
) -> None:
    _, run = simulate(operator_a, version, tmp_path)
    entry = AuditEntry.objects.filter(event_type="simulation.finished").latest("pk")
    assert entry.after["run_id"] == run.pk
    assert entry.after["file_sha256"] == bytes(run.file_sha256).hex()
    assert entry.after["passed"] is run.result["passed"]


@pytest.mark.parametrize(
    ("arguments", "said"),
    [(("--paytable", "1"), "name the operator"), (("--operator", "alpha", "--paytable", "999"), "no version")],
)
def test_a_version_that_is_not_there_is_refused(arguments: Any, said: str, operator_a: Operator) -> None:
    with pytest.raises(CommandError, match=said):
        call_command("simulate_rtp", "--bets", "1000", *arguments)
