"""A member of staff at work, and an operator's history for them to look at."""

import re
from dataclasses import dataclass, field
from datetime import timedelta
from html import unescape
from typing import Any
from uuid import uuid4

from django.contrib import admin
from django.contrib.admin.utils import quote
from django.contrib.auth.models import User
from django.contrib.messages import get_messages
from django.db.models import Model
from django.test import Client
from django.urls import reverse

from approvals.models import Request
from audit.models import AuditEntry
from banker.services import PhaseTerms, create_phase, set_number_limit
from bets.models import Bet
from bets.services.cancellation import cancel_bet
from bets.services.placement import place_slips
from keno_platform.core.errors import Refusal
from localization.services import set_text
from operators.models import Operator
from operators.tenancy import tenant_context
from players.models import Choice, Player
from players.services import (
    ExclusionTerms,
    LimitTerms,
    answer_reality_check,
    enter_session,
    exclude,
    open_session,
    set_limit,
)
from rounds.models import Round
from rounds.selectors import database_now
from rounds.services.results import make_tree
from tests.support import lottery
from tests.support.bets import new_player, slip
from tests.support.rounds import Timing, again, drive, new_game, open_round

PICK = "admin:operators_pick"


@dataclass(frozen=True, slots=True)
class Desk:
    """One browser in which a member of staff is logged in."""

    user: User
    client: Client = field(default_factory=Client)

    def __post_init__(self) -> None:
        self.client.force_login(self.user)

    def pick(self, operator: Operator | None) -> "Desk":
        """Work in this operator's books from now on, or in none."""
        answer = self.client.post(reverse(PICK), {"operator": str(operator.pk) if operator else ""})
        assert answer.status_code == 302
        return self

    def get(self, address: str, query: str = "") -> Any:
        return self.client.get(f"{address}?{query}" if query else address)

    def begin(self, address: str) -> dict[str, str]:
        """Open a step's page. Returns what its form would send as it stands: hidden fields."""
        page = self.client.get(address)
        assert page.status_code == 200, page.status_code
        found = re.findall(r'<input type="hidden" name="(\w+)"(?: value="([^"]*)")?', page.content.decode())
        return {name: unescape(value) for name, value in found}

    def take(self, address: str, **answers: Any) -> Any:
        """Open a step's page, fill it in and send it."""
        return self.client.post(address, self.begin(address) | answers)

    def approve_newest(self, *, confirmation: str) -> Any:
        """Approve what was asked for last, as its second pair of eyes."""
        address = page_address(Request.objects.latest("pk"), "approve")
        return self.take(address, reason="Looked at it", confirmation=confirmation)


@dataclass(frozen=True, slots=True, kw_only=True)
class Played:
    """What one operator has after `play`."""

    operator: Operator
    player: Player
    round: Round
    bets: list[Bet]
    cancelled: Bet


def play(operator: Operator) -> Played:
    """A round in which every number was bet on once, so that twenty bets won; one more bet was cancelled."""
    player = new_player(operator, money=1_000_000, token=f"seen-{operator.slug}-{uuid4().hex[:8]}")
    one = open_round(new_game(), timing=Timing(betting=2.0))
    asks = [slip(operator, player, picks=[number], round_id=one.pk) for number in range(1, 81)]
    asks.append(slip(operator, player, picks=[1, 2, 3], round_id=one.pk))
    bets = []
    for placed in place_slips(operator=operator, asks=asks):
        assert not isinstance(placed, Refusal), placed.code
        bets += placed
    cancel_bet(operator=operator, bet_id=bets[-1].pk)
    drive([one])
    make_tree(even_if_few=True)
    with tenant_context(operator):
        open_session(operator=operator, player=player, language="en", country="")
        _protect(operator)
        now = database_now()
        terms = PhaseTerms(name=f"ph-{uuid4().hex[:8]}", starts_at=now, ends_at=now + timedelta(days=1))
        phase = create_phase(operator=operator, terms=terms, actor="test")
        set_number_limit(operator=operator, phase_id=phase.pk, number="123", max_amount=500, actor="test")
    lottery.history(operator)
    set_text(locale="en", key="slip.stake", value="Stake now", actor="test", operator_id=operator.pk)
    return Played(operator=operator, player=player, round=again(one), bets=bets[:-1], cancelled=bets[-1])


def _protect(operator: Operator) -> None:
    """Another player, who has set a limit, answered a reality check and takes a break now."""
    player = new_player(operator, token=f"careful-{operator.slug}-{uuid4().hex[:8]}")
    _, launch = open_session(operator=operator, player=player, language="en", country="")
    session, _ = enter_session(operator=operator, launch=launch.partition(".")[2])
    terms = LimitTerms(kind="loss", period="day", amount=500)
    set_limit(operator=operator, player=player, terms=terms, actor="test")
    answer_reality_check(
        operator=operator, session_id=session.pk, choice=Choice.CONTINUE, staked=0, returned=0, actor="test"
    )
    exclude(operator=operator, player=player, terms=ExclusionTerms(kind="cool_off", hours=24), actor="test")


def list_address(model: type[Model]) -> str:
    """Where a table's list stands."""
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")


def page_address(record: Model, step: str = "change") -> str:
    """Where a record's page, or one of its steps, stands."""
    return list_address(type(record)) + f"{quote(str(record.pk))}/{step}/"


def registered() -> list[type[Model]]:
    """Every table that staff can look at, in an order that all of xdist's workers agree on."""
    return sorted(admin.site._registry, key=lambda model: model._meta.label)


def told(answer: Any) -> str:
    """What the messages on the next page will say."""
    return " ".join(str(message) for message in get_messages(answer.wsgi_request))


def last_entry(event: str) -> AuditEntry:
    return AuditEntry.objects.filter(event_type=event).latest("pk")
