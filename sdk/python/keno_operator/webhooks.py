"""Checking webhooks (Standard Webhooks 1.0)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from standardwebhooks import Webhook, WebhookVerificationError


class WebhookInvalid(Exception):
    """The message is not shown to be the platform's: answer 401 and do nothing."""


class _Body(msgspec.Struct, frozen=True):
    type: str
    timestamp: datetime
    data: dict[str, Any]
    sequence: int | None = None


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """
    Something that happened. `id` is the same when the same message comes again, which it may: act once for each.
    Ignore a `type` that you do not know. `sequence` numbers all events of the operator from 1.
    """

    id: str
    type: str
    timestamp: datetime
    data: dict[str, Any]
    sequence: int | None


class WebhookVerifier:
    """Checks webhooks against one secret (`whsec_...`), or two while the secret is being replaced."""

    def __init__(self, *secrets: str) -> None:
        if not secrets:
            raise ValueError("A verifier needs a secret.")
        self._webhooks = [Webhook(secret) for secret in secrets]

    def verify(self, *, headers: Mapping[str, str], body: bytes) -> Event:
        """
        The event of this message.

        :param body: the raw bytes as they came, before any parser.
        :raises WebhookInvalid: a wrong signature, older than five minutes, or not an event.
        """
        lowered = {name.lower(): value for name, value in headers.items()}
        if not any(_fits(webhook, lowered, body) for webhook in self._webhooks):
            raise WebhookInvalid("The signature does not fit, or the message is older than five minutes.")
        try:
            read = msgspec.json.decode(body, type=_Body)
        except msgspec.MsgspecError as error:
            raise WebhookInvalid(str(error)) from error
        return Event(
            id=lowered["webhook-id"],
            type=read.type,
            timestamp=read.timestamp,
            data=read.data,
            sequence=read.sequence,
        )


def _fits(webhook: Webhook, headers: dict[str, str], body: bytes) -> bool:
    try:
        webhook.verify(body, headers, json_parse=False)
    except (WebhookVerificationError, ValueError):  # ValueError: headers or a body that cannot be read at all
        return False
    return True
