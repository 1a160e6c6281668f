"""
Which addresses may be called. An address that an operator gave must not lead into our own network: not when it is
saved, and not when it is called, whatever its name resolves to by then.
"""

import re
from dataclasses import dataclass
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import NoReturn
from urllib.parse import urlsplit

from keno_platform.core.errors import Kind, Refusal

URL_MAX = 500
_TEXT = re.compile(r"[!-~]+", re.ASCII)
"""Printable ASCII without spaces: no control characters, no dots of other scripts."""
_HOST = re.compile(
    r"(?=.{1,253}\Z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)*[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII
)
_PATH = re.compile(r"(?:/[A-Za-z0-9._~!$&'()*+,;=:@-]+)*/?", re.ASCII)
_NUMERIC_LABEL = re.compile(r"(?:[0-9]+|0x[0-9a-f]*)", re.ASCII)
"""As the last label it makes resolvers read the whole host as a number: 2130706433, 127.1, 0x7f.1."""
_INNER_NAMES = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home", ".corp", ".home.arpa", ".onion")

_NEVER_4 = tuple(
    ip_network(one)
    for one in ("0.0.0.0/8", "169.254.0.0/16", "192.0.0.0/24", "192.88.99.0/24", "224.0.0.0/4", "240.0.0.0/4")
)
_GLOBAL_6 = ip_network("2000::/3")
_NEVER_6 = tuple(
    ip_network(one)
    for one in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")  # among them Teredo and 6to4
)
_LOCAL_6 = (ip_network("::1/128"), ip_network("fc00::/7"))


class AddressNotAllowed(Refusal):
    """The address of a wallet or a webhook cannot be called: its form, or where it leads."""

    code = "address_not_allowed"
    kind = Kind.INVALID
    title = "This address may not be called"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """The parts of an address that was checked."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def authority(self) -> str:
        """Host and, when it is not the scheme's own, port: as the Host header and `@authority` have it."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == _PORTS[self.scheme] else f"{host}:{self.port}"

    @property
    def origin(self) -> str:
        return f"{self.scheme}://{self.authority}"


_PORTS = {"https": 443, "http": 80}


def check_url(url: str, *, local: bool) -> None:
    """
    Refuse an address that may not be called, before it is kept. Names are resolved at the call, and checked again.

    :raises AddressNotAllowed: what is wrong stands in `detail`.
    """
    place_of(url, local=local)


@lru_cache(maxsize=4096)
def place_of(url: str, *, local: bool) -> Place:
    """
    An address taken apart, if it may be called as far as its text tells.

    :raises AddressNotAllowed: see `check_url`.
    """
    if not _TEXT.fullmatch(url) or len(url) > URL_MAX or "\\" in url:
        _refuse("The address must be 1 to 500 printable ASCII characters without spaces.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        _refuse("The address cannot be read.")
    if parts.scheme != "https" and not (local and parts.scheme == "http"):
        _refuse("The address must begin with https://.")
    if "@" in parts.netloc or "?" in url or "#" in url:
        _refuse("The address may have no user, query or fragment.")
    if not _PATH.fullmatch(parts.path) or {".", ".."} & set(parts.path.split("/")):
        _refuse("The path may have letters, digits, - . _ ~ and /, and no empty or dotted segments.")
    host = _checked_host(parts.hostname or "", bracketed="[" in parts.netloc, local=local)
    port = _PORTS[parts.scheme] if port is None else port
    if port == 0 or (not local and port != _PORTS["https"]):
        _refuse("The port must be 443.")
    return Place(scheme=parts.scheme, host=host, port=port, path=parts.path)


def _checked_host(host: str, *, bracketed: bool, local: bool) -> str:
    if bracketed or _NUMERIC_LABEL.fullmatch(host.removesuffix(".").rpartition(".")[2]):
        return _checked_literal(host, local=local)
    if not _HOST.fullmatch(host):
        _refuse("The host must be a DNS name in ASCII (punycode) or an IP address.")
    if not local and ("." not in host or host.endswith(_INNER_NAMES)):
        _refuse("The host must be a public DNS name.")
    return host


def _checked_literal(host: str, *, local: bool) -> str:
    try:
        address = ip_address(host)
    except ValueError:
        _refuse("The host is not an IP address in its usual form.")
    if not is_allowed(host, local=local):
        _refuse("This IP address is not one of the public internet.")
    return str(address)


@lru_cache(maxsize=4096)
def is_allowed(address: str, *, local: bool) -> bool:
    """Whether this IP address may be connected to. Link-local, multicast and reserved ones never."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    return _is_allowed_4(ip, local) if isinstance(ip, IPv4Address) else _is_allowed_6(ip, local)


def _is_allowed_4(ip: IPv4Address, local: bool) -> bool:
    if any(ip in network for network in _NEVER_4):
        return False
    return ip.is_global or (local and (ip.is_loopback or ip.is_private))


def _is_allowed_6(ip: IPv6Address, local: bool) -> bool:
    if ip.scope_id is not None:
        return False
    if local and any(ip in network for network in _LOCAL_6):
        return True
    # Only what is assigned to the internet: nothing that wraps an IPv4 address (mapped, NAT64, 6to4, Teredo).
    return ip in _GLOBAL_6 and ip.is_global and not any(ip in network for network in _NEVER_6)


def _refuse(why: str) -> NoReturn:
    raise AddressNotAllowed(why)
