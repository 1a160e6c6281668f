"""The secrets of endpoints: sealed at rest, opened only where something is signed."""

from datetime import datetime
from uuid import UUID

from operators.sealing import Seal
from webhooks.models import Endpoint

SEAL = Seal(purpose="keno webhooks v1")


def seal_secret(secret: str, *, endpoint_id: UUID) -> bytes:
    """A secret as an endpoint's row keeps it; moved to another row it cannot be opened."""
    return SEAL.close(secret.encode(), about=str(endpoint_id))


def signing_secrets(endpoint: Endpoint, *, at: datetime) -> tuple[str, ...]:
    """
    The secrets that a message of this moment is signed with: the present one, and its predecessor while that is valid.

    :raises InvalidTag: no seal key opens them.
    """
    rows = [endpoint.sealed_secret]
    if endpoint.previous_sealed_secret is not None and endpoint.previous_until and at < endpoint.previous_until:
        rows.append(endpoint.previous_sealed_secret)
    return tuple(SEAL.open(bytes(row), about=str(endpoint.pk)).decode() for row in rows)
