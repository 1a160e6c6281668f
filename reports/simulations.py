"""What other rooms show of the runs that played a paytable."""

from pathlib import Path

from django.urls import reverse

from bets.ports import Simulated
from reports.models import RunKind, SimulationRun

SHOWN_MAX = 5


def simulations_of(paytable_hash: bytes) -> list[Simulated]:
    """The latest runs that played the whole of this table, whoever's it is; newest first."""
    runs = SimulationRun.objects.filter(kind=RunKind.RETURNS, parameters__paytable_hash=paytable_hash.hex())
    return [_simulated(run) for run in runs.order_by("-pk")[:SHOWN_MAX]]


def _simulated(run: SimulationRun) -> Simulated:
    there = bool(run.plot) and Path(run.plot).is_file()
    return Simulated(
        name=str(run),
        at=run.created_at,
        bets_each=run.parameters["bets_each"],
        passed=bool(run.result.get("passed")),
        verdict=run.result.get("verdict", ""),
        address=reverse("admin:reports_simulationrun_change", args=[run.pk]),
        picture=reverse("admin:reports_simulationrun_plot", args=[run.pk]) if there else "",
    )
