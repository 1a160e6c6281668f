"""Reading an address over HTTP with an end to everything: time in total, size, redirects, schemes."""

import threading
from dataclasses import dataclass, field
from http.client import HTTPException, HTTPResponse
from queue import Empty, SimpleQueue
from typing import IO
from urllib import request
from urllib.error import HTTPError
from urllib.parse import urlsplit

from fairness.errors import AddressUnknown, SourceUnreadable

WITHIN_S = 30.0
BYTES_MAX = 1 << 20
REDIRECTS_MAX = 3
_SCHEMES = ("http", "https")
_CHUNK = 1 << 16


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetch:
    """
    One question to a server. `within_s` is for the whole answer, however slowly it drips; an answer of more than
    `limit` bytes is refused. With `body` it is a POST of JSON. `token` goes along as a bearer's, and to no other
    server than the one that is named.
    """

    address: str
    limit: int = BYTES_MAX
    within_s: float = WITHIN_S
    body: bytes | None = None
    token: str = field(default="", repr=False)


def fetch(ask: Fetch) -> bytes:
    """
    The bytes of the answer.

    :raises AddressUnknown: the server has nothing there. :raises SourceUnreadable: there is no whole answer in time,
        it is too long, or it is a redirect that is not followed.
    """
    _require_http(ask.address)
    answers: SimpleQueue[bytes | Exception] = SimpleQueue()
    too_late = threading.Event()
    # A thread of its own: a timeout of a socket is for each packet, and one drop a second would never meet it.
    threading.Thread(target=_work, args=(ask, answers, too_late), daemon=True).start()
    try:
        answer = answers.get(timeout=ask.within_s)
    except Empty:
        too_late.set()
        raise SourceUnreadable(f"{ask.address}: no whole answer within {ask.within_s:g} s") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def origin_of(address: str) -> str:
    """Scheme, host and port of an address. :raises SourceUnreadable: not an http or https address."""
    _require_http(address)
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


def _work(ask: Fetch, answers: "SimpleQueue[bytes | Exception]", too_late: threading.Event) -> None:
    try:
        answers.put(_ask(ask, too_late))
    except SourceUnreadable as refusal:
        answers.put(refusal)
    except HTTPError as refusal:
        with refusal:
            kind = AddressUnknown if refusal.code in (404, 410) else SourceUnreadable
            answers.put(kind(f"{ask.address} answered {refusal.code} {refusal.reason}"))
    except (OSError, HTTPException, ValueError) as fault:
        answers.put(SourceUnreadable(f"{ask.address}: {fault or type(fault).__name__}"))


def _ask(ask: Fetch, too_late: threading.Event) -> bytes:
    headers = {"Accept-Encoding": "identity", "User-Agent": "keno-fairness"}
    if ask.body is not None:
        headers["Content-Type"] = "application/json"
    if ask.token:
        headers["Authorization"] = f"Bearer {ask.token}"
    question = request.Request(ask.address, data=ask.body, headers=headers)  # noqa: S310  # checked to be HTTP
    with _OPENER.open(question, timeout=ask.within_s) as answer:
        return _read(answer, ask, too_late)


def _read(answer: HTTPResponse, ask: Fetch, too_late: threading.Event) -> bytes:
    """Piece by piece as they come, so that a limit, or nobody waiting any longer, is noticed between them."""
    parts, size = [], 0
    while not too_late.is_set() and (part := answer.read1(_CHUNK)):
        parts.append(part)
        size += len(part)
        if size > ask.limit:
            raise SourceUnreadable(f"{ask.address}: the answer has more than {ask.limit} bytes")
    if answer.length:
        raise SourceUnreadable(f"{ask.address}: the answer was cut short by {answer.length} bytes")
    return b"".join(parts)


def _require_http(address: str) -> None:
    try:
        parts = urlsplit(address)
        known = parts.scheme in _SCHEMES and parts.hostname and parts.port != 0
    except ValueError:
        known = False
    if not known or "@" in parts.netloc:
        raise SourceUnreadable(f"{address[:200]!r} is not an http or https address")


class _Redirects(request.HTTPRedirectHandler):
    """Follows a few, of questions without a body, to the same scheme, and never carries a token to another server."""

    max_redirections = REDIRECTS_MAX

    def redirect_request(
        self, req: request.Request, fp: IO[bytes], code: int, msg: str, headers: object, newurl: str
    ) -> request.Request | None:
        old, new = urlsplit(req.full_url), urlsplit(newurl)
        elsewhere = old.netloc != new.netloc and req.has_header("Authorization")
        if old.scheme != new.scheme or req.data is not None or elsewhere:
            fp.close()
            raise SourceUnreadable(f"{req.full_url} redirects to {newurl[:200]}, which is not followed")
        return super().redirect_request(req, fp, code, msg, headers, newurl)  # type: ignore[arg-type]


def _opener() -> request.OpenerDirector:
    """HTTP and HTTPS alone: the usual opener also reads files and FTP servers."""
    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler(),
        request.HTTPHandler(),
        request.HTTPSHandler(),
        request.HTTPDefaultErrorHandler(),
        request.HTTPErrorProcessor(),
        _Redirects(),
    ):
        opener.add_handler(handler)
    return opener


_OPENER = _opener()
