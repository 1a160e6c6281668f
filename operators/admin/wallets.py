"""Wallets of operators in seamless mode, for staff: looked at, tried, stopped, their secrets renewed."""

from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse
from unfold.widgets import UnfoldAdminTextInputWidget

from keno_platform.staff import steps
from keno_platform.staff.columns import column, record_link, utc
from keno_platform.staff.gate import fresh_only
from keno_platform.staff.pages import RecordAdmin
from keno_platform.staff.steps import ReasonForm, Step, StepForm, offered
from operators import services
from operators.admin.forms import RotateForm
from operators.bound import public_context
from operators.models import Signing, WalletConnection
from operators.ping import ping_wallet

BODY_SHOWN_MAX = 500
OWNER = column(lambda one: record_link("operators.operator", one.pk, one.operator), name="owner")
ACTIVE = column(
    lambda one: "called" if one.active else "paused", name="standing", colors={"called": "success", "paused": "warning"}
)


class PingForm(StepForm):
    """For whom the wallet is asked."""

    player_token = forms.CharField(
        max_length=128, widget=UnfoldAdminTextInputWidget, help_text="A player that the wallet knows."
    )


@admin.register(WalletConnection)
class WalletConnectionAdmin(RecordAdmin):
    """How each wallet is called. A connection is made and changed from its operator's page."""

    list_display = (OWNER, "url", "signing", "settlement", "zero_win_notices", "concurrency_max", ACTIVE)
    list_select_related = ("operator",)
    list_filter = ("signing", "settlement", "active")
    search_exactly = ("operator__slug", "url")
    search_help_text = "An operator's slug, or a wallet's whole address."
    fields = (
        OWNER,
        "url",
        "is_local",
        "signing",
        "hmac_key_id",
        "hmac_previous_key_id",
        utc("hmac_previous_until"),
        "settlement",
        "zero_win_notices",
        "concurrency_max",
        ACTIVE,
        utc("created_at"),
    )
    actions_detail = ("ping", "rotate", "pause", "resume")

    def offers(self, step: str, record: WalletConnection) -> bool:
        match step:
            case "rotate":
                return record.signing == Signing.HMAC
            case "pause" | "resume":
                return record.active == (step == "pause")
        return True

    def has_change_wallet_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether this member of staff may change how wallets are called."""
        return bool(request.user.has_perm("operators.change_walletconnection"))

    @offered(title="Try", permission="change_wallet", icon="network_check")
    def ping(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """One signed call for a player's balance."""
        connection = steps.found(self, request, object_id)
        if not isinstance(connection, WalletConnection):
            return steps.gone(self, request, object_id)
        step = Step(
            title=f"Try the wallet of {connection.operator.name}",
            consequence="Calls /balance once, signed as in play. No money moves.",
            button="Call",
            form=PingForm,
        )

        def perform(asked: dict[str, Any]) -> str:
            with public_context():
                done = ping_wallet(connection=connection, player_token=asked["player_token"])
            for problem in done.problems:
                messages.error(request, problem)
            if done.answered is None:
                return "There was no answer."
            shown = done.answered.body[:BODY_SHOWN_MAX]
            return f"It answered {done.answered.status} after {done.answered.duration_ms} ms: {shown}"

        return steps.take(self, request, connection, step, perform)

    @offered(title="Renew the secret", permission="change_wallet", icon="autorenew")
    @fresh_only
    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A new shared secret, which signs after an overlap."""
        connection = steps.found(self, request, object_id)
        if not isinstance(connection, WalletConnection):
            return steps.gone(self, request, object_id)
        if not self.offers("rotate", connection):
            return steps.refused(self, request, connection, "This wallet is not called under a shared secret.")
        step = Step(
            title=f"Renew the secret of {connection.operator.name}'s wallet",
            consequence="Makes a new secret, shown once. Until the overlap is over, calls are signed with the old one.",
            button="Renew",
            form=RotateForm,
        )

        def perform(asked: dict[str, Any]) -> HttpResponse:
            with public_context():
                key_id, secret = services.rotate_wallet_secret(
                    operator=connection.operator,
                    overlap=timedelta(hours=asked["overlap_hours"]),
                    actor=steps.actor_of(request),
                )
            facts = {"Operator": connection.operator.name, "Key id": key_id}
            title = "The new secret for calls to this wallet"
            return steps.show_secret(self, request, title=title, secret=secret, facts=facts, record=connection)

        return steps.take(self, request, connection, step, perform)

    @offered(title="Pause", permission="change_wallet", icon="pause_circle", danger=True)
    def pause(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Stop calls for new bets, for a reason."""
        return self._set_active(request, object_id, active=False)

    @offered(title="Resume", permission="change_wallet", icon="play_circle")
    def resume(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Make calls for new bets again, for a reason."""
        return self._set_active(request, object_id, active=True)

    def _set_active(self, request: HttpRequest, object_id: str, *, active: bool) -> HttpResponse:
        connection = steps.found(self, request, object_id)
        if not isinstance(connection, WalletConnection):
            return steps.gone(self, request, object_id)
        name = connection.operator.name
        if connection.active == active:
            state = "called" if active else "paused"
            return steps.refused(self, request, connection, f"The wallet of {name} is {state} already.")
        step = Step(
            title=f"{'Resume' if active else 'Pause'} the wallet of {name}",
            consequence="Its players' bets are taken again."
            if active
            else "New bets of its players are refused. What is owed is paid once calls are resumed.",
            button="Resume" if active else "Pause",
            form=ReasonForm,
            danger=not active,
        )

        def perform(asked: dict[str, Any]) -> str:
            with public_context():
                services.set_wallet_active(
                    operator=connection.operator,
                    active=active,
                    reason=asked["reason"],
                    actor=steps.actor_of(request),
                )
            return f"The wallet of {name} is {'called' if active else 'paused'} now."

        return steps.take(self, request, connection, step, perform)
