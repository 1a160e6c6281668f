"""A sandbox's own games and their clocks: stop, step, run. For the owner's backend only."""

import msgspec
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from keno_platform.core import clock as times
from keno_platform.http.openapi import Problem
from keno_platform.http.parsing import Ask, read
from operators.authentication import CallerView
from rounds import selectors
from rounds.api.rounds import RoundOutput, show_rounds
from rounds.clocks import Clock, Event, next_event, read_clock
from rounds.models import Game
from rounds.services import clock


class StepAsk(Ask, frozen=True, kw_only=True):
    """Until a round is opened, closed, drawn, or revealed; without it, to the next boundary whatever it is."""

    until: clock.Until | None = None


class ClockEventOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What happens to a round, and when by the game's own time."""

    event: str
    round_id: int
    number: int
    at: str


class ClockOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    The clock of a sandbox's game, `running` or `paused`. `time` is the game's own time, and all times of its rounds
    are by it; it is `lead_seconds` ahead of the real time. A clock that stands goes on by itself at `goes_on_at`, a
    real time.
    """

    game: str
    state: str
    time: str
    lead_seconds: float
    goes_on_at: str | None
    next: ClockEventOutput | None


class StepOutput(msgspec.Struct, frozen=True, kw_only=True):
    """
    What a step came to: what happened, in order; the last of these rounds as it is now; the clock. `done` is false
    where the settlement, or whoever drives the rounds, was not ready in time: it goes on, and the next step waits.
    """

    done: bool
    events: list[ClockEventOutput]
    round: RoundOutput
    clock: ClockOutput


def show_clock(game: Game, own: Clock) -> ClockOutput:
    """A clock as the API and the staff's pages show it."""
    coming = next_event(game)
    return ClockOutput(
        game=game.code,
        state="paused" if own.stands else "running",
        time=times.to_text(own.now),
        lead_seconds=round(own.lead.total_seconds(), 3),
        goes_on_at=times.to_text(own.goes_on_at) if own.goes_on_at else None,
        next=_show_event(coming) if coming else None,
    )


def _show_event(event: Event) -> ClockEventOutput:
    return ClockEventOutput(
        event=event.boundary.value, round_id=event.round_id, number=event.number, at=times.to_text(event.at)
    )


class SandboxView(CallerView):
    """The base of the calls on one sandbox game of the caller's."""

    def game(self, code: str) -> Game:
        """:raises GameNotFound: none, or another operator's. :raises NoSandbox: it is an ordinary game."""
        return clock.find_sandbox_game(code=code, operator_id=self.operator.pk)


class ClockView(SandboxView):
    """The clock of a sandbox's game."""

    @extend_schema(operation_id="read_clock", responses={200: ClockOutput, 403: Problem, 404: Problem})
    def get(self, request: Request, code: str) -> Response:
        game = self.game(code)
        return Response(show_clock(game, read_clock(game)))


class PauseView(SandboxView):
    """Stops the clock: an open round stays open. After an hour it goes on by itself; asked again, an hour from then."""

    @extend_schema(
        operation_id="pause_clock",
        request=None,
        responses={200: ClockOutput, 403: Problem, 404: Problem, 409: Problem},
    )
    def post(self, request: Request, code: str) -> Response:
        game = self.game(code)
        return Response(show_clock(game, clock.pause(game=game, actor=self.caller.actor)))


class RunView(SandboxView):
    """Lets the clock go on from where it is."""

    @extend_schema(operation_id="run_clock", request=None, responses={200: ClockOutput, 403: Problem, 404: Problem})
    def post(self, request: Request, code: str) -> Response:
        game = self.game(code)
        return Response(show_clock(game, clock.run(game=game, actor=self.caller.actor)))


class StepView(SandboxView):
    """Moves the clock to the next boundary, stops it there, and answers when all that follows from it is done."""

    @extend_schema(
        operation_id="step_clock",
        request=StepAsk,
        responses={200: StepOutput, 403: Problem, 404: Problem, 409: Problem, 422: Problem, 503: Problem},
    )
    def post(self, request: Request, code: str) -> Response:
        ask, game = read(request, StepAsk), self.game(code)
        stepped = clock.step(game=game, until=ask.until, actor=self.caller.actor)
        [one] = show_rounds([selectors.get_round(round_id=stepped.events[-1].round_id, operator_id=self.operator.pk)])
        return Response(
            StepOutput(
                done=stepped.done,
                events=[_show_event(event) for event in stepped.events],
                round=one,
                clock=show_clock(game, read_clock(game)),
            )
        )
