"""
After a restore: our books may be behind those of the operators. Betting is closed until somebody has held the two
against each other, operator by operator. See docs/backup.md.
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db import connection, transaction
from django.db.models.functions import Now

from keno_platform.core.errors import Kind, Refusal, Retry
from operators.models import Operator
from operators.services import resume_operator
from reconciliation.models import Closure, Difference, KnownCluster, ReconciliationRun, Result, RunStatus

logger = logging.getLogger(__name__)
JUMP = 1_000_000
"""Numbers that are left out after a restore: more than anybody can have been given since its point."""
RESTORED = "these books were restored, and may be behind the operator's"
_NOTICING_LOCK = 0x4B4E_434C


class NotReconciled(Refusal):
    """These books were restored from a backup, and have not been compared with the operator's since."""

    code = "operator_not_reconciled"
    kind = Kind.CONFLICT
    title = "The operator's books have not been compared since the restore"
    retry = Retry.NEVER


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A database server: which, and on which timeline."""

    system: str
    timeline: int


def this_cluster() -> Cluster:
    """The server that this process is connected to."""
    with connection.cursor() as cursor:
        cursor.execute(_THIS_CLUSTER)
        system, timeline = cursor.fetchone()
    return Cluster(system=system, timeline=int(timeline, 16))


@transaction.atomic
def notice_cluster() -> list[str]:
    """
    Close the betting where this is not the server, or not the timeline of it, that these books are known to live on:
    then they were restored, or a standby has taken over that may not have had everything. Returns who was closed.

    With KENO_STANDBY_IS_COMPLETE a standby's takeover closes nobody.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_NOTICING_LOCK])
    here, known = this_cluster(), set(KnownCluster.objects.values_list("system", "timeline"))
    if (here.system, here.timeline) in known:
        return []
    trusted = settings.STANDBY_IS_COMPLETE and here.system in {system for system, _ in known}
    closed = close_all(reason=RESTORED, point=None) if known and not trusted else []
    adopt(here)
    if closed:
        logger.error("this database server is another one than before: betting is closed for %s", ", ".join(closed))
    return closed


def adopt(cluster: Cluster) -> None:
    """These books are known to live there from now on."""
    KnownCluster.objects.get_or_create(system=cluster.system, timeline=cluster.timeline)


@transaction.atomic
def close_all(*, reason: str, point: datetime | None) -> list[str]:
    """Close every operator's betting until it is reconciled; the slugs of those that were not closed before."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM public.close_after_restore(%s, %s)", [reason, point])
        closed = [slug for (slug,) in cursor.fetchall()]
        if closed:
            cursor.execute("SELECT public.jump_sequences(%s)", [JUMP])
    return closed


def closure_of(operator: Operator) -> Closure | None:
    """The closure that is open, if one is."""
    return Closure.objects.filter(operator=operator, reopened_at__isnull=True).first()


def require_reconciled(operator: Operator) -> None:
    """:raises NotReconciled: its books were restored, and not compared since."""
    if closure_of(operator):
        raise NotReconciled()


@transaction.atomic
def reopen(*, operator: Operator, run: ReconciliationRun | None, note: str, actor: str) -> Closure:
    """
    End an operator's closure, and take its bets again if they were taken before.

    It rests on a comparison of everything, made since, of which every difference is explained; or, without one, on the
    note of whoever answers for it.

    :raises NotReconciled: nothing is closed, the comparison is not enough, or there is neither one nor a note.
    """
    closure = Closure.objects.select_for_update().filter(operator=operator, reopened_at__isnull=True).first()
    if closure is None:
        raise NotReconciled("Its betting is not closed after a restore.")
    if run is not None:
        _require_enough(closure, run)
    elif not note:
        raise NotReconciled("Name a comparison that was made since, or say why there is none.")
    Closure.objects.filter(pk=closure.pk).update(run=run, note=note, reopened_by=actor, reopened_at=Now())
    if closure.was_active:
        reason = note or f"compared with its own books: {run}"
        resume_operator(operator=operator, reason=reason, actor=actor)
    closure.refresh_from_db()
    return closure


def _require_enough(closure: Closure, run: ReconciliationRun) -> None:
    if run.operator_id != closure.operator_id or run.status != RunStatus.FINISHED:
        raise NotReconciled("This is no finished comparison with this operator.")
    if run.finished_at is None or run.finished_at < closure.closed_at:
        raise NotReconciled("The comparison was made before the betting was closed.")
    late = run.since is not None and (closure.point is None or run.since > closure.point)
    if late or (run.until is not None and run.until < closure.closed_at):
        raise NotReconciled("The comparison leaves out a part of the time since the restore's point.")
    explained = Difference.objects.filter(run=run, resolved_at__isnull=False).exclude(result=Result.IN_DOUBT).count()
    if explained < run.differences:
        raise NotReconciled(
            f"{run.differences - explained} differences are not explained.", differences=run.differences - explained
        )


_THIS_CLUSTER = """
    SELECT (SELECT system_identifier::text FROM pg_control_system()),
           substr(pg_walfile_name(pg_current_wal_insert_lsn()), 1, 8)
"""
