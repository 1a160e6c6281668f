"""Refusals: what the domain says when it will not do something. The domain knows no HTTP."""

from enum import Enum
from typing import Any, ClassVar


class Kind(Enum):
    """What sort of refusal it is; the HTTP edge maps each kind to one status."""

    MALFORMED = "malformed"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not_found"
    NOT_ALLOWED = "not_allowed"
    CONFLICT = "conflict"
    GONE = "gone"
    TOO_LARGE = "too_large"
    UNSUPPORTED = "unsupported"
    INVALID = "invalid"
    LIMITED = "limited"
    UNAVAILABLE = "unavailable"


class Retry(Enum):
    """
    Whether the call can be made again, and under which Idempotency-Key.

    NEVER: it will be refused again as it stands; something in it, or in the credential, has to be changed first.
    SAME_KEY: send the very same call again with the same key (where it takes one); it has its effect once.
    NEW_KEY: this attempt is over. Once what `params` and the title name has changed (a new round, more money, a
    limit that starts anew), the same may be asked again: that is a new attempt, with a key of its own.
    """

    NEVER = "never"
    SAME_KEY = "same_key"
    NEW_KEY = "new_key"


class MoneyMoved(Enum):
    """
    Whether money has moved because of this call.

    NO: nothing has moved, and nothing will. YES: what was asked for is already done, by an earlier call.
    UNKNOWN: it may have moved, or may still; only a call that moves money can mean this, and sending it again
    with the same key gives the answer. For any other call it means NO.
    """

    NO = "no"
    YES = "yes"
    UNKNOWN = "unknown"


class Refusal(Exception):
    """
    A refusal with a stable code. Nothing has changed when one is raised, except where `money_moved` says so.

    `title` is English and is the key of its translation. `params` are facts that the caller can
    act on (the highest stake allowed, the field that is wrong); `detail` is one more sentence for
    the caller's engineer, without internals. What is not said otherwise is refused for good, and moved no money.
    """

    code: ClassVar[str]
    kind: ClassVar[Kind]
    title: ClassVar[str]
    retry: ClassVar[Retry] = Retry.NEVER
    money_moved: MoneyMoved = MoneyMoved.NO
    """Of the class, unless an instance knows better."""
    retry_after_s: float | None = None
    """How long to wait before the call is made again, where that is known."""

    def __init__(self, detail: str = "", **params: Any) -> None:
        super().__init__(detail or self.title)
        self.detail = detail
        self.params = params


class MalformedRequest(Refusal):
    """The body or a parameter cannot be read at all."""

    code = "malformed_request"
    kind = Kind.MALFORMED
    title = "The request could not be read"


class PayloadTooLarge(Refusal):
    """The body is larger than this call accepts."""

    code = "payload_too_large"
    kind = Kind.TOO_LARGE
    title = "The request is too large"


class NotFound(Refusal):
    """There is no such thing here, or it is not yours to see: both look the same."""

    code = "not_found"
    kind = Kind.NOT_FOUND
    title = "Not found"


class IdempotencyKeyMissing(Refusal):
    """A call that moves money came without its key."""

    code = "idempotency_key_missing"
    kind = Kind.MALFORMED
    title = "The Idempotency-Key header is missing"


class IdempotencyKeyReused(Refusal):
    """The key was used before, for something else. What that call did stands; this one has done nothing."""

    code = "idempotency_key_reused"
    kind = Kind.INVALID
    title = "This idempotency key was used for another request"
    retry = Retry.NEW_KEY


class RequestInProgress(Refusal):
    """Another request with the same key, or for the same account, is still running."""

    code = "request_in_progress"
    kind = Kind.CONFLICT
    title = "The same request is still being processed"
    retry = Retry.SAME_KEY
    money_moved = MoneyMoved.UNKNOWN


class Maintenance(Refusal):
    """
    The server cannot answer just now. A call that moves money is repeated with the same key: whether it had its
    effect or not, the repetition has exactly one.
    """

    code = "maintenance"
    kind = Kind.UNAVAILABLE
    title = "The service is briefly unavailable"
    retry = Retry.SAME_KEY
    money_moved = MoneyMoved.UNKNOWN
