"""Players and their sessions."""

import re
import secrets
from collections.abc import Iterable
from dataclasses import asdict
from datetime import timedelta
from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from audit import services as audit
from keno_platform.core.clock import to_text
from keno_platform.core.errors import Kind, NotFound, Refusal, Retry
from keno_platform.core.money import CurrencyMismatch
from operators.models import Operator
from operators.selectors import hash_secret
from players.details import SessionDetails
from players.models import Player, Session
from players.selectors import players_by_token, profile_of, session_minutes_max
from players.services.exclusions import PlayerExcluded, check_not_excluded
from players.services.guarding import lock_player, refresh_guard

LAUNCH_LIFETIME = timedelta(seconds=60)
SESSION_LIFETIME = timedelta(hours=12)
SESSION_PREFIX = "ps"
HOLDER_MARK = "@"
_TOKEN = re.compile(r"[A-Za-z0-9._:-]{1,64}", re.ASCII)


class PlayerTokenInvalid(Refusal):
    """Not a token: 1 to 64 of A-Z a-z 0-9 . _ : and -."""

    code = "player_token_invalid"
    kind = Kind.INVALID
    title = "The player token is not valid"


class PlayerBlocked(Refusal):
    """The operator has blocked this player."""

    code = "player_blocked"
    kind = Kind.FORBIDDEN
    title = "This player is blocked"
    retry = Retry.NEW_KEY


class RegionRestricted(Refusal):
    """The operator does not offer the game in this country."""

    code = "region_restricted"
    kind = Kind.FORBIDDEN
    title = "The game is not available in this country"


class SessionExpired(Refusal):
    """The launch or session token is used up, expired, revoked or unknown."""

    code = "session_expired"
    kind = Kind.UNAUTHENTICATED
    title = "The session has ended"


class SessionLimitReached(Refusal):
    """The session has lasted as long as a limit of its time allows; `params.minutes` says how long that is."""

    code = "session_limit_reached"
    kind = Kind.UNAUTHENTICATED
    title = "The time limit of the session is reached"


def ensure_player(*, operator: Operator, token: str, currency: str) -> Player:
    """
    The player with this token, made when seen for the first time.

    :raises PlayerTokenInvalid: not a token. :raises CurrencyMismatch: not the operator's currency.
    """
    check_token(token)
    if currency != operator.currency_code:
        raise CurrencyMismatch(expected=operator.currency_code)
    player, _ = Player.objects.get_or_create(token=token, defaults={"currency_code": currency})
    return player


def ensure_players(*, operator: Operator, tokens: Iterable[str]) -> dict[str, Player]:
    """By token: those that are known, and those seen for the first time. What is no token is left out."""
    wanted = {token for token in tokens if isinstance(token, str) and _TOKEN.fullmatch(token)}
    found = players_by_token(wanted)
    new = [Player(token=token, currency_code=operator.currency_code) for token in sorted(wanted - found.keys())]
    if new:
        Player.objects.bulk_create(new, ignore_conflicts=True)
        found |= players_by_token(player.token for player in new)
    return found


def add_holder(*, operator: Operator, name: str) -> Player:
    """
    Somebody who holds an account here and is no player, such as a lottery's collector. No call can name the token: it
    begins with HOLDER_MARK, which no player's token may contain.
    """
    return Player.objects.create(token=f"{HOLDER_MARK}{name}", currency_code=operator.currency_code)


def check_token(token: str) -> None:
    """:raises PlayerTokenInvalid: not a token."""
    if not isinstance(token, str) or not _TOKEN.fullmatch(token):
        raise PlayerTokenInvalid()


def open_session(
    *, operator: Operator, player: Player, language: str, country: str, details: SessionDetails | None = None
) -> tuple[Session, str]:
    """
    A new session and its launch token, good once and for LAUNCH_LIFETIME.

    :raises SessionDetailsInvalid: or ReturnAddressInvalid, as `SessionDetails.check`.
    :raises PlayerBlocked: the operator blocked the player. :raises RegionRestricted: not offered in this country.
    :raises PlayerExcluded: the player is on a break or excluded.
    """
    details = details or SessionDetails()
    details.check()
    try:
        if player.blocked:
            raise PlayerBlocked()
        check_region(operator=operator, country=country)
        _adopt_profile(operator, player, details.jurisdiction_code)
        check_not_excluded(player)
    except (PlayerBlocked, RegionRestricted, PlayerExcluded) as refusal:
        _record_refusal(operator, refusal, player_id=player.pk, country=country)
        raise
    return _make_session(operator, player, language, country, details)


def _record_refusal(operator: Operator, refusal: Refusal, **facts: object) -> None:
    audit.record(
        "session.refused",
        description=f"{operator.name}: no session for a player ({refusal.code})",
        operator_id=operator.pk,
        after={"code": refusal.code, **facts},
    )


