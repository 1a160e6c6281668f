"""Games for staff."""

from collections.abc import Callable
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
from keno_platform.staff.steps import Step, StepForm, offered
from operators.selectors import list_operators
from rounds.clocks import next_event, read_clock
from rounds.models import Anchoring, Game, NetworkName
from rounds.services.clock import NoSandbox, Until, pause, run
from rounds.services.clock import step as move_on
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


class UntilForm(StepForm):
    """How far to step."""

    until = forms.ChoiceField(
        choices=[("", "the next boundary"), *((one.value, f"a round is {one.value}") for one in Until)],
        required=False,
        widget=UnfoldAdminSelectWidget,
    )


CREATE = Step(
    title="Create a game",
    consequence="Its first rounds are committed within half a minute and open from then on, without end.",
    button="Create",
    form=GameForm,
)


def _clock(game: Game) -> str:
    """The time of a game, as its rounds go by it."""
    if not game.sandbox:
        return "the real one"
    own, coming = read_clock(game), next_event(game)
    after = f", then round {coming.number} is {coming.boundary}" if coming else ""
    return f"{'paused' if own.stands else 'running'} at {own.now:%Y-%m-%d %H:%M:%S} UTC{after}"


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
        "sandbox",
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
        "sandbox",
        column(_clock, name="clock_now", title="clock"),
        column(
            lambda game: list_link("rounds.round", "its rounds", f"game__id__exact={game.pk}"),
            name="see_also",
        ),
        utc("created_at"),
    )
    fields = ("name", "active", *readonly_fields)
    actions_detail = ("pause_clock", "step_clock", "run_clock")

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

    def offers(self, step: str, record: Game) -> bool:
        return record.sandbox

    def has_clock_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether this member of staff may move the clocks of sandboxes."""
        return bool(request.user.has_perm("rounds.change_game"))

    @offered(title="Pause clock", permission="clock", icon="pause")
    def pause_clock(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Stop the clock of a sandbox's game."""
        step = Step(
            title="Pause the clock",
            consequence="The game's time stands: what is open stays open. It goes on by itself after a while.",
            button="Pause",
        )
        return self._move(request, object_id, step, lambda game, _, actor: pause(game=game, actor=actor))

    @offered(title="Run clock", permission="clock", icon="play_arrow")
    def run_clock(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Let the clock of a sandbox's game go on."""
        step = Step(title="Run the clock", consequence="The game's time goes on from where it stands.", button="Run")
        return self._move(request, object_id, step, lambda game, _, actor: run(game=game, actor=actor))

    @offered(title="Step clock", permission="clock", icon="skip_next")
    def step_clock(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Move the clock of a sandbox's game to its next boundary."""
        step = Step(
            title="Step the clock",
            consequence="The game's time moves on to the boundary and stands there, when all that follows is done.",
            button="Step",
            form=UntilForm,
        )

        def perform(game: Game, asked: dict[str, Any], actor: str) -> None:
            move_on(game=game, until=Until(asked["until"]) if asked["until"] else None, actor=actor)

        return self._move(request, object_id, step, perform)

    def _move(
        self, request: HttpRequest, object_id: str, step: Step, move: Callable[[Game, dict[str, Any], str], object]
    ) -> HttpResponse:
        game = steps.found(self, request, object_id)
        if not isinstance(game, Game):
            return steps.gone(self, request, object_id)
        if not game.sandbox:
            return steps.refused(self, request, game, steps.text_of(NoSandbox()))

        def perform(asked: dict[str, Any]) -> str:
            move(game, asked, steps.actor_of(request))
            return f"{game}: {_clock(game)}."

        return steps.take(self, request, game, step, perform)
