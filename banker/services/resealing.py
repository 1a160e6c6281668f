"""Sealing second factors of the lottery's admins anew, when the installation's seal key has changed."""

from cryptography.exceptions import InvalidTag
from django.db import transaction

from banker import second_factor
from banker.models import Member
from operators.selectors import list_operators
from operators.services import Resealed
from operators.tenancy import tenant_context


@transaction.atomic
def reseal() -> Resealed:
    """Seal under the first of the seal keys whatever an older one still seals, in every operator's lottery."""
    already, resealed, lost = 0, 0, []
    for operator in list_operators():
        with tenant_context(operator):
            for member in Member.objects.select_for_update().filter(totp_sealed__isnull=False).order_by("pk"):
                sealed = bytes(member.totp_sealed or b"")
                if second_factor.is_current(sealed, member.pk):
                    already += 1
                    continue
                try:
                    member.totp_sealed = second_factor.seal(second_factor.open_sealed(sealed, member.pk), member.pk)
                except InvalidTag:
                    lost.append(f"second factor of {operator.slug}'s {member.username}")
                    continue
                member.save(update_fields=["totp_sealed"])
                resealed += 1
    return Resealed(already=already, resealed=resealed, lost=tuple(lost))
