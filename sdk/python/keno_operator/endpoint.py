"""A wallet call from its raw request to its answer, for any web framework."""

from collections.abc import Callable, Mapping
from typing import TypeAlias
from urllib.parse import urlsplit

import msgspec

from keno_operator.incoming import CallVerifier, NotVerified
from keno_operator.wallet import Accepted, Ask, CallMalformed, Refused, read_call

Decide: TypeAlias = Callable[[Ask], Accepted | Refused]


class WalletEndpoint:
    """
    Checks a call, reads it, lets `decide` answer it. Returns the HTTP status and the JSON body.

    What `decide` raises is not caught: an HTTP 500 tells the platform that the call is in doubt, which is the truth.
    """

    def __init__(self, verifier: CallVerifier, decide: Decide) -> None:
        self._verifier, self._decide = verifier, decide

    def answer(self, *, url: str, headers: Mapping[str, str], body: bytes, method: str = "POST") -> tuple[int, bytes]:
        """The answer to one call; its name is the last part of the address."""
        try:
            self._verifier.verify(method=method, url=url, headers=headers, body=body)
        except NotVerified as error:
            return 401, refuse_unverified(headers, body, error).body()
        return self._answer(url, headers, body)

    async def answer_async(
        self, *, url: str, headers: Mapping[str, str], body: bytes, method: str = "POST"
    ) -> tuple[int, bytes]:
        """The same for tasks; `decide` itself runs on the loop."""
        try:
            await self._verifier.verify_async(method=method, url=url, headers=headers, body=body)
        except NotVerified as error:
            return 401, refuse_unverified(headers, body, error).body()
        return self._answer(url, headers, body)

    def _answer(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        try:
            ask = read_call(urlsplit(url).path.rpartition("/")[2], body, request_id=_request_id(headers))
        except CallMalformed as error:
            return 400, msgspec.json.encode({"status": "malformed", "message": str(error)})
        return 200, self._decide(ask).body()


def _request_id(headers: Mapping[str, str]) -> str:
    return next((value for name, value in headers.items() if name.lower() == "x-request-id"), "")


class _Named(msgspec.Struct):
    transaction_id: str | None = None


def refuse_unverified(headers: Mapping[str, str], body: bytes, error: NotVerified) -> Refused:
    """The answer to a call that is not shown to be the platform's; nothing in its body is believed, only echoed."""
    try:
        named = msgspec.json.decode(body, type=_Named).transaction_id
    except msgspec.MsgspecError:
        named = None
    return Refused(
        status="refused",
        code="signature_invalid",
        request_id=_request_id(headers),
        transaction_id=named,
        message=f"{error.code}: {error}",
    )