@transaction.atomic
def _make_session(
    operator: Operator, player: Player, language: str, country: str, details: SessionDetails
) -> tuple[Session, str]:
    launch = secrets.token_urlsafe(32)
    session = Session.objects.create(
        player=player,
        launch_hash=hash_secret(launch),
        launch_expires_at=Now() + LAUNCH_LIFETIME,
        language=language,
        country=country,
        reality_check_minutes=profile_of(operator, player).reality_check_minutes,
        expires_at=Now() + SESSION_LIFETIME,
        **asdict(details),
    )
    session.refresh_from_db(fields=["launch_expires_at", "expires_at"])
    return session, f"{operator.slug}.{launch}"


@transaction.atomic
def _adopt_profile(operator: Operator, player: Player, code: str) -> None:
    """
    The session's profile holds for the player from now on. Where that is not the operator's own, and where there was
    something to guard, the player is looked at anew: what has run out guards no longer.
    """
    other = "" if code == operator.jurisdiction.code else code
    if not player.guarded and player.jurisdiction_code == other:
        return
    locked = lock_player(player)
    if locked.jurisdiction_code != other:
        locked.jurisdiction_code = other
        locked.save(update_fields=["jurisdiction_code"])
    refresh_guard(locked)
    player.guarded, player.jurisdiction_code = locked.guarded, locked.jurisdiction_code


def check_region(*, operator: Operator, country: str) -> None:
    """:raises RegionRestricted: the operator does not offer the game in this country."""
    if country and country in operator.region_restrictions:
        raise RegionRestricted(country=country)


def enter_session(*, operator: Operator, launch: str) -> tuple[Session, str]:
    """
    Swap a launch token for the session token. The second try finds it used up.

    :raises SessionExpired: unknown, used or too old. :raises RegionRestricted: the country was closed meanwhile.
    """
    secret = secrets.token_urlsafe(32)
    entered = Session.objects.filter(
        launch_hash=hash_secret(launch),
        launched_at__isnull=True,
        revoked_at__isnull=True,
        launch_expires_at__gt=Now(),
    ).update(launched_at=Now(), token_hash=hash_secret(secret))
    if entered != 1:
        known = Session.objects.filter(launch_hash=hash_secret(launch)).first()
        if known is not None:  # a token that nobody was ever given is nobody's session
            _record_refusal(operator, SessionExpired(), session_id=str(known.pk), player_id=known.player_id)
        raise SessionExpired()
    session = Session.objects.select_related("player").get(token_hash=hash_secret(secret))
    check_region(operator=operator, country=session.country)
    _limit_time(operator, session)
    return session, f"{SESSION_PREFIX}.{operator.slug}.{secret}"


def _limit_time(operator: Operator, session: Session) -> None:
    """A limit of its length counts from the moment in which the session is entered."""
    if not session.player.guarded and operator.jurisdiction.session_max_minutes is None:
        return
    minutes = session_minutes_max(operator, session.player)
    if minutes is not None and timedelta(minutes=minutes) < SESSION_LIFETIME:
        Session.objects.filter(pk=session.pk).update(expires_at=Now() + timedelta(minutes=minutes), time_limited=True)
        session.refresh_from_db(fields=["expires_at", "time_limited"])


def limit_reached(session: Session) -> SessionLimitReached:
    """The refusal of a session that a limit has ended."""
    since = session.launched_at or session.created_at
    minutes = int((session.expires_at - since).total_seconds() // 60)
    return SessionLimitReached(minutes=minutes, ended_at=to_text(session.expires_at))


@transaction.atomic
def revoke_session(*, session_id: UUID, demo_for: UUID | None = None) -> Session:
    """
    End a session at once. In the play-money house, `demo_for` is the operator whose demo it is.

    :raises NotFound: this operator has no such session.
    """
    session = Session.objects.select_related("player").filter(pk=session_id, demo_for=demo_for).first()
    if session is None:
        raise NotFound()
    Session.objects.filter(pk=session_id, revoked_at__isnull=True).update(revoked_at=Now())
    return session


@transaction.atomic
def set_blocked(*, operator: Operator, token: str, blocked: bool, actor: str) -> Player:
    """
    Block a player's bets and sessions, or allow them again. Money that is owed is paid all the same.

    :raises NotFound: no such player.
    """
    player = Player.objects.select_for_update().filter(token=token).first()
    if player is None:
        raise NotFound()
    if player.blocked != blocked:
        player.blocked = blocked
        player.save(update_fields=["blocked"])
        audit.record(
            "player.blocked" if blocked else "player.unblocked",
            description=f"a player of {operator.name}",
            actor=actor,
            operator_id=operator.pk,
            after={"player_id": player.pk, "blocked": blocked},
        )
    return player
