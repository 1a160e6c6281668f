"""What staff see of simulations: outcome, picture and file, and nothing that they could change."""

from pathlib import Path

import pytest
from django.contrib.auth.models import Permission, User
from django.test import Client
from django.urls import reverse

from reports.models import RunKind, SimulationRun
from reports.services import store_run

PICTURE = b"\x89PNG\r\n\x1a\n and so on"
pytestmark = pytest.mark.django_db


@pytest.fixture
def run(tmp_path: Path) -> SimulationRun:
    """A run with its picture on this machine; the outcome is that of a draw that was not fair."""
    plot = tmp_path / "draws.png"
    plot.write_bytes(PICTURE)
    test = {
        "code": "numbers",
        "question": "Why so <many> sevens?",
        "statistic": 1234.5,
        "p_value": 1e-9,
        "p_holm": 7e-9,
    }
    return store_run(
        kind=RunKind.DRAW_STATISTICS,
        parameters={"source": "protocol", "draws": 123_456, "seed": "<b>seed</b>"},
        result={"passed": False, "verdict": "Not as a fair draw: numbers.", "tests": [test]},
        confidence="0.99",
        file=tmp_path / "draws.parquet",
        file_sha256=bytes(range(32)),
        plot=plot,
    )


def browser(*permissions: str) -> Client:
    """A member of staff with these rights and no others."""
    clerk = User.objects.create_user(f"clerk-{User.objects.count()}", is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(clerk)
    return client


def address(name: str, *arguments: object) -> str:
    return reverse(f"admin:reports_simulationrun_{name}", args=arguments)


def test_the_list_tells_what_passed_and_what_did_not(run: SimulationRun) -> None:
    page = browser("view_simulationrun").get(address("changelist")).content.decode()
    assert "123456" in page
    assert "not as expected" in page
    assert "statistics of draws" in page


def test_a_page_shows_verdict_tests_picture_and_where_the_file_is(run: SimulationRun) -> None:
    page = browser("view_simulationrun").get(address("change", run.pk)).content.decode()
    assert "Not as a fair draw: numbers." in page
    assert "Why so &lt;many&gt; sevens?" in page
    assert "1,234.5" in page
    assert "7e-09" in page
    assert f'<img src="{address("plot", run.pk)}"' in page
    assert run.file in page
    assert bytes(range(32)).hex() in page
    assert "&lt;b&gt;seed&lt;/b&gt;" in page
    assert "<b>seed</b>" not in page


def test_the_picture_comes_as_it_was_stored(run: SimulationRun) -> None:
    answer = browser("view_simulationrun").get(address("plot", run.pk))
    assert answer["Content-Type"] == "image/png"
    assert answer.content == PICTURE


def test_a_picture_that_is_not_on_this_machine_is_said_to_be_missing(run: SimulationRun) -> None:
    Path(run.plot).unlink()
    client = browser("view_simulationrun")
    assert "is not on this machine" in client.get(address("change", run.pk)).content.decode()
    assert client.get(address("plot", run.pk)).status_code == 404
    assert client.get(address("plot", run.pk + 1)).status_code == 404


def test_who_may_not_see_runs_gets_no_picture(run: SimulationRun) -> None:
    assert browser("view_round").get(address("plot", run.pk)).status_code == 404
    assert Client().get(address("plot", run.pk)).status_code == 302
    assert browser("view_round").get(address("change", run.pk)).status_code == 403


def test_nobody_adds_changes_or_deletes_a_run(run: SimulationRun) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser("boss-of-runs"))
    assert client.post(address("add"), {}).status_code == 403
    assert client.post(address("change", run.pk), {"confidence": "1"}).status_code == 403
    assert client.post(address("delete", run.pk), {"post": "yes"}).status_code == 403
    run.refresh_from_db()
    assert run.confidence == "0.99"
