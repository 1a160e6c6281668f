"""Limits: tighter at once, looser after a while."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import ExpressionWrapper, F, fields
from django.db.models.functions import Least, Now

from audit import services as audit
from keno_platform.core.clock import to_text
from keno_platform.core.errors import Kind, Refusal
from keno_platform.core.money import AMOUNT_MAX
from operators.models import Operator
from players import announce, selectors
from players.models import PERIODS, LimitKind, Period, Player, PlayerLimit, Session, Source
from players.services.guarding import lock_player, refresh_guard

MINUTES_MAX = 24 * 60


class LimitInvalid(Refusal):
    """There is no such limit, or not with this value; `params.field` says what is wrong."""

    code = "limit_invalid"
    kind = Kind.INVALID
    title = "The limit is not valid"


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitTerms:
    """A limit as somebody wants it: `amount` in minor units, for `session` in minutes; None takes it away."""

    kind: str
    period: str
    amount: int | None
    source: Source = Source.PLAYER

    def check(self, operator: Operator) -> None:
        """:raises LimitInvalid: the first thing that is wrong, in `params.field`."""
        check_place(operator, self.kind, self.period)
        greatest = MINUTES_MAX if self.kind == LimitKind.SESSION else AMOUNT_MAX
        least = 1 if self.kind == LimitKind.SESSION else 0
        if self.amount is not None and not least <= self.amount <= greatest:
            field = "minutes" if self.kind == LimitKind.SESSION else "amount"
            raise LimitInvalid(f"{field} must be {least} to {greatest}.", field=field)


def check_place(operator: Operator, kind: str, period: str) -> None:
    """:raises LimitInvalid: there is no such limit at this operator."""
    if kind not in LimitKind.values or (kind == LimitKind.DEPOSIT and operator.is_seamless):
        raise LimitInvalid("There is no such limit here.", field="kind")
    if period not in PERIODS[LimitKind(kind)]:
        raise LimitInvalid("There is no such limit for this period.", field="period")


def is_looser(wanted: int | None, now: int | None) -> bool:
    """Whether less would be forbidden than is."""
    return now is not None and (wanted is None or wanted > now)


@transaction.atomic
def set_limit(*, operator: Operator, player: Player, terms: LimitTerms, actor: str) -> PlayerLimit | None:
    """
    Decide about a limit. Tighter counts from this transaction's commit on, looser after the profile's hours; whatever
    waits is replaced. Returns the decision; None where nothing was to be decided.

    :raises LimitInvalid: as `LimitTerms.check`.
    """
    terms.check(operator)
    locked = lock_player(player)
    current = selectors.decision_in_force(locked, terms.kind, terms.period, terms.source)
    before = current.amount if current else None
    withdrawn = _withdraw(locked, terms)
    if terms.amount == before:
        made = None
        if withdrawn:
            _record("limit.kept", operator, locked, terms, actor, before=before)
    else:
        waits = is_looser(terms.amount, before)
        made = PlayerLimit.objects.create(
            player=locked,
            kind=terms.kind,
            period=terms.period,
            source=terms.source,
            amount=terms.amount,
            actor=actor,
            effective_from=Now() + _waiting(operator, locked) if waits else Now(),
        )
        made.refresh_from_db(fields=["effective_from", "created_at"])
        if terms.kind == LimitKind.SESSION and not waits:
            _shorten_sessions(locked, terms.amount)
        event = "limit.loosening_asked" if waits else "limit.set"
        _record(event, operator, locked, terms, actor, before=before, effective_from=made.effective_from)
    refresh_guard(locked)
    player.guarded = locked.guarded
    announce.protection_changed(operator, locked)
    return made


@transaction.atomic
def withdraw_limit(*, operator: Operator, player: Player, terms: LimitTerms, actor: str) -> bool:
    """
    Take back the decision that waits, whatever its amount. Returns whether there was one.

    :raises LimitInvalid: there is no such limit.
    """
    check_place(operator, terms.kind, terms.period)
    locked = lock_player(player)
    withdrawn = _withdraw(locked, terms)
    if withdrawn:
        current = selectors.decision_in_force(locked, terms.kind, terms.period, terms.source)
        _record("limit.kept", operator, locked, terms, actor, before=current.amount if current else None)
        refresh_guard(locked)
        player.guarded = locked.guarded
        announce.protection_changed(operator, locked)
    return withdrawn


def _withdraw(locked: Player, terms: LimitTerms) -> bool:
    waiting = PlayerLimit.objects.filter(
        player=locked,
        kind=terms.kind,
        period=terms.period,
        source=terms.source,
        withdrawn_at__isnull=True,
        effective_from__gt=Now(),
    )
    return bool(waiting.update(withdrawn_at=Now()))


def _waiting(operator: Operator, player: Player) -> timedelta:
    return timedelta(hours=selectors.profile_of(operator, player).loosening_hours)


def _shorten_sessions(player: Player, minutes: int | None) -> None:
    """A session that runs already ends when the new limit says, if that is sooner."""
    if minutes is None:
        return
    end = ExpressionWrapper(F("launched_at") + timedelta(minutes=minutes), output_field=fields.DateTimeField())
    running = Session.objects.filter(player=player, launched_at__isnull=False, revoked_at__isnull=True)
    running.filter(expires_at__gt=end).update(expires_at=Least(F("expires_at"), end), time_limited=True)


def _record(
    event: str,
    operator: Operator,
    player: Player,
    terms: LimitTerms,
    actor: str,
    *,
    before: int | None,
    effective_from: datetime | None = None,
) -> None:
    place = {"kind": terms.kind, "period": terms.period, "source": str(terms.source)}
    after = {
        "player_id": player.pk,
        **place,
        "amount": before if effective_from is None else terms.amount,
        "effective_from": to_text(effective_from) if effective_from else None,
    }
    audit.record(
        event,
        description=f"{LimitKind(terms.kind).label} by {Period(terms.period).label} of a player of {operator.name}",
        actor=actor,
        operator_id=operator.pk,
        before={**place, "amount": before},
        after=after,
    )
