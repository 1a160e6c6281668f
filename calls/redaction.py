"""
What the request log must never hold, in this one place: credentials, tokens of sessions and launches, secrets, and
the signatures of calls. By the names of members and parameters, and wherever a text looks like a credential of ours.

A player's token is not among them: it is the operator's own name for a player, and what calls are searched by. Nor
are signatures that are published for anyone to check, such as a receipt's.
"""

import re
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, quote, urlencode, urlsplit, urlunsplit

REDACTED = "[redacted]"
TOO_DEEP = "[too deep]"
DEPTH_MAX = 32
NAME_MAX = 64
"""Longer than every name that means something here."""
SECRET_NAMES = frozenset(
    {
        *("token", "launch", "launch_token", "session_token", "launch_url", "access_token", "refresh_token"),
        *("api_key", "apikey", "secret", "secrets", "password", "authorization", "cookie", "credential", "credentials"),
        *("signature", "private_key", "seal_key", "private", "hmac"),
    }
)
SECRET_ENDINGS = ("_secret", "_secrets", "_password", "_private_key", "_api_key", "_launch_token")
HEADERS_KEPT = frozenset({"content-type", "accept-language", "idempotency-key", "user-agent", "content-digest"})
"""Headers of a request that the log keeps; the credential and the signature are never among them."""

# What is looked for first makes the rest cheap. No word boundaries: a line's end in JSON is the letter n.
_LOOKS_SECRET = tuple(
    (start, re.compile(pattern))
    for start, pattern in (
        ("ko_", r"ko_[A-Za-z0-9_-]{20,}"),  # a key of an operator
        ("kp_", r"kp_[A-Za-z0-9_-]{20,}"),  # a key of the provider
        (".", r"(?<=\.)[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])"),  # a session or a launch, behind the operator's name
        ("whsec_", r"whsec_[A-Za-z0-9+/=_-]{16,}"),  # a webhook's secret
        ("Bearer ", r"Bearer +[^\s\"',]+"),
    )
)
_NAMED = "|".join(sorted(SECRET_NAMES, key=len, reverse=True)).replace("_", "[-_]")
_ENDED = "|".join(SECRET_ENDINGS).replace("_", "[-_]")
_NAMED_IN_TEXT = re.compile(
    rf"""(?ix) ( ["']? (?<![\w-]) (?: [\w-]{{0,40}} (?:{_ENDED}) | {_NAMED} ) \b ["']? \s* [:=] \s* )
    ( "(?:[^"\\]|\\.)*"? | '(?:[^'\\]|\\.)*'? | [^\s,;&}}\]]+ )"""
)


def is_secret(name: str) -> bool:
    """Whether the value of a member or a parameter of this name is never kept."""
    return _is_secret_end(name[-NAME_MAX:])


@lru_cache(maxsize=4096)
def _is_secret_end(name: str) -> bool:
    """Of no more than its end, which decides: names are the caller's to choose, and these are remembered."""
    lowered = name.lower().replace("-", "_")
    return lowered in SECRET_NAMES or lowered.endswith(SECRET_ENDINGS)


def clean_value(value: Any, *, depth: int = 0) -> Any:
    """
    A decoded JSON value without its secrets. What holds none comes back as the very same object, so that the
    caller can keep the text that it was read from.
    """
    if depth > DEPTH_MAX:
        return TOO_DEEP
    if isinstance(value, dict):
        return _clean_members(value, depth)
    if isinstance(value, list):
        return _clean_items(value, depth)
    return value


def _clean_items(items: list[Any], depth: int) -> list[Any]:
    changed = None
    for place, one in enumerate(items):
        if isinstance(one, dict | list) and (cleaned := clean_value(one, depth=depth + 1)) is not one:
            changed = list(items) if changed is None else changed
            changed[place] = cleaned
    return items if changed is None else changed


def _clean_members(members: dict[str, Any], depth: int) -> dict[str, Any]:
    changed: dict[str, Any] = {}
    for name, value in members.items():
        if is_secret(name):
            if value is not None:
                changed[name] = REDACTED
        elif isinstance(value, dict | list) and (cleaned := clean_value(value, depth=depth + 1)) is not value:
            changed[name] = cleaned
    return {**members, **changed} if changed else members


def clean_credentials(text: str) -> str:
    """A text without whatever looks like a credential of ours."""
    for start, pattern in _LOOKS_SECRET:
        if start in text:
            text = pattern.sub(REDACTED, text)
    return text


def clean_text(text: str) -> str:
    """A text of unknown form, such as a form's body or JSON that is not: by names and by looks."""
    return clean_credentials(_NAMED_IN_TEXT.sub(rf"\1{REDACTED}", text))


def clean_address(address: str) -> str:
    """A path with its query, or a whole address, without secrets in any of its parts."""
    parts = urlsplit(address)
    if parts.username or parts.password:
        parts = parts._replace(netloc=f"{REDACTED}@{parts.netloc.rpartition('@')[2]}")
    if parts.query:
        pairs = parse_qsl(parts.query, keep_blank_values=True)
        if any(is_secret(name) for name, _ in pairs):
            cleaned = [(name, REDACTED if is_secret(name) else value) for name, value in pairs]
            parts = parts._replace(query=urlencode(cleaned, quote_via=quote, safe="[]:,"))
    return clean_credentials(urlunsplit(parts))
