"""Whether the web answers as the world sees it."""

import json
import socket
import ssl
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx
from django.conf import settings

from keno_platform.doctor.checks import Area, Fault, Notice, Register

check = Register(Area.WEB)
PATIENCE_S = 5.0
DAYS_MIN, DAYS_NOTICE = 3, 14


@check(mend="Start the web, or correct KENO_BASE_URL and the balancer; see docs/operations.md#processes")
def web_is_ready() -> str:
    answer = httpx.get(f"{settings.BASE_URL}/health/ready", timeout=PATIENCE_S, follow_redirects=False)
    try:
        parts = dict(answer.json()["parts"])
    except (json.JSONDecodeError, KeyError, TypeError) as error:
        raise Fault(f"{settings.BASE_URL}/health/ready answers {answer.status_code}, and is not ours") from error
    wrong = [f"{name}: {says}" for name, says in parts.items() if says != "ok"]
    if wrong:
        raise Fault("; ".join(wrong), mend="Mend what the areas above say")
    return settings.BASE_URL


@check(mend="Renew the certificate, and reload the balancer")
def certificate_is_valid() -> str:
    parts = urlsplit(settings.BASE_URL)
    if parts.scheme != "https":
        return "plain HTTP"
    context = ssl.create_default_context()
    with (
        socket.create_connection((parts.hostname or "", parts.port or 443), timeout=PATIENCE_S) as plain,
        context.wrap_socket(plain, server_hostname=parts.hostname) as secure,
    ):
        ends = ssl.cert_time_to_seconds(str((secure.getpeercert() or {})["notAfter"]))
    left = datetime.fromtimestamp(ends, UTC) - datetime.now(UTC)
    if left.days < DAYS_MIN:
        raise Fault(f"it ends in {left.days} days")
    if left.days < DAYS_NOTICE:
        raise Notice(f"it ends in {left.days} days")
    return f"for {left.days} days"


@check(mend="Start the collector, or take KENO_TRACES_URL away")
def traces_have_a_collector() -> str:
    if not settings.TRACES_URL:
        return "no traces are made"
    parts = urlsplit(settings.TRACES_URL)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        socket.create_connection((parts.hostname or "", port), timeout=PATIENCE_S).close()
    except OSError as error:
        raise Notice(f"{parts.hostname}:{port} does not answer: {error}") from error
    return f"{parts.hostname}:{port}"


@check(mend="KENO_METRICS_LISTEN=127.0.0.1:9108, and let Prometheus come by a private network")
def metrics_are_not_public() -> str:
    host, port = settings.METRICS_LISTEN
    if settings.ENVIRONMENT.is_production and host in ("0.0.0.0", "::", "[::]"):  # noqa: S104  # that is the question
        raise Notice(f"{host}:{port} is every address of this machine: keep strangers out of it")
    return f"{host}:{port}"
