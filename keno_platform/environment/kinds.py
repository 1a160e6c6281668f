"""How the text of a variable becomes a value. Every parser raises ValueError with a sentence about what it wants."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from psycopg import ProgrammingError
from psycopg.conninfo import conninfo_to_dict

Parse = Callable[[str], Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """What a variable holds. `name` is what the page of settings says of it."""

    name: str
    parse: Parse


def one_of(*words: str) -> Kind:
    """One of these words."""

    def parse(text: str) -> str:
        if text not in words:
            raise ValueError(f"must be one of {', '.join(words)}")
        return text

    return Kind(name=" or ".join(f"`{word}`" for word in words), parse=parse)


def number(low: int, high: int = 10**12, *, but: Sequence[int] = ()) -> Kind:
    """A whole number from `low` to `high`, or one of `but`, which stand for something else."""

    def parse(text: str) -> int:
        if not text.removeprefix("-").isdecimal() or not text.isascii():
            raise ValueError("must be a whole number")
        found = int(text[:20])
        if found not in but and not low <= found <= high:
            others = "".join(f"{one} or " for one in but)
            raise ValueError(f"must be {others}{low} to {high}" if high < 10**12 else f"must be {others}at least {low}")
        return found

    return Kind(name="number", parse=parse)


def words(each: Callable[[str], str] = str) -> Kind:
    """A list by commas, without empty parts."""
    return Kind(
        name="list, with commas",
        parse=lambda text: tuple(each(part.strip()) for part in text.split(",") if part.strip()),
    )


def network(text: str) -> str:
    """An IP address or a network."""
    try:
        return str(ip_network(text))
    except ValueError as error:
        raise ValueError(f"must hold IP addresses and networks: {error}") from error


def web_address(text: str) -> str:
    """Scheme, host and perhaps a path of an HTTP address, without a slash at its end."""
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be an address such as https://keno.example")
    if parts.query or parts.fragment:
        raise ValueError("must have no query and no fragment")
    return text.rstrip("/")


def _database(text: str) -> str:
    try:
        parts = conninfo_to_dict(text)
    except ProgrammingError as error:
        raise ValueError("must be an address such as postgresql://user:password@host:5432/keno") from error
    if not parts.get("dbname"):
        raise ValueError("must name the database: postgresql://user:password@host:5432/keno")
    return text


def _redis(text: str) -> str:
    if urlsplit(text).scheme not in ("redis", "rediss", "unix"):
        raise ValueError("must be an address such as redis://host:6379/0")
    return text


def hex_key(text: str) -> bytes:
    """A key of 32 bytes."""
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ValueError("must be 64 hex digits; make one with `openssl rand -hex 32`")
    return key


def chain_key(text: str) -> str:
    """The private key of an account."""
    hex_key(text.removeprefix("0x"))
    return text


def _flag(text: str) -> bool:
    if text not in ("0", "1"):
        raise ValueError("must be 1 or 0")
    return text == "1"


def _listening(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or not 0 < int(port[:6]) < 65536:
        raise ValueError("must be an address and a port, such as 127.0.0.1:9108")
    return host, int(port)


TEXT = Kind(name="text", parse=str)
SECRET = Kind(name="secret", parse=str)
FLAG = Kind(name="`1` or `0`", parse=_flag)
PATH = Kind(name="path", parse=Path)
WEB_ADDRESS = Kind(name="address", parse=web_address)
DATABASE = Kind(name="address of a database", parse=_database)
REDIS = Kind(name="address of a Redis", parse=_redis)
HEX_KEY = Kind(name="64 hex digits", parse=hex_key)
HEX_KEYS = Kind(
    name="keys, with commas", parse=lambda text: tuple(hex_key(one.strip()) for one in text.split(",") if one.strip())
)
CHAIN_KEY = Kind(name="`0x` and 64 hex digits", parse=chain_key)
NETWORKS = words(network)
WORDS = words()
WEB_ADDRESSES = words(web_address)
LISTENING = Kind(name="address and port", parse=_listening)
