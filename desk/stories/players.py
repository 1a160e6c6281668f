"""The story of one player: who may play, with what, and what they did, the newest first and page by page."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import nlargest
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Model, QuerySet
from django.utils.html import format_html_join

from bets import selectors as bets
from bets.models import BetState, BetStatus
from desk.addresses import story_of
from desk.sight import Sight
from desk.stories import sources
from desk.stories.timeline import BAD, OPEN, PLAIN, Fact, Happening
from flags.models import Flag
from flags.selectors import flags_about
from keno_platform.core.clock import to_text
from keno_platform.core.ids import uuid7_floor
from keno_platform.staff.columns import NOTHING, list_link, record_link
from operators.bound import shown_amount
from operators.models import Operator
from players import selectors
from players.models import Exclusion, Player, PlayerLimit, Session
from wallet import selectors as wallet
from wallet.models import CallState, WalletCall

Row = TypeVar("Row", bound=Model)
PAGE = 50
_NEWEST = UUID(int=(1 << 128) - 1)
RECENT = timedelta(days=7)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlayerStory:
    """A player and a page of what they did; `older` is where the next page begins, None after the last."""

    player: Player
    facts: list[Fact]
    happenings: list[Happening]
    older: UUID | None


Line = tuple[UUID, Happening]
"""An event, and the UUIDv7 that is its place in time: by it pages of several tables have no gap and no overlap."""


def tell(operator: Operator, token: str, *, now: datetime, before: UUID | None, sight: Sight) -> PlayerStory:
    """
    What is known of a player, inside the operator's schema.

    :raises PlayerNotFound: there is none with this token.
    """
    player = selectors.get_player(token)
    # From each source as many as a page has, so that the newest of all of them are among these.
    found = nlargest(PAGE + 1, _lines(player, before or _NEWEST, sight), key=lambda line: line[0])
    more, found = len(found) > PAGE, found[:PAGE]
    return PlayerStory(
        player=player,
        facts=_facts(operator, player, now, sight),
        happenings=[happening for _, happening in found],
        older=found[-1][0] if more else None,
    )


def _facts(operator: Operator, player: Player, now: datetime, sight: Sight) -> list[Fact]:
    facts = [
        Fact(name="Standing", value="blocked: no bets, no sessions" if player.blocked else "free to play"),
        Fact(name="Known since", value=to_text(player.created_at)),
        Fact(name="Rules", value=str(selectors.profile_of(operator, player))),
    ]
    if sight.sees("wallet.account"):
        recent = wallet.turnover_since(player.pk, now - RECENT)
        facts += [
            Fact(name="Balance here", value=shown_amount(wallet.balance_of(player.pk))),
            Fact(name="Staked in 7 days", value=shown_amount(recent.staked)),
            Fact(name="Got back of these", value=shown_amount(recent.returned)),
        ]
    if sight.sees("players.playerlimit"):
        facts += [Fact(name="Limits", value=_limits(player)), Fact(name="Break or exclusion", value=_exclusion(player))]
    facts.append(Fact(name="Everything", value=_lists(player)))
    return facts


def _limits(player: Player) -> str:
    said = (f"{one.get_kind_display()} by {one.period} ({one.source})" for one in selectors.decisions_in_force(player))
    return ", ".join(said) or "none of the own"


def _exclusion(player: Player) -> str:
    one = selectors.exclusion_in_force(player)
    if one is None:
        return NOTHING
    return f"{one.get_kind_display()} until {to_text(one.until) if one.until else 'for ever'}"


def _lists(player: Player) -> Any:
    links = (
        record_link("players.player", player.pk, "the player's record"),
        list_link("bets.betstate", "bets", f"q={player.token}&day=any"),
        list_link("wallet.transaction", "transactions", f"q={player.token}&day=any"),
        list_link("players.session", "sessions", f"q={player.token}&day=any"),
    )
    return format_html_join(" · ", "{}", ((link,) for link in links))


def _lines(player: Player, before: UUID, sight: Sight) -> Iterator[Line]:
    if sight.sees("bets.betstate"):
        yield from ((bet.pk, _bet(bet)) for bet in _newest(bets.bets_of(player.pk), before))
    if sight.sees("wallet.transaction"):
        for one in _newest(wallet.transfers_of(player.pk), before):
            yield from ((one.pk, happening) for happening in sources.of_movements([one]))
    if sight.sees("wallet.walletcall"):
        yield from ((call.pk, _call(call)) for call in _newest(wallet.calls_of_player(player.pk), before))
    if sight.sees("players.session"):
        yield from ((one.pk, _session(one)) for one in _newest(selectors.sessions_of(player), before))
    if sight.sees("players.exclusion"):
        yield from ((one.pk, _exclusion_of(one)) for one in _newest(selectors.exclusions_of(player), before))
    if sight.sees("players.playerlimit"):
        yield from _limit_lines(player, before)
    if sight.sees("flags.flag"):
        yield from ((flag.pk, _flag(flag)) for flag in _newest(flags_about(player.pk), before))


def _newest(rows: QuerySet[Row], before: UUID) -> QuerySet[Row]:
    return rows.filter(pk__lt=before).order_by("-pk")[: PAGE + 1]


def _bet(bet: BetState) -> Happening:
    won = f" {shown_amount(bet.win_amount)}" if bet.win_amount else ""
    return Happening(
        at=bet.created_at,
        source="bet",
        what=f"Bet of {shown_amount(bet.stake)}: {bet.get_settlement_status_display()}{won}",
        detail=f"round {bet.round_id}, numbers {' '.join(f'{number:02d}' for number in bet.picks)}",
        link=story_of("bet", bet.pk),
        tone=OPEN if bet.settlement_status == BetStatus.PENDING else PLAIN,
    )


def _call(call: WalletCall) -> Happening:
    ended = f", ended {to_text(call.finished_at)}" if call.finished_at else f"; {call.error or 'no answer yet'}"
    return Happening(
        at=call.created_at,
        source="wallet",
        what=f"{call.get_kind_display().capitalize()} of {shown_amount(call.amount)} at the operator",
        detail=f"{call.get_state_display()} after {call.attempts} attempts{ended}",
        link=sources.page_of("wallet.walletcall", call.pk),
        tone=sources.CALL_TONES.get(CallState(call.state), PLAIN),
    )


def _session(one: Session) -> Happening:
    parts = (
        one.language,
        one.country,
        "play money" if one.demo_for else "",
        f"revoked {to_text(one.revoked_at)}" if one.revoked_at else f"until {to_text(one.expires_at)}",
    )
    return Happening(
        at=one.created_at,
        source="player",
        what="Session opened",
        detail=", ".join(part for part in parts if part),
        link=sources.page_of("players.session", one.pk),
        tone=BAD if one.revoked_at else PLAIN,
    )


def _exclusion_of(one: Exclusion) -> Happening:
    lifted = f", lifted {to_text(one.lifted_at)}" if one.lifted_at else ""
    return Happening(
        at=one.starts_at,
        source="player",
        what=one.get_kind_display().capitalize(),
        detail=f"by {one.actor}, until {to_text(one.until) if one.until else 'for ever'}{lifted}",
        link=sources.page_of("players.exclusion", one.pk),
        tone=BAD,
    )


def _limit_lines(player: Player, before: UUID) -> Iterator[Line]:
    """Decisions have numbers, not times, for keys: their places are made of both."""
    until = datetime.fromtimestamp((before.int >> 80) / 1000 + 1, UTC) if before != _NEWEST else None
    decided = selectors.limits_of(player)
    for one in (decided.filter(created_at__lt=until) if until else decided)[: 2 * PAGE]:
        place = UUID(int=uuid7_floor(one.created_at).int | one.pk)
        if place < before:
            yield place, _limit(one)


def _limit(one: PlayerLimit) -> Happening:
    amount = "taken away" if one.amount is None else f"set to {_amount(one.kind, one.amount)}"
    return Happening(
        at=one.created_at,
        source="player",
        what=f"Limit of {one} {amount}",
        detail=f"by {one.actor}, from {to_text(one.effective_from)} on",
        link=sources.page_of("players.playerlimit", one.pk),
    )


def _flag(flag: Flag) -> Happening:
    return Happening(
        at=flag.raised_at,
        source="flag",
        what=f"Flag: {flag.get_rule_display()}",
        detail=f"found {flag.times} times; {flag.get_status_display()}",
        link=sources.page_of("flags.flag", flag.pk),
        tone=BAD,
    )


def _amount(kind: str, amount: int) -> str:
    return f"{amount} minutes" if kind == "session" else shown_amount(amount)
