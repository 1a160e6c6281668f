"""What protects a player, as one document: whose rules, the session's clock and result, limits, exclusion."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from keno_platform.core.clock import to_text
from operators.jurisdictions import Jurisdiction
from operators.models import Operator
from players import selectors as players
from players.models import PERIODS, Exclusion, LimitKind, Player, PlayerLimit, Session
from wallet.selectors import Limit, Turnover, limits_of, turnover_since

Place = tuple[str, str, str]
"""Kind, period and source of a limit."""


class Helpline(msgspec.Struct, frozen=True, kw_only=True):
    """Who helps."""

    name: str
    url: str
    number: str


class ProfileOutput(msgspec.Struct, frozen=True, kw_only=True):
    """What the profile demands. Amounts are null where it names none in this currency."""

    code: str
    name: str
    minimum_age: int
    autobet_allowed: bool
    turbo_allowed: bool
    game_start_min_ms: int
    stake_min: str | None
    stake_max: str | None
    session_max_minutes: int | None
    reality_check_minutes: int | None
    loosening_hours: int
    show_rtp: bool
    show_net_position: bool
    show_elapsed: bool
    helpline: Helpline | None
    cool_off_hours: list[int]
    exclusion_days: list[int]
    exclusion_forever: bool


class SessionClock(msgspec.Struct, frozen=True, kw_only=True):
    """How long the session lasts, and with what result: of all the player's bets since it was entered."""

    started_at: str
    elapsed_seconds: int
    expires_at: str
    ends_by_limit: bool
    staked: str
    returned: str
    net_position: str


class RealityCheckOutput(msgspec.Struct, frozen=True, kw_only=True):
    """When the next check is due. In the past: it is due now."""

    every_minutes: int
    due_at: str


class PendingOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A decision that waits. Neither amount nor minutes: there will be no limit."""

    amount: str | None
    minutes: int | None
    effective_from: str


class LimitOutput(msgspec.Struct, frozen=True, kw_only=True):
    """One limit of one source. Neither amount nor minutes: it is not in force yet."""

    kind: str
    period: str
    source: str
    amount: str | None
    minutes: int | None
    used: str | None
    left: str | None
    resets_at: str | None
    binding: bool
    pending: PendingOutput | None


class OfferedOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of limit that can be set, and for which periods."""

    kind: str
    periods: list[str]


class ExclusionOutput(msgspec.Struct, frozen=True, kw_only=True):
    """A break or self-exclusion that is in force. `until` null: for ever."""

    exclusion_id: UUID
    kind: str
    source: str
    since: str = msgspec.field(name="from")
    until: str | None


