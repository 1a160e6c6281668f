"""Reality checks: what a player was told about time and money, and decided."""

from uuid import UUID

from django.db import transaction
from django.db.models.functions import Now

from audit import services as audit
from operators.models import Operator
from players import announce
from players.models import Choice, RealityCheck, Session
from players.selectors import database_now


@transaction.atomic
def answer_reality_check(
    *, operator: Operator, session_id: UUID, choice: Choice, staked: int, returned: int, actor: str
) -> RealityCheck:
    """
    Keep what the player was told (minor units since the session was entered) and decided. The next check is due an
    interval from now; with `stop` the session ends.
    """
    session = Session.objects.select_for_update(of=("self",)).select_related("player").get(pk=session_id)
    now = database_now()
    made = RealityCheck.objects.create(
        session=session,
        due_at=session.reality_check_due_at,
        choice=choice,
        elapsed_seconds=int((now - (session.launched_at or now)).total_seconds()),
        staked=staked,
        returned=returned,
    )
    Session.objects.filter(pk=session.pk).update(reality_checked_at=Now())
    if choice == Choice.STOP:
        Session.objects.filter(pk=session.pk, revoked_at__isnull=True).update(revoked_at=Now())
        announce.session_revoked(operator, session)
    audit.record(
        "reality_check.answered",
        description=f"a player of {operator.name}: {choice.label}",
        actor=actor,
        operator_id=operator.pk,
        after={
            "session_id": str(session.pk),
            "choice": str(choice),
            "elapsed_seconds": made.elapsed_seconds,
            "staked": staked,
            "returned": returned,
        },
    )
    return made
