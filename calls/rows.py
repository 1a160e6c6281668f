"""From a raw entry to a row: bodies read, secrets taken out, ids found, the endpoint and the code named."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from calls import redaction
from calls.redaction import NAME_MAX
from keno_platform.core.strict_json import nests_too_deep

if TYPE_CHECKING:
    from calls.recorder import Entry

COLUMNS = (
    *("id", "direction", "operator_id", "key_hint", "method", "path", "endpoint", "status", "code", "duration_us"),
    *("request_id", "ids", "headers", "request", "response", "request_bytes", "response_bytes", "error", "started_at"),
)
BODY_KEPT = 16 * 1024
"""So many characters of a body are kept; its ids are found in all of it."""
CREDENTIAL_MAX = 256
BODY_READ = 1024 * 1024
IDS_MAX = 2_500
"""A batch of 1,000 bets and its answer have two ids for each."""
ID_LENGTH_MAX = 200
ID_DEPTH = 6
ID_NAMES = frozenset({"id", "player_token", "reference", "operator_reference", "idempotency_key", "key"})
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_NUMBER = re.compile(r"[0-9]{1,19}", re.ASCII)
_FOUND_IN_PATH = re.compile(rf"(?<=/)(?:{_UUID.pattern}|[0-9]+)(?=/|$)")
_decoder = msgspec.json.Decoder(float_hook=Decimal)
_encoder = msgspec.json.Encoder(decimal_format="number")
NOT_JSON = object()


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A body as the log keeps it, and as a value for whoever looks for something in it."""

    text: str
    value: Any


def row_of(call_id: UUID, entry: "Entry") -> tuple[Any, ...]:
    """The values of COLUMNS for this entry."""
    request, response = read_body(entry.request), read_body(entry.response)
    headers = {name: value for name, value in entry.headers if name.lower() in redaction.HEADERS_KEPT}
    path = redaction.clean_address(entry.path)
    return (
        call_id,
        entry.direction,
        entry.operator_id,
        _plain(entry.key_hint),
        _plain(entry.method),
        _plain(path),
        _plain(entry.endpoint or endpoint_of(path)),
        entry.status,
        _plain(code_of(entry, response.value)),
        round(entry.duration_ms * 1000),
        _plain(entry.request_id),
        _ids(entry, headers, request.value, response.value),
        Jsonb({name: _plain(redaction.clean_credentials(value)) for name, value in headers.items()}),
        request.text,
        response.text,
        len(entry.request),
        len(entry.response),
        _plain(redaction.clean_text(entry.error)),
        entry.started_at,
    )


def read_body(raw: bytes) -> Body:
    """A body without its secrets, cut to BODY_KEPT. JSON without any stays as it was written."""
    if not raw:
        return Body(text="", value=NOT_JSON)
    if len(raw) > BODY_READ:
        return Body(text=f"[{len(raw)} bytes: too long for the log]", value=NOT_JSON)
    try:
        text = raw.decode()
    except UnicodeDecodeError:
        return Body(text=f"[{len(raw)} bytes that are not text]", value=NOT_JSON)
    if nests_too_deep(raw):
        return Body(text=_kept(text, redaction.clean_text), value=NOT_JSON)
    try:
        value = _decoder.decode(raw)
        cleaned = redaction.clean_value(value)
        kept = text if cleaned is value else _encoder.encode(cleaned).decode()
    except (msgspec.MsgspecError, RecursionError, ValueError, OverflowError, ArithmeticError):
        return Body(text=_kept(text, redaction.clean_text), value=NOT_JSON)
    return Body(text=_kept(kept, redaction.clean_credentials), value=cleaned)


def _kept(text: str, clean: Callable[[str], str]) -> str:
    """The beginning of a text, clean. Of a credential that the cut goes through, no part is kept."""
    if len(text) <= BODY_KEPT:
        return _plain(clean(text))
    return _plain(clean(text[: BODY_KEPT + CREDENTIAL_MAX])[:-CREDENTIAL_MAX][:BODY_KEPT])


def code_of(entry: "Entry", answer: Any) -> str:
    """Why the call did not go well, in one word; empty when it did."""
    if entry.code:
        return entry.code
    bad = entry.status is None or entry.status >= 400
    if isinstance(answer, dict) and (bad or answer.get("status") == "refused"):
        code = answer.get("code")
        if isinstance(code, str) and 0 < len(code) <= 64:
            return code
        bad = True
    if not bad:
        return "error" if entry.error else ""
    return "no_answer" if entry.status is None else f"http_{entry.status}"


def endpoint_of(path: str) -> str:
    """A path with every id in it left out."""
    parts = urlsplit(path)
    return f"{parts.netloc}{_FOUND_IN_PATH.sub('{id}', parts.path)}"


def normal_id(text: str) -> str:
    """An id as it is stored and searched: UUIDs in lower case."""
    text = text.strip()
    return text.lower() if _UUID.fullmatch(text) else text


def _ids(entry: "Entry", headers: dict[str, str], request: Any, response: Any) -> list[str]:
    found: dict[str, None] = {}
    given = (*entry.ids, entry.request_id, *(v for k, v in headers.items() if k.lower() == "idempotency-key"))
    for one in islice((*given, *_ids_in_path(entry.path), *_ids_in(request), *_ids_in(response)), IDS_MAX):
        if one and len(one) <= ID_LENGTH_MAX:
            found[_plain(normal_id(one))] = None
    return list(found)


def _ids_in_path(address: str) -> Iterator[str]:
    parts = urlsplit(address)
    for segment in parts.path.split("/"):
        if _UUID.fullmatch(segment) or _NUMBER.fullmatch(segment):
            yield segment
    for name, value in parse_qsl(parts.query):
        if _names_an_id(name):
            yield value


def _ids_in(value: Any, found: list[str] | None = None, depth: int = 0) -> list[str]:
    """The ids in a decoded body whose secrets have been taken out, at most IDS_MAX."""
    found = [] if found is None else found
    if depth > ID_DEPTH or len(found) >= IDS_MAX:
        return found
    if isinstance(value, dict):
        for name, one in value.items():
            if isinstance(one, dict | list):
                _ids_in(one, found, depth + 1)
            elif _names_an_id(name) and _is_id(one):
                found.append(str(one))
    elif isinstance(value, list):
        for one in value:
            if isinstance(one, dict | list):
                _ids_in(one, found, depth + 1)
    return found


def _is_id(value: Any) -> bool:
    return isinstance(value, str | int) and not isinstance(value, bool) and value != redaction.REDACTED


def _names_an_id(name: str) -> bool:
    return _ends_as_an_id(name[-NAME_MAX:])


@lru_cache(maxsize=4096)
def _ends_as_an_id(name: str) -> bool:
    return name in ID_NAMES or name.endswith("_id")


def _plain(text: str) -> str:
    """Text that the database takes: without NUL, and without half characters."""
    if not text.isascii():
        text = text.encode(errors="replace").decode()
    return text.replace("\x00", "␀") if "\x00" in text else text
