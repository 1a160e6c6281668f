"""Paytables for staff: immutable versions with their exact return, made and activated through the services."""

import re
from datetime import UTC
from fractions import Fraction
from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html, format_html_join
from unfold.widgets import UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from approvals.staff import Asked, ask_for
from bets import paytables, selectors
from bets.approvals import ACTIVATE, percent
from bets.models import Paytable, PaytablePick
from bets.paytables import Multipliers
from bets.ports import Simulated, ports
from bets.services.paytables import create_paytable
from keno_platform.core.errors import Refusal
from keno_platform.staff import steps
from keno_platform.staff.columns import column, hexed, utc
from keno_platform.staff.steps import Step, StepForm, offered
from operators.bound import TenantRecordAdmin

_LINE = re.compile(r"\s*([0-9]{1,2})\s*:\s*(.*?)\s*", re.ASCII)
_PRIZE = re.compile(r"([0-9]{1,2})=([0-9.]+)", re.ASCII)
ACTIVE = column(
    lambda paytable: "active" if paytable.active else "not active", name="standing", colors={"active": "success"}
)


class PaytableForm(StepForm):
    """A new version as text, one line for each pick count."""

    name = forms.CharField(max_length=40, widget=UnfoldAdminTextInputWidget)
    table = forms.CharField(
        max_length=4000,
        widget=UnfoldAdminTextareaWidget({"rows": 11, "spellcheck": "false", "style": "font-family:monospace"}),
        help_text="A line is the pick count, then for each number of hits what the stake is multiplied by: "
        "4: 2=1 3=6 4=135. Pick counts that are left out are not offered.",
    )

    def clean_table(self) -> Multipliers:
        try:
            return table_of(self.cleaned_data["table"])
        except Refusal as refusal:
            raise forms.ValidationError(refusal.detail) from refusal


CREATE = Step(
    title="Create a version of the paytable",
    consequence="It is stored if every pick count returns at most 89 %, and never changes again. New bets get it once "
    "it is activated.",
    button="Create",
    form=PaytableForm,
)


def table_of(text: str) -> dict[int, dict[int, int]]:
    """
    The table in the form's text, in hundredths of the stake.

    :raises PaytableInvalid: a line that is none, or a pick count or number of hits twice.
    """
    table: dict[int, dict[int, int]] = {}
    for line in filter(str.strip, text.splitlines()):
        match = _LINE.fullmatch(line)
        if match is None or int(match[1]) in table:
            raise paytables.PaytableInvalid(f"{line.strip()!r} is not a line of its own such as 4: 2=1 3=6 4=135.")
        table[int(match[1])] = _row(line, match[2].split())
    return table


def _row(line: str, prizes: list[str]) -> dict[int, int]:
    row: dict[int, int] = {}
    for prize in prizes:
        match = _PRIZE.fullmatch(prize)
        if match is None or int(match[1]) in row:
            raise paytables.PaytableInvalid(f"{prize!r} in {line.strip()!r} is not a prize of its own such as 3=6.")
        row[int(match[1])] = paytables.hundredths_of(match[2])
    return row


def text_of_table(table: Multipliers) -> str:
    """The reverse of `table_of`."""
    return "\n".join(
        f"{pick}: " + " ".join(f"{hits}={paytables.text_of(pays)}" for hits, pays in row.items())
        for pick, row in table.items()
    )


def rtp_of(pick: PaytablePick) -> Fraction:
    """The exact return of a pick count."""
    return Fraction(pick.rtp_numerator, pick.rtp_denominator)


def _range(paytable: Paytable) -> str:
    returns = [rtp_of(pick) for pick in paytable.picks.all()]
    return f"{percent(min(returns))} % – {percent(max(returns))} %" if returns else "–"


def _table(paytable: Paytable) -> Any:
    rows = selectors.multipliers(paytable)
    lines = format_html_join(
        "",
        '<tr><td class="number">{}</td><td>{}</td><td class="number">{}</td><td class="number">{}/{}</td></tr>',
        (
            (
                pick.pick_count,
                _prizes(rows[pick.pick_count]),
                f"{percent(rtp_of(pick))} %",
                pick.rtp_numerator,
                pick.rtp_denominator,
            )
            for pick in sorted(paytable.picks.all(), key=lambda pick: pick.pick_count)
        ),
    )
    head = "<th>Picks</th><th>Hits and multipliers</th><th>Return</th><th>Exactly</th>"
    return format_html('<table class="plain-table"><tr>' + head + "</tr>{}</table>", lines)


def _prizes(row: dict[int, int]) -> Any:
    prizes = ((hits, paytables.text_of(pays)) for hits, pays in row.items())
    return format_html_join(", ", "{} hits × {}", prizes)


def _simulations(paytable: Paytable) -> Any:
    """The latest runs that played this table, the newest with its picture; or how to make one."""
    runs = ports.simulations_of(bytes(paytable.hash)) if ports.simulations_of else []
    if not runs:
        command = f"manage.py simulate_rtp --operator <slug> --paytable {paytable.version}"
        return format_html("None yet. <code>{}</code> plays it.", command)
    lines = format_html_join("", "<li>{}</li>", ((_simulation(one),) for one in runs))
    picture = ""
    if runs[0].picture:
        picture = format_html(
            '<img src="{}" alt="{}" style="max-width:100%;height:auto">', runs[0].picture, runs[0].verdict
        )
    return format_html("<ul>{}</ul>{}", lines, picture)


def _simulation(one: Simulated) -> Any:
    return format_html(
        '<a href="{}">{}</a>, {} UTC, {} bets of each pick count. {}',
        *(one.address, one.name, f"{one.at.astimezone(UTC):%Y-%m-%d %H:%M}", f"{one.bets_each:,}", one.verdict),
    )


@admin.register(Paytable)
class PaytableAdmin(TenantRecordAdmin):
    """Every version, newest first; one of them is active."""

    list_display = ("version", "name", ACTIVE, column(_range, name="returns", title="return"), utc("created_at"))
    ordering = ("-version",)
    search_exactly = ("id", "version")
    search_help_text = "An exact version or id."
    fields = (
        "version",
        "name",
        ACTIVE,
        "id",
        hexed("hash"),
        utc("created_at"),
        column(_table, name="table", title="prizes and exact return"),
        column(_simulations, name="simulations"),
    )
    actions_detail = ("activate",)
    actions_row = ("activate",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Paytable]:
        return Paytable.objects.prefetch_related("rows", "picks").order_by("-version")

    def has_add_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return bool(request.user.has_perm("bets.add_paytable"))

    def offers(self, step: str, record: Paytable) -> bool:
        return not record.active

    def has_activate_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether this member of staff may choose what new bets get."""
        return bool(request.user.has_perm("bets.change_paytable"))

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied

        def perform(asked: dict[str, Any]) -> str:
            made = create_paytable(operator=self.operator, **asked, actor=steps.actor_of(request))
            return f"{made} stands; it is not active yet." if not made.active else f"{made} is this table, and active."

        begin = text_of_table(selectors.multipliers(selectors.active_paytable()))
        return steps.take(self, request, None, CREATE, perform, table=begin)

    @offered(title="Activate", permission="activate", icon="check_circle")
    def activate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Ask that new bets get this version; somebody else decides, and sees exactly what it returns."""
        paytable = steps.found(self, request, object_id)
        if not isinstance(paytable, Paytable):
            return steps.gone(self, request, object_id)
        asked = Asked(
            action=ACTIVATE,
            subject=str(paytable.pk),
            operator_id=self.operator.pk,
            title=f"Activate {paytable}",
        )
        return ask_for(self, request, paytable, asked)
