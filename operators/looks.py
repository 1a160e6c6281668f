"""An operator's looks as a page may show them."""

from urllib.parse import urlsplit

_HOST_CHARACTERS = set("abcdefghijklmnopqrstuvwxyz0123456789.-")


def logo_source(address: str) -> str | None:
    """
    Where a logo comes from: empty for a path on the client's own host, else one server, https and nothing else of it,
    as it may stand in a page's policy. None where it is neither, and so is not shown.
    """
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
    except ValueError:
        return None
    if not parts.scheme and not parts.netloc and parts.path.startswith("/"):
        return ""
    if parts.scheme == "https" and host and set(host) <= _HOST_CHARACTERS and parts.netloc.lower() == host:
        return f"https://{host}"
    return None
