"""Where a call comes from, and whether an operator's backend may call from there."""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from django.conf import settings

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network
FORWARDED_MAX = 512
"""Characters of X-Forwarded-For that are read, from its end: what was found is remembered with them."""


def client_address(remote: str, forwarded: str) -> str:
    """
    The address of whoever called: the other end of the connection, or what trusted proxies say of theirs.

    `forwarded` is X-Forwarded-For. It is read from its end, where the nearest proxy has written; what stands before
    the first address that is not one of KENO_TRUSTED_PROXIES anyone may have made up. Empty when it cannot be told.
    """
    if len(forwarded) > FORWARDED_MAX:
        forwarded = forwarded[-FORWARDED_MAX:].partition(",")[2] or "unreadable"
    return _client_address(remote, forwarded, tuple(settings.TRUSTED_PROXIES))


@lru_cache(maxsize=65_536)
def _client_address(remote: str, forwarded: str, proxies: tuple[str, ...]) -> str:
    trusted = _networks(proxies)
    hops = [remote, *reversed(forwarded.split(","))] if forwarded else [remote]
    for hop in hops:
        address = _read(hop)
        if address is None:
            return ""
        if not _is_within(address, trusted):
            return str(address)
    return str(address)


def socket_address(scope: Mapping[str, Any]) -> str:
    """The same of whoever opens a socket, from what an ASGI server knows of it."""
    given = [bytes(value).decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return client_address((scope.get("client") or ("",))[0], ",".join(given))


def may_call_from(address: str, allowed: Iterable[str]) -> bool:
    """Whether this address is in one of these networks; any is when there are none."""
    networks = _networks(tuple(allowed))
    if not networks:
        return True
    read = _read(address)
    return read is not None and _is_within(read, networks)


@lru_cache(maxsize=1024)
def _networks(texts: tuple[str, ...]) -> tuple[Network, ...]:
    return tuple(ip_network(text) for text in texts)


def _read(text: str) -> Address | None:
    try:
        address = ip_address(text.strip())
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address  # a socket that listens for both families shows IPv4 as IPv6


def _is_within(address: Address, networks: tuple[Network, ...]) -> bool:
    return any(address in network for network in networks)
