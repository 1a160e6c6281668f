"""New versions of the paytable, and which one is active."""

from uuid import UUID

from django.db import transaction
from django.db.models import Max

from audit import services as audit
from bets import paytables
from bets.models import Paytable, PaytablePick, PaytableRow
from bets.selectors import get_paytable
from keno_platform.core.errors import Kind, Refusal, Retry
from operators.models import Operator


class PaytableActive(Refusal):
    """New bets get this version already."""

    code = "paytable_active"
    kind = Kind.CONFLICT
    title = "This paytable is active already"
    retry = Retry.NEVER


@transaction.atomic
def create_paytable(*, operator: Operator, name: str, table: paytables.Multipliers, actor: str) -> Paytable:
    """
    Store a new version, inactive. The same table again answers with the version that has it already.

    :raises PaytableInvalid: it is not a table. :raises HouseEdgeTooLow: a pick count returns more than 89 %.
    """
    figures = paytables.check(table)
    digest = paytables.hash_of(table)
    if existing := Paytable.objects.filter(hash=digest).first():
        return existing
    version = (Paytable.objects.aggregate(last=Max("version"))["last"] or 0) + 1
    paytable = Paytable.objects.create(name=name, version=version, hash=digest)
    PaytablePick.objects.bulk_create(
        PaytablePick(
            paytable=paytable,
            pick_count=pick,
            rtp_numerator=one.rtp.numerator,
            rtp_denominator=one.rtp.denominator,
        )
        for pick, one in figures.items()
    )
    PaytableRow.objects.bulk_create(
        PaytableRow(paytable=paytable, pick_count=pick, hit_count=hits, multiplier_hundredths=pays)
        for pick, row in table.items()
        for hits, pays in row.items()
    )
    _record("paytable.created", operator, paytable, actor)
    return paytable


@transaction.atomic
def activate_paytable(*, operator: Operator, paytable_id: UUID, actor: str) -> Paytable:
    """
    Let new bets get this version. Accepted bets keep theirs.

    :raises NotFound: this operator has no such paytable.
    """
    paytable = get_paytable(paytable_id)
    Paytable.objects.filter(active=True).exclude(pk=paytable.pk).update(active=False)
    Paytable.objects.filter(pk=paytable.pk).update(active=True)
    _record("paytable.activated", operator, paytable, actor)
    return get_paytable(paytable_id)


def _record(event: str, operator: Operator, paytable: Paytable, actor: str) -> None:
    audit.record(
        event,
        description=f"{operator.name}: {paytable}",
        actor=actor,
        operator_id=operator.pk,
        after={"paytable_id": str(paytable.pk), "hash": bytes(paytable.hash).hex()},
    )
