"""JSON in: strict, typed, bounded."""

import re
from typing import IO, Any, TypeVar

import msgspec
from django.conf import settings
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

from keno_platform.core import strict_json
from keno_platform.core.errors import (
    IdempotencyKeyMissing,
    Kind,
    MalformedRequest,
    PayloadTooLarge,
    Refusal,
)

T = TypeVar("T")
IDEMPOTENCY_KEY_MAX = 128
_KEY = re.compile(rf"[!-+\--~]{{1,{IDEMPOTENCY_KEY_MAX}}}", re.ASCII)


class ParameterInvalid(Refusal):
    """A member or a query parameter has the wrong type, is unknown or is missing."""

    code = "parameter_invalid"
    kind = Kind.INVALID
    title = "A parameter is missing, unknown or of the wrong type"


class StrictJSONParser(BaseParser):
    """Reads at most BODY_MAX_BYTES of strict JSON; see `core.strict_json`."""

    media_type = "application/json"

    def parse(self, stream: IO[bytes], media_type: str | None = None, parser_context: Any = None) -> Any:
        body = stream.read(settings.BODY_MAX_BYTES + 1)
        if len(body) > settings.BODY_MAX_BYTES:
            raise PayloadTooLarge(bytes_max=settings.BODY_MAX_BYTES)
        return strict_json.decode(body)


class Ask(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The base of every request body: immutable, and an unknown member is an error, not a typing slip."""


def read(request: Request, shape: type[T]) -> T:
    """
    The request's body as this shape.

    :raises MalformedRequest: not JSON. :raises ParameterInvalid: JSON of another shape.
    """
    return convert(request.data, shape)


def convert(value: Any, shape: type[T]) -> T:
    """A decoded JSON value as this shape, without any coercion of types."""
    try:
        return msgspec.convert(value, shape, strict=True)
    except msgspec.ValidationError as error:
        raise ParameterInvalid(str(error)) from error


def read_query(request: Request, shape: type[T]) -> T:
    """
    The query string as this shape; a parameter given twice is refused.

    :raises ParameterInvalid: unknown, repeated or unreadable parameter.
    """
    for name, values in request.query_params.lists():
        if len(values) > 1:
            raise ParameterInvalid(f"{name} is given twice.")
        if "\x00" in values[0]:
            raise ParameterInvalid(f"{name} may not hold a NUL character.")
    try:
        query = msgspec.convert(request.query_params.dict(), shape, strict=False)
    except msgspec.ValidationError as error:
        raise ParameterInvalid(str(error)) from error
    for name, value in msgspec.to_builtins(query).items():
        given = request.query_params.get(name)
        if value is None and given is not None:  # the text `null` was read as "not given"
            raise ParameterInvalid(f"{name} cannot be null.")
        if type(value) is int and given not in (None, str(value)):  # as 1e2 and 05 were
            raise ParameterInvalid(f"{name} must be a whole number in digits.")
    return query


def idempotency_key(request: Request) -> str:
    """
    The caller's key for a call that moves money.

    :raises IdempotencyKeyMissing: none was sent.
    :raises MalformedRequest: longer than IDEMPOTENCY_KEY_MAX, or not printable ASCII.
    """
    return read_key(request.headers.get("Idempotency-Key", ""))


def read_key(key: str) -> str:
    """The same from the header's text, which is empty when there is none."""
    if not key:
        raise IdempotencyKeyMissing()
    if not _KEY.fullmatch(key):
        raise MalformedRequest("Idempotency-Key must be 1 to 128 printable ASCII characters without spaces or commas.")
    return key
