"""What staff do for a player's protection: a limit of the operator, a break, self-exclusion on the player's word."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextareaWidget, UnfoldAdminTextInputWidget

from keno_platform.core.money import parse_amount
from keno_platform.staff import steps
from keno_platform.staff.steps import REASON_MAX, Step, StepForm
from operators.bound import TenantAdmin
from operators.models import Operator
from players import services
from players.models import PERIODS, ExclusionKind, LimitKind, Player, Source
from players.selectors import profile_of
from players.services import ExclusionTerms, LimitTerms

PLACES = [
    (f"{kind}:{period}", f"{kind.label}, {period.label}") for kind, periods in PERIODS.items() for period in periods
]
FOREVER = "forever"


class LimitForm(StepForm):
    """Which limit, and how much."""

    place = forms.ChoiceField(choices=PLACES, label="Limit", widget=UnfoldAdminSelectWidget)
    amount = forms.CharField(
        required=False,
        max_length=24,
        widget=UnfoldAdminTextInputWidget,
        help_text="A decimal of the currency, or minutes for the length of a session. Empty: no limit of the operator.",
    )


class ExclusionForm(StepForm):
    """How long, and why."""

    length = forms.ChoiceField(widget=UnfoldAdminSelectWidget)
    reason = forms.CharField(
        min_length=3,
        max_length=REASON_MAX,
        widget=UnfoldAdminTextareaWidget({"rows": 3}),
        help_text="For the audit log.",
    )


def limit(page: TenantAdmin, request: HttpRequest, player: Player) -> HttpResponse:
    """The operator's own limit of a player."""
    step = Step(
        title=f"Limit {player}",
        consequence="A tighter limit counts at once, for the next bet. A looser one counts after the waiting time of "
        "the player's jurisdiction. The player's own limits stay as they are, and the strictest counts.",
        button="Decide",
        form=LimitForm,
    )

    def perform(asked: dict[str, Any]) -> str:
        kind, _, period = asked["place"].partition(":")
        terms = LimitTerms(
            kind=kind,
            period=period,
            amount=_amount(page.operator, kind, asked["amount"].strip()),
            source=Source.OPERATOR,
        )
        services.set_limit(operator=page.operator, player=player, terms=terms, actor=steps.actor_of(request))
        return f"The limit of {player} is decided."

    return steps.take(page, request, player, step, perform)


def exclude(page: TenantAdmin, request: HttpRequest, player: Player) -> HttpResponse:
    """A break by the operator, or the self-exclusion that a player has asked somebody for."""
    choices = _lengths(page.operator, player)

    class Form(ExclusionForm):
        """With what this player's profile offers."""

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **kwargs)
            length = self.fields["length"]
            if isinstance(length, forms.ChoiceField):
                length.choices = choices

    step = Step(
        title=f"Exclude {player}",
        consequence="Bets, deposits and sessions are refused at once, and sessions that run are ended. Withdrawals and "
        "what is owed are paid all the same. A self-exclusion cannot be ended early by anybody.",
        button="Exclude",
        form=Form,
        danger=True,
    )

    def perform(asked: dict[str, Any]) -> str:
        kind, _, length = asked["length"].partition(":")
        is_break = kind == ExclusionKind.COOL_OFF
        terms = ExclusionTerms(
            kind=kind,
            hours=int(length) if is_break else None,
            days=None if is_break or length == FOREVER else int(length),
            forever=length == FOREVER,
            source=Source.OPERATOR if is_break else Source.PLAYER,
            reason=asked["reason"].strip().replace("\r", "").replace("\n", " "),
        )
        services.exclude(operator=page.operator, player=player, terms=terms, actor=steps.actor_of(request))
        return f"{player} is excluded now."

    return steps.take(page, request, player, step, perform)


def _amount(operator: Operator, kind: str, asked: str) -> int | None:
    if not asked:
        return None
    if kind == LimitKind.SESSION:
        return parse_amount(asked, exponent=0)
    return parse_amount(asked, exponent=operator.currency_exponent)


def _lengths(operator: Operator, player: Player) -> list[tuple[str, str]]:
    profile = profile_of(operator, player)
    breaks = [(f"{ExclusionKind.COOL_OFF}:{hours}", f"break of {hours} hours") for hours in profile.cool_off_hours]
    longer = [
        (f"{ExclusionKind.SELF_EXCLUSION}:{days}", f"self-exclusion for {days} days") for days in profile.exclusion_days
    ]
    ever = [(f"{ExclusionKind.SELF_EXCLUSION}:{FOREVER}", "self-exclusion for ever")]
    return [*breaks, *longer, *(ever if profile.exclusion_forever else [])]
