"""What of rounds needs a second pair of eyes: to void one, and to give an epoch's key away before its time."""

from datetime import timedelta
from typing import Any

from django.conf import settings

from approvals import actions
from approvals.shapes import Case, Description, Line, Note, Parties
from keno_platform.core.clock import to_text
from keno_platform.core.errors import NotFound
from rounds import custody, selectors
from rounds.models import Epoch, Round, RoundStatus
from rounds.services.results import EpochKeyNotDue, publish_key_early
from rounds.services.voiding import VOIDABLE, RoundNotVoidable, void_in_transaction

VOID, PUBLISH = "rounds.void_round", "rounds.publish_epoch_key"


def plug_in() -> None:
    """Called once when Django is ready."""
    actions.register(_VOID)
    actions.register(_PUBLISH)


def _number(case: Case) -> int:
    """The id that a subject says. :raises NotFound: it says none."""
    if not (case.subject.isascii() and case.subject.isdigit()):
        raise NotFound()
    return int(case.subject)


# --- void ---


def _round(case: Case) -> Round:
    one = selectors.rounds_by_id([_number(case)]).get(_number(case))
    if one is None:
        raise NotFound()
    return one


def _describe_void(case: Case) -> Description:
    one = _round(case)
    if one.status not in VOIDABLE:
        raise RoundNotVoidable(f"It is {one.status}.")
    return Description(
        subject=f"Round {one.pk}: number {one.number} of {one.game}",
        lines=(
            Line(name="status", before=str(one.status), after=str(RoundStatus.VOID)),
            Line(name="draw", before=f"after {to_text(one.closes_at)}", after="never"),
            Line(name="stakes", before="taken", after="returned, all of them"),
        ),
        consequence="It will have no draw, and every operator returns every stake in it. This cannot be undone.",
        confirm=str(one.pk),
        round_id=one.pk,
    )


def _void_rests_on(case: Case) -> dict[str, Any]:
    # That it opens or closes meanwhile is in the nature of a round; that it is drawn is what must not be.
    return {"can be voided": _round(case).status in VOIDABLE}


def _carry_out_void(case: Case, parties: Parties) -> str:
    one = void_in_transaction(round_id=_number(case), reason=parties.reason, actor=parties.decided_by)
    return f"Round {one.pk} is void; its stakes go back."


# --- an epoch's key ---


def _epoch(case: Case) -> Epoch:
    epoch = Epoch.objects.filter(pk=_number(case)).first()
    if epoch is None:
        raise NotFound()
    return epoch


def _describe_publication(case: Case) -> Description:
    epoch = _epoch(case)
    if not custody.is_epoch_over(epoch.pk) or selectors.published_keys([epoch.pk]):
        raise EpochKeyNotDue()
    return Description(
        subject=f"The key of epoch {epoch.pk}",
        lines=(
            Line(name="key", before="sealed", after="public"),
            Line(name="published", before=f"by itself at {_due(epoch)}", after="at once"),
        ),
        consequence=f"Everybody can compute the seeds of its {epoch.size:,} rounds, all of which have ended. This "
        "cannot be undone.",
        confirm=str(epoch.pk),
    )


def _due(epoch: Epoch) -> str:
    return to_text(epoch.ends_at + timedelta(seconds=settings.EPOCH_KEY_DELAY_SECONDS))


def _publication_rests_on(case: Case) -> dict[str, Any]:
    epoch = _epoch(case)
    return {
        "root": bytes(epoch.root).hex(),
        "over": custody.is_epoch_over(epoch.pk),
        "published": bool(selectors.published_keys([epoch.pk])),
    }


def _carry_out_publication(case: Case, parties: Parties) -> str:
    publish_key_early(epoch_id=_number(case), actor=parties.decided_by, reason=parties.reason)
    return f"The key of epoch {case.subject} is public."


def _effect_of_publication(case: Case) -> tuple[Note, ...]:
    return (Note(text="No round of this epoch can take a bet any more; the database refuses the key otherwise."),)


_VOID = actions.Action(
    code=VOID,
    title="Void a round",
    permission="rounds.change_round",
    describe=_describe_void,
    fingerprint=_void_rests_on,
    carry_out=_carry_out_void,
)
_PUBLISH = actions.Action(
    code=PUBLISH,
    title="Publish an epoch's key before its time",
    permission="rounds.change_epoch",
    describe=_describe_publication,
    fingerprint=_publication_rests_on,
    carry_out=_carry_out_publication,
    effect=_effect_of_publication,
)
