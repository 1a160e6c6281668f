"""Breaks and self-exclusion: they begin at once, end the player's sessions, and are never made shorter."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from audit import services as audit
from keno_platform.core.clock import to_text
from keno_platform.core.errors import Kind, NotFound, Refusal, Retry
from operators.jurisdictions import Jurisdiction
from operators.models import Operator
from players import announce, selectors
from players.models import Exclusion, ExclusionKind, Player, Session, Source
from players.services.guarding import lock_player, refresh_guard

REASON_MAX = 200


class PlayerExcluded(Refusal):
    """The player is on a break or excluded; `params.until` says how long, null for ever."""

    code = "player_excluded"
    kind = Kind.FORBIDDEN
    title = "This player is excluded from play"
    retry = Retry.NEW_KEY


class ExclusionInvalid(Refusal):
    """Such a break is not offered, or may not be lifted; `params.field` says what is wrong."""

    code = "exclusion_invalid"
    kind = Kind.INVALID
    title = "The exclusion is not valid"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExclusionTerms:
    """An exclusion as somebody wants it: hours of a break, or days of a self-exclusion, or for ever."""

    kind: str
    hours: int | None = None
    days: int | None = None
    forever: bool = False
    source: Source = Source.PLAYER
    reason: str = ""

    def length(self, profile: Jurisdiction) -> timedelta | None:
        """
        How long it lasts; None for ever.

        :raises ExclusionInvalid: the profile does not offer it.
        """
        if len(self.reason) > REASON_MAX or not self.reason.isprintable():
            raise ExclusionInvalid(f"reason is at most {REASON_MAX} printable characters.", field="reason")
        if self.kind == ExclusionKind.COOL_OFF and self.days is None and not self.forever:
            if self.hours is None or self.hours not in profile.cool_off_hours:
                raise ExclusionInvalid("Such a break is not offered.", field="hours", hours=profile.cool_off_hours)
            return timedelta(hours=self.hours)
        if self.kind == ExclusionKind.SELF_EXCLUSION and self.hours is None:
            return self._self_exclusion(profile)
        raise ExclusionInvalid("Give cool_off with hours, or self_exclusion with days or forever.", field="kind")

    def _self_exclusion(self, profile: Jurisdiction) -> timedelta | None:
        if self.forever and self.days is None and profile.exclusion_forever:
            return None
        if self.forever or self.days is None or self.days not in profile.exclusion_days:
            raise ExclusionInvalid("Such a time is not offered.", field="days", days=profile.exclusion_days)
        return timedelta(days=self.days)


def check_not_excluded(player: Player) -> None:
    """:raises PlayerExcluded: a break or a self-exclusion is in force."""
    current = selectors.exclusion_in_force(player) if player.guarded else None
    if current is not None:
        raise excluded(current.kind, current.until)


def excluded(kind: str, until: datetime | None) -> PlayerExcluded:
    """The refusal of a player who does not play now."""
    return PlayerExcluded(kind=kind, until=to_text(until) if until else None)


@transaction.atomic
def exclude(*, operator: Operator, player: Player, terms: ExclusionTerms, actor: str) -> Exclusion:
    """
    Begin a break or a self-exclusion. From this transaction's commit on no bet, deposit or session is accepted; those
    sessions that run end, and their sockets close.

    :raises ExclusionInvalid: the profile does not offer it.
    """
    length = terms.length(selectors.profile_of(operator, player))
    locked = lock_player(player)
    made = Exclusion.objects.create(
        player=locked,
        kind=terms.kind,
        source=terms.source,
        until=None if length is None else Now() + length,
        reason=terms.reason,
        actor=actor,
    )
    made.refresh_from_db(fields=["starts_at", "until"])
    refresh_guard(locked)
    player.guarded = locked.guarded
    _end_sessions(operator, locked)
    _record("player.excluded", operator, made, actor, reason=terms.reason)
    return made


@transaction.atomic
def lift_exclusion(*, operator: Operator, player: Player, exclusion_id: UUID, reason: str, actor: str) -> Exclusion:
    """
    End a break that the operator itself began. Nothing else is ever ended early.

    :raises NotFound: this player has no such exclusion. :raises ExclusionInvalid: it is not the operator's own break.
    """
    locked = lock_player(player)
    found = Exclusion.objects.select_for_update().filter(pk=exclusion_id, player=locked).first()
    if found is None:
        raise NotFound()
    if found.kind != ExclusionKind.COOL_OFF or found.source != Source.OPERATOR:
        raise ExclusionInvalid("Only a break that the operator began itself can be lifted.", field="exclusion_id")
    if found.lifted_at is None:
        Exclusion.objects.filter(pk=found.pk).update(lifted_at=Now())
        found.refresh_from_db(fields=["lifted_at"])
        refresh_guard(locked)
        _record("player.exclusion_lifted", operator, found, actor, reason=reason)
    return found


def _end_sessions(operator: Operator, player: Player) -> None:
    live = Session.objects.filter(player=player, revoked_at__isnull=True, expires_at__gt=Now())
    for session in list(live):
        announce.session_revoked(operator, session)
    live.update(revoked_at=Now())


def _record(event: str, operator: Operator, one: Exclusion, actor: str, *, reason: str) -> None:
    audit.record(
        event,
        description=f"{one.get_kind_display()} of a player of {operator.name}",
        actor=actor,
        operator_id=operator.pk,
        after={
            "player_id": one.player_id,
            "exclusion_id": str(one.pk),
            "kind": one.kind,
            "source": one.source,
            "until": to_text(one.until) if one.until else None,
            "reason": reason,
        },
    )
