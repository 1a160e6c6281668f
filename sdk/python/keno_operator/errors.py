"""What goes wrong when the platform is called, in one exception with what a wallet's engineer has to know."""

from typing import Any, Literal

Retry = Literal["never", "same_key", "new_key"]
"""Whether to send a call again: not as it is, with the same idempotency key, or as a new one."""

MoneyMoved = Literal["yes", "no", "unknown"]
"""Whether the call that failed has moved money."""


class KenoError(Exception):
    """
    A call that did not succeed.

    `code` never changes and is what to program against; all codes are explained at `doc_url`. `request_id` finds the
    call in the request log. `idempotency_key` is the key that the call carried, given or made: after
    `retry == "same_key"` the same call with this key is safe.
    """

    def __init__(
        self,
        *,
        code: str,
        title: str,
        status: int | None = None,
        detail: str = "",
        params: dict[str, Any] | None = None,
        retry: Retry = "never",
        money_moved: MoneyMoved = "unknown",
        request_id: str = "",
        doc_url: str = "",
        idempotency_key: str | None = None,
    ) -> None:
        super().__init__(f"{code}: {detail or title} (request {request_id or 'unknown'})")
        self.code = code
        self.title = title
        self.status = status
        self.detail = detail
        self.params = params or {}
        self.retry: Retry = retry
        self.money_moved: MoneyMoved = money_moved
        self.request_id = request_id
        self.doc_url = doc_url
        self.idempotency_key = idempotency_key


class Unreachable(KenoError):
    """No answer came, or one that is not the platform's: a timeout, a broken connection, a proxy's error page."""


class AnswerInvalid(KenoError):
    """The platform said that the call succeeded, in a form that this version of the SDK cannot read."""
