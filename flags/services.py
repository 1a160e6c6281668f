"""Looking for what rules find, and deciding about it. Nothing here changes a bet, a result or a balance."""

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F
from django.db.models.functions import Now

from audit import services as audit
from bets import patterns
from flags.findings import Finding, New
from flags.models import UNDECIDED, Flag, FlagStatus, Progress
from flags.ports import ports
from flags.rules import RULES
from flags.selectors import get_flag
from keno_platform.core.errors import Kind, Refusal, Retry
from keno_platform.core.ids import uuid7_floor
from operators.models import Operator
from operators.tenancy import tenant_context
from rounds.selectors import database_now

logger = logging.getLogger(__name__)
SETTLE_DOWN = timedelta(seconds=30)
"""What is younger is left for the next look: its transaction may not have ended."""
BETS_A_LOOK, ROUNDS_A_LOOK, SETTLED_BETS_A_LOOK = 50_000, 1_000, 100_000
BETS_OLD = timedelta(days=2)
"""So long before a round is settled its first bet may have been placed; a ticket over several rounds is early."""
BEHIND_MAX = timedelta(hours=1)
"""Who is further behind goes on from here: what is new matters more than what was missed."""


class FlagDecided(Refusal):
    """The flag was decided about before; `params.status` says how it stands."""

    code = "flag_decided"
    kind = Kind.CONFLICT
    title = "This flag is decided already"
    retry = Retry.NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What became of a look: flags raised, and whether there is more to look at than it could."""

    raised: int
    behind: bool


def look(*, operator: Operator) -> Looked:
    """
    Look at a bounded part of what is new of one operator, and raise flags. Where another look is underway this one does
    nothing. Flags, their record and the place from which the next look goes on are one transaction.
    """
    with tenant_context(operator), transaction.atomic():
        progress = _take_turn()
        if progress is None:
            return Looked(raised=0, behind=False)
        ends = database_now() - SETTLE_DOWN
        new = _new(operator, progress, ends)
        found = [finding for rule in RULES for finding in rule(new)]
        raised = _raise(operator, found)
        _go_on(progress, new)
    return Looked(raised=raised, behind=new.has_more)


def acknowledge(*, operator: Operator, flag_id: UUID, actor: str) -> Flag:
    """
    Somebody looks into it.

    :raises NotFound: none. :raises FlagDecided: it is no longer open.
    """
    return _decide(operator, flag_id, (FlagStatus.OPEN,), FlagStatus.ACKNOWLEDGED, "", actor)


def dismiss(*, operator: Operator, flag_id: UUID, reason: str, actor: str) -> Flag:
    """
    It is nothing, or has been dealt with. What is found afterwards raises a new flag.

    :raises NotFound: none. :raises FlagDecided: it was dismissed before.
    """
    return _decide(operator, flag_id, UNDECIDED, FlagStatus.DISMISSED, reason, actor)


def _take_turn() -> Progress | None:
    """The row that says how far it is, held; None while somebody else holds it. The first look begins with now."""
    now = database_now()
    Progress.objects.bulk_create(
        [Progress(bets_before=uuid7_floor(now - SETTLE_DOWN), settled_at=now - SETTLE_DOWN)], ignore_conflicts=True
    )
    return Progress.objects.select_for_update(skip_locked=True).first()


def _new(operator: Operator, progress: Progress, ends: datetime) -> New:
    oldest = ends - BEHIND_MAX
    after = max(progress.bets_before, uuid7_floor(oldest))
    settled_at, settled_round = max((progress.settled_at, progress.settled_round), (oldest, 0))
    if (settled_at, settled_round) != (progress.settled_at, progress.settled_round):
        logger.warning("flags: %s was not looked at from %s to %s", operator.slug, progress.settled_at, settled_at)
    before = max(after, uuid7_floor(ends))
    bets_before = patterns.page_end(after=after, before=before, bets=BETS_A_LOOK)
    settled = patterns.settled_after(settled_at=settled_at, round_id=settled_round, before=ends, limit=ROUNDS_A_LOOK)
    rounds = _few(settled)
    return New(
        operator=operator,
        bets_after=after,
        bets_before=bets_before,
        rounds=rounds,
        has_more=bets_before < before or len(rounds) < len(settled) or len(settled) == ROUNDS_A_LOOK,
        rounds_after=uuid7_floor(settled_at - BETS_OLD),
    )


def _few(rounds: Sequence[patterns.Settled]) -> list[patterns.Settled]:
    """The first of these, as long as they have not too many bets together; one at least."""
    taken: list[patterns.Settled] = []
    bets = 0
    for one in rounds:
        bets += one.bets
        if taken and bets > SETTLED_BETS_A_LOOK:
            break
        taken.append(one)
    return taken


def _raise(operator: Operator, found: Sequence[Finding]) -> int:
    raised = []
    for one in found:
        again = Flag.objects.filter(rule=one.rule, subject=one.subject, status__in=UNDECIDED).update(
            times=F("times") + 1, seen_at=Now(), evidence=one.evidence
        )
        if not again:
            raised.append(
                Flag.objects.create(
                    rule=one.rule,
                    subject=one.subject,
                    player_id=one.player_id,
                    round_id=one.round_id,
                    evidence=one.evidence,
                )
            )
    audit.record_many([_event("flag.raised", operator, one, audit.SYSTEM) for one in raised])
    if raised:
        for told in ports.on_raised:
            told(operator, raised)
    return len(raised)


def _go_on(progress: Progress, new: New) -> None:
    progress.bets_before = new.bets_before
    if new.rounds:
        progress.settled_at, progress.settled_round = new.rounds[-1].settled_at, new.rounds[-1].round_id
    progress.looked_at = Now()
    progress.save()


def _decide(
    operator: Operator, flag_id: UUID, allowed: Sequence[str], status: FlagStatus, reason: str, actor: str
) -> Flag:
    with tenant_context(operator), transaction.atomic():
        before = get_flag(flag_id)
        changed = Flag.objects.filter(pk=flag_id, status__in=allowed).update(
            status=status, decided_at=Now(), decided_by=actor, reason=reason
        )
        flag = get_flag(flag_id)
        if not changed:
            raise FlagDecided(status=flag.status)
        event = _event(f"flag.{status.value}", operator, flag, actor, before=before.status, reason=reason)
        audit.record_many([event])
    return flag


def _event(
    event_type: str, operator: Operator, flag: Flag, actor: str, *, before: str | None = None, reason: str = ""
) -> audit.Event:
    facts = {"flag_id": str(flag.pk), "rule": flag.rule, "subject": flag.subject, "status": flag.status}
    return audit.Event(
        event_type=event_type,
        description=f"{operator.name}: {flag.get_rule_display()}",
        actor=actor,
        operator_id=operator.pk,
        round_id=flag.round_id,
        before={"status": before} if before else None,
        after=facts | ({"reason": reason} if reason else {}),
    )
