"""Operators' signatures under the CLOSE of a round."""

from uuid import UUID

from fairness.documents import countersign_bytes
from fairness.ed25519 import verify_ed25519
from fairness.errors import FairnessError
from keno_platform.core.errors import Kind, Refusal, Retry
from rounds import selectors
from rounds.models import Countersignature


class RoundNotClosed(Refusal):
    """The round has no CLOSE message yet, so there is nothing to sign."""

    code = "round_not_closed"
    kind = Kind.CONFLICT
    title = "This round has no CLOSE message yet"
    retry = Retry.NEW_KEY


class CountersignatureInvalid(Refusal):
    """The signature is not that key's over this operator's id and this round's CLOSE."""

    code = "countersignature_invalid"
    kind = Kind.INVALID
    title = "The signature does not verify"


class AlreadyCountersigned(Refusal):
    """The operator has signed this round already, with another key or signature."""

    code = "already_countersigned"
    kind = Kind.CONFLICT
    title = "This round is countersigned already, with another signature"
    retry = Retry.NEVER


def countersign(*, operator_id: UUID, round_id: int, public_key: bytes, signature: bytes) -> Countersignature:
    """
    Keep an operator's signature with a round. The same again is the same; another is refused.

    :raises RoundNotFound: no such round for this operator. :raises RoundNotClosed: there is no CLOSE yet.
    :raises CountersignatureInvalid: it does not verify. :raises AlreadyCountersigned: there is another one.
    """
    one = selectors.get_round(round_id=round_id, operator_id=operator_id)
    if one.close_message is None:
        raise RoundNotClosed(round_id=round_id)
    message = countersign_bytes(operator_id=operator_id, close=bytes(one.close_message))
    try:
        verify_ed25519(public_key=public_key, message=message, signature=signature)
    except FairnessError as error:
        raise CountersignatureInvalid(round_id=round_id) from error
    made = Countersignature(round_id=round_id, operator_id=operator_id, public_key=public_key, signature=signature)
    Countersignature.objects.bulk_create([made], ignore_conflicts=True)
    kept = Countersignature.objects.get(round_id=round_id, operator_id=operator_id)
    if (bytes(kept.public_key), bytes(kept.signature)) != (public_key, signature):
        raise AlreadyCountersigned(round_id=round_id)
    return kept
