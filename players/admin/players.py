"""Players and their sessions for staff, inside the picked operator."""

from typing import Any

from django.contrib import admin
from django.db import transaction
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.utils.html import format_html_join

from audit import services as audit
from keno_platform.core import clock
from keno_platform.staff import steps
from keno_platform.staff.columns import Column, column, list_link, record_link, story_link, utc
from keno_platform.staff.filters import DayFilter
from keno_platform.staff.pages import UncountedPages
from keno_platform.staff.steps import Step, offered
from operators.bound import TenantRecordAdmin
from players import announce, services
from players.admin import steps as protecting
from players.models import Player, Session

BLOCKED = column(
    lambda player: "blocked" if player.blocked else "free",
    name="standing",
    colors={"blocked": "danger", "free": "success"},
)


def player_link(path: str = "player") -> Column:
    """The player of a record, reached by `path` (`account.player`), as a link."""

    def show(record: Any) -> Any:
        player = record
        for step in path.split("."):
            player = getattr(player, step)
        return record_link("players.player", player.pk, player.token)

    return column(show, name="player_link", title="player")


def _related(player: Player) -> Any:
    links = (
        story_link("player", player.token),
        list_link("bets.betstate", "bets", f"q={player.token}"),
        list_link("wallet.transaction", "transactions", f"q={player.token}"),
        list_link("wallet.account", "account", f"q={player.token}"),
        list_link("players.session", "sessions", f"q={player.token}"),
        list_link("players.playerlimit", "limits", f"q={player.token}"),
        list_link("players.exclusion", "exclusions", f"q={player.token}"),
        list_link("players.realitycheck", "reality checks", f"q={player.token}"),
    )
    return format_html_join(" · ", "{}", ((link,) for link in links))


@admin.register(Player)
class PlayerAdmin(TenantRecordAdmin):
    """Players by the operator's token; nothing personal is kept here."""

    paginator = UncountedPages
    list_display = ("token", "currency_code", BLOCKED, utc("created_at"))
    search_exactly = ("id", "token")
    search_help_text = "An exact token."
    fields = (
        *("token", "currency_code", BLOCKED, "guarded", "jurisdiction_code"),
        *(utc("created_at"), column(_related, name="see_also")),
    )
    actions_detail = ("block", "unblock", "limit", "shut_out")
    actions_row = ("block", "unblock")

    def offers(self, step: str, record: Player) -> bool:
        return step in ("limit", "shut_out") or record.blocked == (step == "unblock")

    def has_block_permission(self, request: HttpRequest, obj: object = None) -> bool:
        """Whether this member of staff may block players and end their sessions."""
        return bool(request.user.has_perm("players.change_player"))

    @offered(title="Block", permission="block", icon="block", danger=True)
    def block(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Refuse a player's bets and sessions."""
        return self._set_blocked(request, object_id, blocked=True)

    @offered(title="Unblock", permission="block", icon="check_circle")
    def unblock(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Allow a player's bets and sessions again."""
        return self._set_blocked(request, object_id, blocked=False)

    @offered(title="Limit", permission="block", icon="speed")
    def limit(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Set the operator's own limit of a player."""
        player = steps.found(self, request, object_id)
        if not isinstance(player, Player):
            return steps.gone(self, request, object_id)
        return protecting.limit(self, request, player)

    @offered(title="Exclude", permission="block", icon="do_not_disturb_on", danger=True)
    def shut_out(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Begin a break, or a self-exclusion on the player's word."""
        player = steps.found(self, request, object_id)
        if not isinstance(player, Player):
            return steps.gone(self, request, object_id)
        return protecting.exclude(self, request, player)

    def _set_blocked(self, request: HttpRequest, object_id: str, *, blocked: bool) -> HttpResponse:
        player = steps.found(self, request, object_id)
        if not isinstance(player, Player):
            return steps.gone(self, request, object_id)
        word = "blocked" if blocked else "free"
        if player.blocked == blocked:
            return steps.refused(self, request, player, f"{player} is {word} already.")

        def perform(_: dict[str, Any]) -> str:
            services.set_blocked(
                operator=self.operator, token=player.token, blocked=blocked, actor=steps.actor_of(request)
            )
            return f"{player} is {word} now."

        return steps.take(self, request, player, _step(player, blocked), perform)


def _step(player: Player, blocked: bool) -> Step:
    if blocked:
        return Step(
            title=f"Block {player}",
            consequence="New bets and sessions of this player are refused. Money that is owed is paid all the same.",
            button="Block",
            danger=True,
        )
    return Step(title=f"Unblock {player}", consequence="Bets and sessions are accepted again.", button="Unblock")


def standing(session: Session) -> str:
    """Where a session is in its life."""
    if session.revoked_at:
        return "revoked"
    if session.expires_at <= clock.now():
        return "expired"
    return "entered" if session.launched_at else "not entered"


STANDING = column(standing, name="standing", colors={"entered": "success", "revoked": "danger", "expired": "warning"})


@admin.register(Session)
class SessionAdmin(TenantRecordAdmin):
    """Sessions of players. Their tokens are kept as hashes only, and not shown."""

    paginator = UncountedPages
    list_display = ("id", player_link(), STANDING, "language", "country", utc("created_at"), utc("expires_at"))
    list_select_related = ("player",)
    list_filter = (DayFilter,)
    search_exactly = ("id", "player__token", "reference")
    search_help_text = "An exact session id, player token, or the operator's own reference."
    fields = (
        "id",
        player_link(),
        STANDING,
        "reference",
        column(lambda session: session.mode, name="mode"),
        "language",
        "country",
        "brand",
        "jurisdiction_code",
        "lobby_url",
        "cashier_url",
        "history_url",
        "reality_check_url",
        utc("created_at"),
        utc("launch_expires_at"),
        utc("launched_at", "entered at"),
        utc("expires_at"),
        utc("revoked_at"),
        "time_limited",
        "reality_check_minutes",
        utc("reality_checked_at", "reality check answered at"),
    )
    actions_detail = ("revoke",)
    actions_row = ("revoke",)

    def offers(self, step: str, record: Session) -> bool:
        return record.revoked_at is None

    def has_revoke_permission(self, request: HttpRequest, obj: Model | object = None) -> bool:
        """Whether this member of staff may end players' sessions."""
        return bool(request.user.has_perm("players.change_session"))

    @offered(title="Revoke", permission="revoke", icon="block", danger=True)
    def revoke(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """End a session at once."""
        session = steps.found(self, request, object_id)
        if not isinstance(session, Session):
            return steps.gone(self, request, object_id)
        if session.revoked_at:
            return steps.refused(self, request, session, "This session is revoked already.")
        step = Step(
            title=f"Revoke a session of {session.player}",
            consequence="The player's client is logged out and can do nothing more with this session.",
            button="Revoke",
            danger=True,
        )

        def perform(_: dict[str, Any]) -> str:
            with transaction.atomic():
                services.revoke_session(session_id=session.pk, demo_for=session.demo_for)
                announce.session_revoked(self.operator, session)
                self._record(session, steps.actor_of(request))
            return "The session is revoked."

        return steps.take(self, request, session, step, perform)

    def _record(self, session: Session, actor: str) -> None:
        audit.record(
            "session.revoked",
            description=f"a session of a player of {self.operator.name}",
            actor=actor,
            operator_id=self.operator.pk,
            after={"session_id": str(session.pk), "player_id": session.player_id},
        )
