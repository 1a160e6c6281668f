"""
Moving the clock of a sandbox's game: stop it, let it go, or move it to the next boundary.

The arrows are taken by whoever drives the rounds, as for every game; a step waits until they are taken. So what an
integrator sees is what happens in production, at a time of his own choice.
"""

import time
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection, transaction

from audit import services as audit
from keno_platform.core.errors import Kind, Refusal, Retry
from rounds import selectors
from rounds.clocks import Boundary, Clock, Event, next_event, read_clock
from rounds.models import LEAD_MAX, Game, GameClock, Round, RoundStatus
from rounds.services import epochs

PATIENCE_S = 8.0
"""How long a step waits for the arrows and the settlement."""
LEAD_MIN = timedelta(seconds=5)
"""A clock that is hardly ahead of the real one could not stand for long enough to be of use."""
_LOOK_EVERY_S = 0.02


class NoSandbox(Refusal):
    """The operator, or the game, is not a sandbox: its time is the real one."""

    code = "no_sandbox"
    kind = Kind.FORBIDDEN
    title = "Only a sandbox has a clock of its own"


class ClockTooFarAhead(Refusal):
    """The game's time would be too far ahead of the real one. Time that it stands is time that it gets back."""

    code = "clock_too_far_ahead"
    kind = Kind.CONFLICT
    title = "The game's clock is too far ahead"
    retry = Retry.NEW_KEY


class ClockHasNoLead(Refusal):
    """The clock has stood for so long that the game's time is the real one. Each step forward gives it some lead."""

    code = "clock_has_no_lead"
    kind = Kind.CONFLICT
    title = "The game's clock has no lead left and cannot stand"
    retry = Retry.NEW_KEY


class RoundUnfinished(Refusal):
    """A round is drawn and not settled yet; the clock does not move on over it."""

    code = "round_unfinished"
    kind = Kind.UNAVAILABLE
    title = "A round is still being settled"
    retry = Retry.SAME_KEY


