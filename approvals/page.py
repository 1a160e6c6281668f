"""What a request's page shows: what would change, its effect as it is now, who asked, and who else could decide."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.contrib.auth.models import User
from django.db import transaction
from django.utils.safestring import SafeString

from approvals.actions import Action, effect_of, get_action
from approvals.models import Request, State
from approvals.pictures import draw
from approvals.ports import ports
from approvals.selectors import case_of, changed_facts, facts_of, others_who_may_decide
from approvals.shapes import Block, Comparison, Description, Note, Table, blocks_of, description_of
from keno_platform.core.errors import NotFound, Refusal

STATE_COLORS = {
    State.OPEN: "warning",
    State.APPROVED: "success",
    State.REJECTED: "danger",
    State.FAILED: "danger",
    State.EXPIRED: "info",
    State.WITHDRAWN: "info",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A block of an effect, as a template shows it."""

    kind: str
    title: str
    heading: tuple[str, ...] = ()
    rows: tuple[tuple[tuple[str, bool], ...], ...] = ()
    picture: SafeString | str = ""
    text: str = ""
    href: str = ""
    image: str = ""


def title_of(request: Request) -> str:
    """What kind of change a request asks for."""
    try:
        return get_action(request.action).title
    except NotFound:
        return request.action


def subject_of(request: Request) -> str:
    """What it is about, in words."""
    return description_of(request.description).subject


def operator_of(request: Request) -> str:
    """Whose it is."""
    return name_of_operator(request.operator_id) if request.operator_id else "the provider"


def name_of_operator(operator_id: UUID) -> str:
    """The operator's name, or at least its id."""
    return ports.operator_name(operator_id) if ports.operator_name else str(operator_id)


def context_of(request: Request, viewer: User) -> dict[str, Any]:
    """Everything that the page's template needs."""
    description: Description = description_of(request.description)
    is_open = request.state == State.OPEN
    return {
        "request_shown": request,
        "kind": title_of(request),
        "owner": operator_of(request),
        "described": description,
        "parts": tuple(_parts(_effect(request))),
        "moved": _moved(request) if is_open else [],
        "others": others_who_may_decide(request) if is_open else [],
        "own": request.asked_by_user_id == viewer.pk,
        "decision": getattr(request, "decision", None),
        "is_open": is_open,
    }


def _effect(request: Request) -> tuple[Block, ...]:
    """As it is now; what was decided on, or shown when it was asked, where it is closed or cannot be said any more."""
    if request.state == State.OPEN:
        try:
            with transaction.atomic():
                return effect_of(get_action(request.action), case_of(request))
        except Refusal:
            return blocks_of(request.effect)
    decision = getattr(request, "decision", None)
    return blocks_of(decision.effect if decision else request.effect)


def _moved(request: Request) -> list[str]:
    """What is no longer as it was when it was asked: approving it now would fail."""
    try:
        action: Action = get_action(request.action)
        with transaction.atomic():
            return changed_facts(request, facts_of(action, case_of(request)))
    except Refusal as refusal:
        return [refusal.title]


def _parts(blocks: tuple[Block, ...]) -> Iterator[Part]:
    for block in blocks:
        match block:
            case Table():
                rows = tuple(tuple((cell, n in block.numbers) for n, cell in enumerate(row)) for row in block.rows)
                yield Part(kind="table", title=block.title, heading=block.heading, rows=rows)
            case Comparison():
                yield Part(kind="comparison", title=block.title, picture=draw(block))
            case Note():
                yield Part(kind="note", title="", text=block.text, href=block.href, image=block.picture)
