"""Games for staff."""

from typing import Any

from django import forms
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from unfold.widgets import UnfoldAdminIntegerFieldWidget, UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from audit.editing import AuditedAdmin
from keno_platform.staff import steps
from keno_platform.staff.columns import column, list_link, utc
from keno_platform.staff.steps import Step, StepForm
from operators.selectors import list_operators
from rounds.models import Anchoring, Game, NetworkName
from rounds.services.games import create_game


class GameForm(StepForm):
    """A new sequence of rounds. Only its name and whether it goes on can change later."""

    code = forms.SlugField(max_length=32, widget=UnfoldAdminTextInputWidget, help_text="Part of the API's addresses.")
    name = forms.CharField(max_length=80, widget=UnfoldAdminTextInputWidget)
    interval_seconds = forms.IntegerField(
        min_value=2,
        max_value=86_400,
        initial=10,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="From round to round.",
    )
    betting_seconds = forms.IntegerField(
        min_value=1,
        max_value=86_399,
        initial=7,
        widget=UnfoldAdminIntegerFieldWidget,
        help_text="Shorter than the interval: the draw needs what is left.",
    )
    network = forms.ChoiceField(choices=NetworkName.choices, widget=UnfoldAdminSelectWidget, label="Entropy network")
    anchoring = forms.ChoiceField(
        choices=Anchoring.choices,
        initial=Anchoring.SIGNED_ONLY,
        widget=UnfoldAdminSelectWidget,
        label="Anchoring on the chain",
        help_text="What becomes of a round whose commitment is not final on the chain when it should open.",
    )
    owner = forms.ModelChoiceField(
        queryset=list_operators(),
        required=False,
        empty_label="Shared by all operators",
        widget=UnfoldAdminSelectWidget,
    )


CREATE = Step(
    title="Create a game",
    consequence="Its first rounds are committed within half a minute and open from then on, without end.",
    button="Create",
    form=GameForm,
)


@admin.register(Game)
class GameAdmin(AuditedAdmin):
    """Sequences of rounds. A game is never deleted; one that is not active gets no further rounds."""

    list_display = (
        "code",
        "name",
        "interval_seconds",
        "betting_seconds",
        "network",
        "anchoring",
        column(lambda game: game.owner or "shared", name="owner_name", title="owner"),
        "active",
        utc("created_at"),
    )
    list_select_related = ("owner",)
    list_filter = ("active",)
    search_exactly = ("code",)
    search_help_text = "An exact code."
    readonly_fields = (
        "code",
        "stream",
        "interval_seconds",
        "betting_seconds",
        "network",
        "anchoring",
        column(lambda game: game.owner or "shared by all operators", name="owner_name", title="owner"),
        column(
            lambda game: list_link("rounds.round", "its rounds", f"game__id__exact={game.pk}"),
            name="see_also",
        ),
        utc("created_at"),
    )
    fields = ("name", "active", *readonly_fields)

    def has_delete_permission(self, request: HttpRequest, obj: Model | None = None) -> bool:
        return False

    def operator_id_of(self, obj: Game) -> Any:
        return obj.owner_id

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied

        def perform(asked: dict[str, Any]) -> str:
            owner = asked.pop("owner")
            game = create_game(**asked, owner_id=owner.pk if owner else None, actor=steps.actor_of(request))
            self.log_addition(request, game, [{"added": {}}])
            return f"The game {game} is made; its rounds come within half a minute."

        return steps.take(self, request, None, CREATE, perform)
