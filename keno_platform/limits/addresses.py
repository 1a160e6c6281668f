"""Which addresses count as one."""

from functools import lru_cache
from ipaddress import IPv6Address, IPv6Network, ip_address

SUBSCRIBER_BITS = 64
"""An IPv6 subscriber has at least so many bits' worth of addresses to change between."""


@lru_cache(maxsize=65_536)
def bucket_of(address: str) -> str | None:
    """
    What an address is counted under: itself, or for IPv6 its network. None where nothing is to be counted: an address
    that is not known, or this machine's own. Whoever calls from there is the machine itself or a proxy on it, and that
    many players come by one proxy says nothing about any of them.
    """
    try:
        read = ip_address(address)
    except ValueError:
        return None
    if isinstance(read, IPv6Address) and read.ipv4_mapped is not None:
        read = read.ipv4_mapped
    if read.is_loopback:
        return None
    if isinstance(read, IPv6Address):
        return str(IPv6Network((int(read), SUBSCRIBER_BITS), strict=False))  # without the name of an interface
    return str(read)
