"""Every error leaves as RFC 9457 `application/problem+json` with a stable code and a translated title."""

import logging
import math
from typing import Any

from django.core.exceptions import PermissionDenied, SuspiciousOperation
from django.db import DatabaseError, InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext
from psycopg import errors as pg
from rest_framework import exceptions, status
from rest_framework.response import Response

from keno_platform.core import request_ids
from keno_platform.core.errors import (
    Kind,
    Maintenance,
    MalformedRequest,
    NotFound,
    Refusal,
    RequestInProgress,
)
from keno_platform.http.rendering import ProblemRenderer
from keno_platform.observability.instruments import REFUSALS
from keno_platform.observability.logs import operator_here

logger = logging.getLogger(__name__)

STATUS = {
    Kind.MALFORMED: status.HTTP_400_BAD_REQUEST,
    Kind.UNAUTHENTICATED: status.HTTP_401_UNAUTHORIZED,
    Kind.FORBIDDEN: status.HTTP_403_FORBIDDEN,
    Kind.NOT_FOUND: status.HTTP_404_NOT_FOUND,
    Kind.NOT_ALLOWED: status.HTTP_405_METHOD_NOT_ALLOWED,
    Kind.CONFLICT: status.HTTP_409_CONFLICT,
    Kind.GONE: status.HTTP_410_GONE,
    Kind.TOO_LARGE: status.HTTP_413_REQUEST_ENTITY_TOO_LARGE,
    Kind.UNSUPPORTED: status.HTTP_415_UNSUPPORTED_MEDIA_TYPE,
    Kind.INVALID: status.HTTP_422_UNPROCESSABLE_ENTITY,
    Kind.LIMITED: status.HTTP_429_TOO_MANY_REQUESTS,
    Kind.UNAVAILABLE: status.HTTP_503_SERVICE_UNAVAILABLE,
}
RETRY_AFTER_S = 1
ERRORS_PAGE = "/api/v1/docs/errors"
REQUEST_LOG = "/api/v1/calls"
BUSY = (pg.LockNotAvailable, pg.QueryCanceled, pg.DeadlockDetected, pg.SerializationFailure)


class Unauthenticated(Refusal):
    """No credential, or not one that is valid now."""

    code = "unauthenticated"
    kind = Kind.UNAUTHENTICATED
    title = "The credential is missing or not valid"


class MethodNotAllowed(Refusal):
    """This address does not know this verb."""

    code = "method_not_allowed"
    kind = Kind.NOT_ALLOWED
    title = "This address does not answer this method"


class UnsupportedMediaType(Refusal):
    """The body's type is not application/json."""

    code = "unsupported_media_type"
    kind = Kind.UNSUPPORTED
    title = "The body must be application/json"


def problem(refusal: Refusal) -> dict[str, Any]:
    """The members of the problem document of one refusal, for the call that is being answered."""
    request_id = request_ids.current()
    REFUSALS.labels(refusal.code, operator_here()).inc()
    body: dict[str, Any] = {
        "type": f"{ERRORS_PAGE}#{refusal.code}",
        "title": gettext(refusal.title),
        "status": STATUS[refusal.kind],
        "code": refusal.code,
        "params": refusal.params,
        "retry": refusal.retry.value,
        "money_moved": refusal.money_moved.value,
        "doc_url": f"{ERRORS_PAGE}#{refusal.code}",
        "request_id": request_id,
        "request_log_url": f"{REQUEST_LOG}?q={request_id}",
    }
    if refusal.detail:
        body["detail"] = refusal.detail
    return body


def respond(refusal: Refusal) -> Response:
    """The response of one refusal, with the headers its kind asks for."""
    return Response(problem(refusal), status=STATUS[refusal.kind], headers=dict(headers_of(refusal)))


def headers_of(refusal: Refusal) -> dict[str, str]:
    """The headers that a refusal of its kind asks for."""
    if refusal.kind is Kind.UNAUTHENTICATED:
        return {"WWW-Authenticate": "Bearer"}
    if refusal.retry_after_s is not None:
        return {"Retry-After": str(max(1, math.ceil(refusal.retry_after_s)))}
    if refusal.kind is Kind.UNAVAILABLE or isinstance(refusal, RequestInProgress):
        return {"Retry-After": str(RETRY_AFTER_S)}
    return {}


def handle_exception(error: Exception, context: dict[str, Any]) -> Response | None:
    """
    Django REST framework's exception handler. What it does not know stays a 500 and is logged there.
    """
    refusal = as_refusal(error)
    if refusal is None:
        return None
    response = respond(refusal)
    request = context.get("request")
    if request is not None:
        request.accepted_renderer = ProblemRenderer()
        request.accepted_media_type = ProblemRenderer.media_type
    response.exception = True
    return response


def as_refusal(error: Exception) -> Refusal | None:
    """What an error is told as; None for a fault of ours."""
    match error:
        case Refusal():
            return error
        case Http404() | exceptions.NotFound():
            return NotFound()
        case exceptions.NotAuthenticated() | exceptions.AuthenticationFailed():
            return Unauthenticated()
        case PermissionDenied() | exceptions.PermissionDenied():
            return Unauthenticated("This credential may not make this call.")
        case exceptions.MethodNotAllowed():
            return MethodNotAllowed()
        case exceptions.UnsupportedMediaType():
            return UnsupportedMediaType()
        case SuspiciousOperation():
            return MalformedRequest()
        case exceptions.APIException():
            return MalformedRequest(str(error.detail))
        case DatabaseError():
            return _database_refusal(error)
    return None


def _database_refusal(error: Exception) -> Refusal | None:
    """A database that is busy or away is told as such; a retry with the same key is safe whatever has happened."""
    if isinstance(error.__cause__, BUSY):
        return RequestInProgress("Try again with the same Idempotency-Key.")
    if isinstance(error, OperationalError | InterfaceError):
        logger.exception("the database did not answer")
        return Maintenance("Try again with the same Idempotency-Key.")
    return None


def plain_problem(request: HttpRequest, refusal: Refusal) -> HttpResponse:
    """The same document outside REST framework's views: for handlers of unknown addresses and crashes."""
    return HttpResponse(
        ProblemRenderer().render(problem(refusal)),
        status=STATUS[refusal.kind],
        content_type=ProblemRenderer.media_type,
    )
