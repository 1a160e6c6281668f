"""Simulations and studies for staff."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

from django.contrib import admin
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils.html import format_html, format_html_join

from keno_platform.staff.columns import NOTHING, code, column, exact_utc, hexed, utc
from keno_platform.staff.pages import RecordAdmin, UncountedPages
from reports import run_pages
from reports.models import SimulationRun

PASSED, ODD = "passed", "not as expected"
COLORS = {PASSED: "success", ODD: "danger"}


def _standing(run: SimulationRun) -> str:
    return PASSED if run.result.get("passed") else ODD


def _draws(run: SimulationRun) -> Any:
    """How many draws were tested, or how many bets of each pick count were played."""
    return run.parameters.get("draws", run.parameters.get("bets_each", NOTHING))


def _parameters(run: SimulationRun) -> Any:
    return format_html(
        '<pre style="white-space:pre-wrap;overflow-wrap:anywhere">{}</pre>', json.dumps(run.parameters, indent=2)
    )


def _tests(run: SimulationRun) -> Any:
    """Each test with its question and p-values."""
    rows = format_html_join(
        "",
        '<tr><td>{}</td><td>{}</td><td class="number">{}</td><td class="number">{}</td><td class="number">{}</td></tr>',
        (
            (one["code"], one["question"], f"{one['statistic']:,.1f}", f"{one['p_value']:.3g}", f"{one['p_holm']:.3g}")
            for one in run.result.get("tests", ())
        ),
    )
    heading = ("test", "question", "statistic", "p", "p (Holm)")
    titles = format_html_join("", "<th>{}</th>", ((title,) for title in heading))
    return format_html('<table class="plain-table"><tr>{}</tr>{}</table>', titles, rows)


def _edges(run: SimulationRun) -> Any:
    """What the table returns at the smallest and the greatest stakes, with prizes rounded down to the minor unit."""
    rows = format_html_join(
        "",
        '<tr><td>{}</td><td class="number">{}</td><td class="number">{}</td><td class="number">{}</td>'
        '<td class="number">{}</td><td class="number">{}</td><td>{}</td></tr>',
        (
            (
                *(one["name"], one["pick_count"], f"{one['stake']:,}", f"{float(Fraction(one['exact'])):.4%}"),
                *(f"{one['simulated']:.4%}", f"{-one['lost']:.4%}", PASSED if one["holds"] else ODD),
            )
            for one in run.result.get("edges", ())
        ),
    )
    if not rows:
        return NOTHING
    heading = ("stake", "pick", "minor units", "exact", "simulated", "by rounding", "outcome")
    titles = format_html_join("", "<th>{}</th>", ((title,) for title in heading))
    return format_html('<table class="plain-table"><tr>{}</tr>{}</table>', titles, rows)


def _plot(run: SimulationRun) -> Any:
    """The picture, which opens by itself when it is clicked."""
    if not run.plot:
        return NOTHING
    if not Path(run.plot).is_file():
        return f"{run.plot} is not on this machine"
    address = reverse("admin:reports_simulationrun_plot", args=[run.pk])
    return format_html(
        '<a href="{}" target="_blank" rel="noopener"><img src="{}" alt="{}" style="max-width:100%;height:auto"></a>',
        address,
        address,
        run.result.get("verdict", "plot"),
    )


@admin.register(SimulationRun)
class SimulationRunAdmin(RecordAdmin):
    """What was run, with its outcome and its files. Nothing is run from here."""

    paginator = UncountedPages
    list_display = (
        "id",
        "kind",
        column(_draws, name="draws", title="draws or bets"),
        column(_standing, name="standing", title="outcome", colors=COLORS),
        column(lambda run: run.parameters.get("source", NOTHING), name="source"),
        utc("created_at"),
    )
    list_filter = ("kind",)
    search_exactly = ("id",)
    search_help_text = "An exact id."
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "id",
                    "kind",
                    exact_utc("created_at"),
                    column(_standing, name="standing", title="outcome", colors=COLORS),
                    column(lambda run: run.result.get("verdict", NOTHING), name="verdict"),
                    "confidence",
                    "exact_value",
                    column(_tests, name="tests"),
                    column(_edges, name="edges", title="at the edges"),
                    column(_plot, name="picture"),
                )
            },
        ),
        (
            "Dataset",
            {
                "fields": (
                    column(_parameters, name="parameters_shown", title="parameters"),
                    column(lambda run: code(run.file), name="file_shown", title="file"),
                    hexed("file_sha256", "SHA-256 of the file"),
                )
            },
        ),
    )

    def get_urls(self) -> list[URLPattern]:
        own = path("<int:object_id>/plot/", self.admin_site.admin_view(self.plot), name="reports_simulationrun_plot")
        return [own, *super().get_urls()]

    def plot(self, request: HttpRequest, object_id: int) -> HttpResponse:
        """The picture's file, for those who may see the run."""
        run = self.get_object(request, str(object_id)) if self.has_view_permission(request) else None
        picture = Path(run.plot) if run and run.plot else None
        if picture is None or not picture.is_file():
            raise Http404
        return HttpResponse(picture.read_bytes(), content_type="image/png")


__all__ = ["run_pages"]
