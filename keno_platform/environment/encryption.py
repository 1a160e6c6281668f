"""
Whether what is said to the database, to Redis and to ClickHouse can be read or answered by somebody on the way.

What stays on this machine needs no encryption. Over a network it must be encrypted, and the server must prove its name:
encryption with whoever answers keeps nobody out.
"""

from ipaddress import ip_address
from urllib.parse import parse_qsl, urlsplit

from psycopg.conninfo import conninfo_to_dict

_HERE = frozenset({"", "localhost"})
_NOT_VERIFIED = frozenset({"none", "optional", "cert_none", "cert_optional"})

_CLICKHOUSE_TLS = (443, 8443)


def is_here(host: str) -> bool:
    """Whether this host is the machine itself: no name, a socket's directory, or a loopback address."""
    if host in _HERE or host.startswith("/"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def database_is_private(url: str) -> bool:
    """Whether a DATABASE_URL leads to this machine, or to a server whose certificate and name are checked."""
    parts = conninfo_to_dict(url)
    hosts = str(parts.get("hostaddr") or parts.get("host") or "")
    if "service" not in parts and all(is_here(host) for host in hosts.split(",")):
        return True
    mode = parts.get("sslmode") or ("verify-full" if parts.get("sslrootcert") == "system" else "")
    return mode == "verify-full"


def redis_is_private(url: str) -> bool:
    """Whether a REDIS_URL leads to this machine, or to a server whose certificate and name are checked."""
    parts = urlsplit(url)
    if parts.scheme == "unix" or (parts.scheme == "redis" and is_here(parts.hostname or "")):
        return True
    asked = dict(parse_qsl(parts.query))
    verifies = asked.get("ssl_cert_reqs", "required").lower() not in _NOT_VERIFIED
    return parts.scheme == "rediss" and verifies and asked.get("ssl_check_hostname", "true").lower() != "false"


def clickhouse_is_private(url: str) -> bool:
    """Whether a KENO_CLICKHOUSE, if there is one, leads to this machine or to a port on which the client speaks TLS."""
    parts = urlsplit(url)
    if not url or is_here(parts.hostname or ""):
        return True
    verifies = dict(parse_qsl(parts.query)).get("verify", "true").lower() not in ("false", "0", "no", "proxy")
    return parts.port in _CLICKHOUSE_TLS and verifies


def verified(url: str) -> str:
    """
    A REDIS_URL that says itself that certificates are checked. Celery takes a `rediss://` without that word for one
    whose server may show any certificate; everybody else takes it as it is meant.
    """
    parts = urlsplit(url)
    if parts.scheme != "rediss" or "ssl_cert_reqs" in dict(parse_qsl(parts.query)):
        return url
    return parts._replace(query="&".join(filter(None, (parts.query, "ssl_cert_reqs=required")))).geturl()
