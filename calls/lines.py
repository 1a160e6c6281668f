"""A call of the log as a line for a shell: the same call again, with the caller's own credential put in."""

import shlex

import msgspec

from calls.models import Call, Direction

KEY = "$KEY"
"""The variable in which the caller's shell has its credential; the log has none."""
SENT_AGAIN = ("content-type", "idempotency-key", "accept-language")


def can_repeat(call: Call) -> bool:
    """Whether the whole request is here: a body that was cut, or that had a secret, must be completed by hand."""
    return len(call.request.encode()) == call.request_bytes and "[redacted]" not in f"{call.path}{call.request}"


def as_curl(call: Call, base: str) -> str:
    """The call as one curl command. `base` is this server's address, for calls that came in."""
    parts = ["curl", "-sS", "-X", call.method, shlex.quote(_address(call, base))]
    parts += _with_credential(call, "-H ")
    for name, value in _headers(call):
        parts += ["-H", shlex.quote(f"{name}: {value}")]
    if call.request:
        parts += ["--data-raw", shlex.quote(call.request)]
    return " ".join(parts)


def as_httpie(call: Call, base: str) -> str:
    """The call as one HTTPie command; without credentials where the call had none."""
    parts = ["http", "--ignore-stdin"]
    if call.request:
        parts.append(shlex.quote(f"--raw={call.request}"))
    parts += [call.method, shlex.quote(_address(call, base))]
    parts += _with_credential(call, "")
    parts += [shlex.quote(f"{name}:{value}") for name, value in _headers(call)]
    return " ".join(parts)


def pretty(text: str) -> str:
    """A body with one member a line, when it is JSON; otherwise as it is."""
    try:
        return msgspec.json.format(text, indent=2)
    except (msgspec.MsgspecError, ValueError):
        return text


def _address(call: Call, base: str) -> str:
    return call.path if call.direction == Direction.OUT else base.rstrip("/") + call.path


def _with_credential(call: Call, flag: str) -> list[str]:
    """Outgoing calls are signed by this server: nobody else can send them again as they were."""
    if call.direction == Direction.OUT or not call.key_hint:
        return []
    return [f'{flag}"Authorization: Bearer {KEY}"' if flag else f'"Authorization:Bearer {KEY}"']


def _headers(call: Call) -> list[tuple[str, str]]:
    return [(name, value) for name, value in sorted(call.headers.items()) if name.lower() in SENT_AGAIN]