class Until(StrEnum):
    """How far to step."""

    OPENED = "opened"
    CLOSED = "closed"
    DRAWN = "drawn"
    REVEALED = "revealed"

    @property
    def boundary(self) -> Boundary:
        """The boundary of the clock that brings it about."""
        return Boundary.DRAWN if self is Until.REVEALED else Boundary(self.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stepped:
    """What a step came to. Not done: the last event's arrows, or its settlement, are still on their way."""

    events: tuple[Event, ...]
    done: bool


def find_sandbox_game(*, code: str, operator_id: UUID) -> Game:
    """
    An operator's own sandbox game.

    :raises GameNotFound: none, or another operator's. :raises NoSandbox: the game is an ordinary one.
    """
    game = selectors.get_game(code=code, operator_id=operator_id)
    if not game.sandbox or game.owner_id != operator_id:
        raise NoSandbox(game=code)
    return game


@transaction.atomic
def pause(*, game: Game, actor: str) -> Clock:
    """
    Stop the clock where it is, for SANDBOX_PAUSE_SECONDS or as long as its lead lasts; again: for as long from now.

    :raises NoSandbox: the game is an ordinary one. :raises ClockHasNoLead: its time is the real one.
    """
    real, own = _hold(game)
    if own - real < LEAD_MIN:
        raise ClockHasNoLead(game=game.code)
    _stop(game, at=own, real=real)
    clock = read_clock(game)
    _note(game, "clock.paused", f"{game.code} stands at {own:%H:%M:%S}", clock, actor=actor)
    return clock


@transaction.atomic
def run(*, game: Game, actor: str) -> Clock:
    """
    Let the clock go on from where it is.

    :raises NoSandbox: the game is an ordinary one.
    """
    real, own = _hold(game)
    _set(game, real, lead=own - real, stopped_at=None, resumes_at=None)
    clock = read_clock(game)
    _note(game, "clock.released", f"{game.code} goes on from {own:%H:%M:%S}", clock, actor=actor)
    return clock


def step(*, game: Game, until: Until | None = None, actor: str, patience_s: float = PATIENCE_S) -> Stepped:
    """
    Move the clock to the next boundary, or on until one of this kind, stop it there, and wait until what it brings
    about is done: after a draw also the settlement and the reveal, unless only the draw is asked for.

    :raises NoSandbox: the game is an ordinary one. :raises ClockTooFarAhead: it would be more than LEAD_MAX ahead.
    :raises RoundUnfinished: the round before is not settled. :raises RoundNotOpen: the game has no rounds any more.
    """
    end, events = time.monotonic() + patience_s, list[Event]()
    while True:
        try:
            _await_settlement(game, end)
            events.append(_advance(game, actor))
        except Refusal:
            if not events:
                raise
            return Stepped(events=tuple(events), done=False)
        last = events[-1]
        arrived = until is None or until.boundary is last.boundary
        done = _await(last, end, drawn_only=arrived and until is Until.DRAWN)
        if arrived or not done:
            return Stepped(events=tuple(events), done=done)


def _advance(game: Game, actor: str) -> Event:
    if next_event(game) is None and game.active:
        with suppress(IntegrityError):  # a round would have opened before it was committed: the next step finds others
            epochs.schedule_sandbox(game)
    with transaction.atomic():
        real, own = _hold(game)
        event = next_event(game)
        if event is None:
            raise selectors.RoundNotOpen(game=game.code)
        _stop(game, at=max(own, event.at), real=real)
        said = f"{game.code} moved to {event.at:%H:%M:%S}: round {event.number} to be {event.boundary}"
        _note(game, "clock.stepped", said, read_clock(game), actor=actor, round_id=event.round_id)
    return event


def _hold(game: Game) -> tuple[datetime, datetime]:
    """The real time and the game's, its clock locked."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM public.rounds_gameclock WHERE game_id = %s FOR UPDATE", [game.pk])
        if cursor.fetchone() is None:
            raise NoSandbox(game=game.code)
    clock = read_clock(game)
    return clock.now - clock.lead, clock.now


def _stop(game: Game, *, at: datetime, real: datetime) -> None:
    """It goes on by itself in good time: before the real time comes up to it."""
    if at - real > LEAD_MAX:
        raise ClockTooFarAhead(game=game.code, lead_seconds_max=int(LEAD_MAX.total_seconds()))
    pause_max = timedelta(seconds=settings.SANDBOX_PAUSE_SECONDS)
    _set(game, real, stopped_at=at, resumes_at=min(real + pause_max, at))


def _set(game: Game, real: datetime, **changed: datetime | timedelta | None) -> None:
    GameClock.objects.filter(pk=game.pk).update(changed_at=real, **changed)


def _note(game: Game, event: str, said: str, clock: Clock, *, actor: str, round_id: int | None = None) -> None:
    after = {"lead_seconds": round(clock.lead.total_seconds(), 3), "stands": clock.stands}
    audit.record(event, description=said, actor=actor, operator_id=game.owner_id, round_id=round_id, after=after)


def _await_settlement(game: Game, end: float) -> None:
    """:raises RoundUnfinished: it takes too long."""
    unfinished = Round.objects.filter(game=game, status__in=(RoundStatus.DRAWN, RoundStatus.SETTLED))
    while unfinished.exists():
        if time.monotonic() > end:
            raise RoundUnfinished(game=game.code)
        time.sleep(_LOOK_EVERY_S)


def _await(event: Event, end: float, *, drawn_only: bool) -> bool:
    """Until the round has come as far as the event brings it; False when it takes too long."""
    states = _after(event.boundary, drawn_only=drawn_only)
    there = Round.objects.filter(pk=event.round_id, status__in=states)
    if event.boundary is Boundary.CLOSED:
        there = there.exclude(status=RoundStatus.CLOSED, close_message__isnull=True)
    while not there.exists():
        if time.monotonic() > end:
            return False
        time.sleep(_LOOK_EVERY_S)
    return True


def _after(boundary: Boundary, *, drawn_only: bool) -> Iterable[RoundStatus]:
    """The states that show that a boundary is passed, its consequences included."""
    ended = [RoundStatus.REVEALED, RoundStatus.VOID]
    if boundary is Boundary.DRAWN and not drawn_only:
        return ended
    drawn = [RoundStatus.DRAWN, RoundStatus.SETTLED, *ended]
    if boundary is Boundary.DRAWN:
        return drawn
    closed = [RoundStatus.CLOSED, *drawn]
    return closed if boundary is Boundary.CLOSED else [RoundStatus.OPEN, *closed]