class ProtectionOutput(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that protects a player; see docs/protection.md. Without a session where an operator's backend asks."""

    currency: str
    now: str
    profile: ProfileOutput
    session: SessionClock | None
    reality_check: RealityCheckOutput | None
    limits: list[LimitOutput]
    limits_offered: list[OfferedOutput]
    exclusion: ExclusionOutput | None


def protection_of(operator: Operator, player: Player, session: Session | None = None) -> ProtectionOutput:
    """The document as of now. Inside the operator's schema."""
    now = players.database_now()
    exclusion = players.exclusion_in_force(player)
    return ProtectionOutput(
        currency=operator.currency_code,
        now=to_text(now),
        profile=show_profile(operator, players.profile_of(operator, player)),
        session=_clock(operator, session, now) if session else None,
        reality_check=_reality_check(session) if session else None,
        limits=_limits(operator, limits_of(operator, player.pk), players.decisions_waiting(player)),
        limits_offered=_offered(operator),
        exclusion=_exclusion(exclusion) if exclusion else None,
    )


def session_turnover(session: Session) -> Turnover:
    """What the player has staked and got back by bets placed since the session was entered, in minor units."""
    return turnover_since(session.player_id, session.launched_at or session.created_at)


def show_profile(operator: Operator, profile: Jurisdiction) -> ProfileOutput:
    """A profile as players of this operator see it."""
    stake_min, stake_max = (
        None if amount is None else operator.money(amount)
        for amount in (
            profile.in_currency(profile.stake_min, operator.currency_code),
            profile.in_currency(profile.stake_max, operator.currency_code),
        )
    )
    help_names = (profile.helpline_name, profile.helpline_url, profile.helpline_number)
    return ProfileOutput(
        code=profile.code,
        name=profile.name,
        minimum_age=profile.minimum_age,
        autobet_allowed=profile.autobet_allowed,
        turbo_allowed=profile.turbo_allowed,
        game_start_min_ms=profile.game_start_min_ms,
        stake_min=stake_min,
        stake_max=stake_max,
        session_max_minutes=profile.session_max_minutes,
        reality_check_minutes=profile.reality_check_minutes,
        loosening_hours=profile.loosening_hours,
        show_rtp=profile.show_rtp,
        show_net_position=profile.show_net_position,
        show_elapsed=profile.show_elapsed,
        helpline=Helpline(name=help_names[0], url=help_names[1], number=help_names[2]) if any(help_names) else None,
        cool_off_hours=sorted(profile.cool_off_hours),
        exclusion_days=sorted(profile.exclusion_days),
        exclusion_forever=profile.exclusion_forever,
    )


def _clock(operator: Operator, session: Session, now: datetime) -> SessionClock:
    started, turnover = session.launched_at or session.created_at, session_turnover(session)
    return SessionClock(
        started_at=to_text(started),
        elapsed_seconds=max(int((now - started).total_seconds()), 0),
        expires_at=to_text(session.expires_at),
        ends_by_limit=session.time_limited,
        staked=operator.money(turnover.staked),
        returned=operator.money(turnover.returned),
        net_position=operator.money(turnover.net),
    )


def _reality_check(session: Session) -> RealityCheckOutput | None:
    due = session.reality_check_due_at
    if due is None or session.reality_check_minutes is None:
        return None
    return RealityCheckOutput(every_minutes=session.reality_check_minutes, due_at=to_text(due))


def _limits(operator: Operator, limits: Sequence[Limit], waiting: Iterable[PlayerLimit]) -> list[LimitOutput]:
    in_force: dict[Place, Limit] = {(one.kind, one.period, one.source): one for one in limits}
    pending: dict[Place, PlayerLimit] = {(one.kind, one.period, one.source): one for one in waiting}
    tightest = {(one.kind, one.period): one.source for one in sorted(limits, key=lambda one: (-one.amount, one.source))}
    return [
        _limit(
            operator,
            place,
            in_force.get(place),
            pending.get(place),
            binding=place in in_force and tightest[place[:2]] == place[2],
        )
        for place in sorted(in_force.keys() | pending.keys(), key=_order)
    ]


def _order(place: Place) -> tuple[int, int, str]:
    kind = LimitKind(place[0])
    return list(PERIODS).index(kind), [str(period) for period in PERIODS[kind]].index(place[1]), place[2]


def _limit(
    operator: Operator, place: Place, limit: Limit | None, waiting: PlayerLimit | None, *, binding: bool
) -> LimitOutput:
    kind, period, source = place
    amount, minutes = _value(operator, kind, limit.amount if limit else None)
    used = limit.used if limit else None
    return LimitOutput(
        kind=kind,
        period=period,
        source=source,
        amount=amount,
        minutes=minutes,
        used=None if used is None else operator.money(used),
        left=None if limit is None or used is None else operator.money(max(limit.amount - used, 0)),
        resets_at=to_text(limit.until) if limit and limit.until else None,
        binding=binding,
        pending=_pending(operator, waiting) if waiting else None,
    )


def _pending(operator: Operator, waiting: PlayerLimit) -> PendingOutput:
    amount, minutes = _value(operator, waiting.kind, waiting.amount)
    return PendingOutput(amount=amount, minutes=minutes, effective_from=to_text(waiting.effective_from))


def _value(operator: Operator, kind: str, amount: int | None) -> tuple[str | None, int | None]:
    """Of a limit: its money, or its minutes."""
    if amount is None:
        return None, None
    return (None, amount) if kind == LimitKind.SESSION else (operator.money(amount), None)


def _offered(operator: Operator) -> list[OfferedOutput]:
    return [
        OfferedOutput(kind=str(kind), periods=[str(period) for period in periods])
        for kind, periods in PERIODS.items()
        if not (kind == LimitKind.DEPOSIT and operator.is_seamless)
    ]


def _exclusion(one: Exclusion) -> ExclusionOutput:
    return ExclusionOutput(
        exclusion_id=one.pk,
        kind=one.kind,
        source=one.source,
        since=to_text(one.starts_at),
        until=to_text(one.until) if one.until else None,
    )
