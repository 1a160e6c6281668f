"""Taking out of a text what a stranger must not read in it: credentials, seeds, and who somebody is."""

import re

_PATTERNS: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(?i)\b(bearer|basic)\s+[\w.~+/=-]{6,}"), r"\1 [redacted]"),
    (re.compile(r"\bk[op]_[\w-]{6,}"), "[key]"),
    (re.compile(r"(?<=\.)[A-Za-z0-9_-]{43}(?![A-Za-z0-9_-])"), "[session]"),
    (re.compile(r"\bwhsec_[\w+/=-]{6,}"), "[secret]"),
    # The password of an address, and everything behind the host: keys of node providers stand there.
    (re.compile(r"\b([a-z][a-z0-9+.-]{1,20}://)[^\s/@'\"]{1,300}@"), r"\1[redacted]@"),
    (re.compile(r"-----BEGIN [A-Z ]{3,40}-----.{1,8000}?-----END [A-Z ]{3,40}-----", re.S), "[private key]"),
    (re.compile(r"(?i)\b(password|passwd|secret|token|player_token|authorization|cookie)(['\"]?\s*[:=]\s*['\"]?)[^\s,;'\"&}]+"),
     r"\1\2[redacted]"),
    (re.compile(r"\b[\w.+-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){1,5}\b"), "[e-mail]"),
    # A seed or a key. A hash of a transaction is written with 0x, and stays.
    (re.compile(r"(?<![0-9A-Za-z])[0-9a-fA-F]{64}(?![0-9A-Za-z])"), "[64 hex digits]"),
)  # fmt: skip


def redact(text: str) -> str:
    """The text without them."""
    for pattern, instead in _PATTERNS:
        text = pattern.sub(instead, text)
    return text
