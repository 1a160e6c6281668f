"""Sealing the secrets of endpoints anew, when the installation's seal key has changed."""

from collections.abc import Iterator

from cryptography.exceptions import InvalidTag
from django.db import transaction

from operators.services import Resealed
from webhooks.models import Endpoint
from webhooks.sealed import SEAL

_COLUMNS = ("sealed_secret", "previous_sealed_secret")


@transaction.atomic
def reseal() -> Resealed:
    """Seal under the first of the seal keys whatever an older one still seals."""
    already, resealed, lost = 0, 0, []
    for endpoint, column in _sealed():
        sealed, about = bytes(getattr(endpoint, column)), str(endpoint.pk)
        if SEAL.is_current(sealed, about=about):
            already += 1
            continue
        try:
            setattr(endpoint, column, SEAL.close(SEAL.open(sealed, about=about), about=about))
        except InvalidTag:
            lost.append(f"webhook endpoint {about}, {column}")
            continue
        endpoint.save(update_fields=[column])
        resealed += 1
    return Resealed(already=already, resealed=resealed, lost=tuple(lost))


def _sealed() -> Iterator[tuple[Endpoint, str]]:
    for endpoint in Endpoint.objects.select_for_update(no_key=True).order_by("pk"):
        yield from ((endpoint, column) for column in _COLUMNS if getattr(endpoint, column) is not None)
