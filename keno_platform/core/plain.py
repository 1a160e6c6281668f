"""What an operator gives us to show to players, or to send them to: names and addresses that do what they seem to."""

import re
import unicodedata
from urllib.parse import urlsplit

ADDRESS_MAX = 1000
NAME_MAX = 80
_HOST = re.compile(r"(?=.{1,253}\Z)[a-z0-9_-]+(\.[a-z0-9_-]+)*", re.ASCII | re.IGNORECASE)


def is_plain_name(text: str) -> bool:
    """A name for the eye: nothing that is invisible, breaks the line or turns the direction of what follows."""
    return len(text) <= NAME_MAX and text == text.strip() and all(_is_visible(character) for character in text)


def _is_visible(character: str) -> bool:
    return character == " " or unicodedata.category(character)[0] not in "CZ"


def is_return_address(text: str) -> bool:
    """
    Whether a player may be sent there: https, or http on this very machine, for those who develop.

    Only printable ASCII: what a browser would silently drop or rewrite (tabs, line ends, backslashes) is refused, so
    that the address that was checked is the address that is opened.
    """
    if len(text) > ADDRESS_MAX or not all("!" <= character <= "~" for character in text) or set(text) & set("\\<>\"'"):
        return False
    try:
        parts = urlsplit(text)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        return False
    if "@" in parts.netloc or not _HOST.fullmatch(host) or not text.startswith((f"{parts.scheme}://",)):
        return False
    is_own = host in ("localhost", "127.0.0.1") or host.endswith(".localhost")
    return parts.scheme == "https" or (parts.scheme == "http" and is_own)
