"""What goes over the wire: the body of an event and its signature, as Standard Webhooks 1.0 has them."""

import base64
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime

import msgspec
from standardwebhooks.webhooks import Webhook

from keno_platform.core.clock import to_text
from webhooks.models import Event

SECRET_BYTES = 32
SECRET_PREFIX = "whsec_"  # noqa: S105  # what every secret begins with
USER_AGENT = "keno-platform-webhooks/1"


def new_secret() -> str:
    """A secret of 256 random bits in the form that every library of the standard reads."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def body_of(event: Event) -> bytes:
    """
    The body that is sent for an event: the same bytes at every attempt, and to every endpoint.

    Its `timestamp` is when the event happened; when an attempt is made stands in the header.
    """
    return msgspec.json.encode(
        {
            "type": event.type,
            "timestamp": to_text(event.created_at),
            "sequence": event.sequence,
            "data": msgspec.Raw(event.data.encode()),
        }
    )


def headers_of(*, event_id: str, body: bytes, secrets: Sequence[str], at: datetime) -> dict[str, str]:
    """The headers of one attempt: one signature for each secret that is valid now, separated by spaces."""
    moment = at.astimezone(UTC).replace(microsecond=0)
    text = body.decode()
    return {
        "content-type": "application/json",
        "user-agent": USER_AGENT,
        "webhook-id": event_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(Webhook(secret).sign(event_id, moment, text) for secret in secrets),
    }
