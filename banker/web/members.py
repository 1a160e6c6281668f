"""Members for admins: the list, a new collector, and one with its credit, commission and standing."""

import secrets
from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST, require_safe

from banker import selectors
from banker.models import Member, Role
from banker.services import credentials, members
from banker.services.members import MemberTerms
from banker.web import account, refusals
from banker.web.booth import Booth, for_admins, lead
from banker.web.paging import newest
from banker.web.typed import amount, field, hundredths, identity
from banker.web.words import Words
from keno_platform.core.errors import Refusal
from keno_platform.http.problems import STATUS

FIELDS = ("username", "parent", "commission")


@require_safe
@for_admins
def overview(booth: Booth) -> HttpResponse:
    """Everybody, the newest first."""
    page = newest(booth, selectors.members())
    balances = selectors.balances_of(page.rows)
    shown = [_show(booth.words, one, balances.get(one.pk, 0)) for one in page.rows]
    return booth.show("members", members=shown, older=page.older)


def _show(words: Words, member: Member, balance: int) -> dict[str, Any]:
    return {
        "id": member.pk,
        "name": member.username,
        "is_admin": member.is_admin,
        "role": words(f"role_{member.role}"),
        "parent": member.parent,
        "commission": words.percent(member.commission),
        "active": member.active,
        "balance": "" if member.is_admin else words.money(balance),
    }


@require_safe
@for_admins
def new(booth: Booth) -> HttpResponse:
    """The form of a new collector. Admins are made by the operator's own system."""
    return _form(booth)


def _form(booth: Booth, *, status: int = 200, **facts: Any) -> HttpResponse:
    agents = selectors.members().filter(role=Role.COLLECTOR, active=True).order_by("username")
    return booth.show("member_new", status=status, agents=agents, **{"form": {"commission": "0"}} | facts)


@sensitive_post_parameters("password")
@require_POST
@for_admins
def add(booth: Booth) -> HttpResponse:
    """A new collector, who signs in with this password."""
    terms = MemberTerms(
        username=field(booth, "username").lower(),
        role=Role.COLLECTOR,
        password=booth.request.POST.get("password", ""),
        parent_id=identity(field(booth, "parent")),
        commission=hundredths(field(booth, "commission")),
    )
    try:
        member, _ = members.add_member(operator=booth.operator, terms=terms, actor=booth.actor, by=booth.member)
    except Refusal as refusal:
        form = {name: field(booth, name) for name in FIELDS}
        return _form(booth, status=STATUS[refusal.kind], form=form, reasons=refusals.explain(booth.words, refusal))
    return booth.dressed(lead(f"/members/{member.pk}"))


@require_safe
@for_admins
def one(booth: Booth, member_id: UUID) -> HttpResponse:
    """A member, what it has and how that came."""
    return _page(booth, member_id)


def _page(booth: Booth, member_id: UUID, *, status: int = 200, reasons: list[str] | None = None) -> HttpResponse:
    member = selectors.get_member(member_id)
    shown = _show(booth.words, member, selectors.balance_of(member))
    facts = {} if member.is_admin else account.facts_of(booth, member)
    around = {"shown": shown, "key": secrets.token_urlsafe(18), "reasons": reasons or []}
    rate = f"{member.commission / 100:g}"
    return booth.show("member", status=status, **facts | around, rate=rate, own=member.pk == booth.member.pk)


def _step(booth: Booth, member_id: UUID, take: Callable[[], object]) -> HttpResponse:
    """Do something with a member and lead back to its page; or show it with why that was refused."""
    try:
        take()
    except Refusal as refusal:
        reasons = refusals.explain(booth.words, refusal)
        return _page(booth, member_id, status=STATUS[refusal.kind], reasons=reasons)
    return booth.dressed(lead(f"/members/{member_id}"))


@require_POST
@for_admins
def credit(booth: Booth, member_id: UUID) -> HttpResponse:
    """Give a collector credit or take it back, once under the key of the form."""

    def move() -> None:
        given = amount(booth, field(booth, "amount"))
        members.move_credit(
            operator=booth.operator,
            member_id=member_id,
            amount=-given if field(booth, "step") == "take" else given,
            key=f"web-{field(booth, 'key')[:64]}",
            actor=booth.actor,
        )

    return _step(booth, member_id, move)


@require_POST
@for_admins
def commission(booth: Booth, member_id: UUID) -> HttpResponse:
    """Change a collector's commission, for phases that are settled from now on."""
    rate = hundredths(field(booth, "commission"))
    return _step(
        booth,
        member_id,
        lambda: members.set_commission(
            operator=booth.operator, member_id=member_id, commission=rate, actor=booth.actor
        ),
    )


@require_POST
@for_admins
def stand(booth: Booth, member_id: UUID) -> HttpResponse:
    """Let a member work, or no longer."""
    active = field(booth, "step") == "activate"
    return _step(
        booth,
        member_id,
        lambda: members.set_active(
            operator=booth.operator, member_id=member_id, active=active, actor=booth.actor, by=booth.member
        ),
    )


@sensitive_post_parameters("password")
@require_POST
@for_admins
def password(booth: Booth, member_id: UUID) -> HttpResponse:
    """Another password for a collector that has lost its own."""
    chosen = booth.request.POST.get("password", "")
    return _step(
        booth,
        member_id,
        lambda: credentials.set_password(
            operator=booth.operator, member_id=member_id, password=chosen, actor=booth.actor, by=booth.member
        ),
    )
