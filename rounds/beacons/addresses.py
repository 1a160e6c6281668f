"""Addresses of relays, as the settings give them."""

import logging
from collections.abc import Iterable, Iterator
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Error, register

logger = logging.getLogger(__name__)


def usable(addresses: Iterable[str]) -> list[str]:
    """The addresses that may be asked, each once. Others are logged and passed over, so that a slip stops no draw."""
    good = []
    for address in _given(addresses):
        if fault := _fault(address):
            logger.error("the beacon relay %r is not asked: %s", address, fault)
        else:
            good.append(address.rstrip("/"))
    if not good:
        logger.error("no beacon relay is configured: rounds on a public network will be void")
    return list(dict.fromkeys(good))


@register()
def check_addresses(**_: Any) -> list[CheckMessage]:
    """Django's check of DRAND_URLS, so that a slip is found before it matters."""
    faults = ((address, _fault(address)) for address in _given(settings.DRAND_URLS))
    return [Error(f"DRAND_URLS: {address!r}: {fault}", id="rounds.E001") for address, fault in faults if fault]


def _given(addresses: Iterable[str]) -> Iterator[str]:
    """Without the nothings that stand between two commas."""
    return (address.strip() for address in addresses if address.strip())


def _fault(address: str) -> str | None:
    try:
        parts = urlsplit(address)
        host, _ = parts.hostname, parts.port
    except ValueError as error:
        return str(error)
    if parts.scheme not in ("https", "http") or not host:
        return "not an https:// address"
    if parts.scheme == "http" and not _is_loopback(host):
        return "http:// is for this machine only"
    if "@" in parts.netloc or "?" in address or "#" in address:
        return "neither credentials nor a query belong in it"
    return None


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
