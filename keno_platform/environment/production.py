"""
What production refuses: defaults and habits of a machine of one's own.

An installation is in production as soon as it has a name that others can reach it by. Nobody has to say so, and nobody
can forget to: without such a name the web answers to this machine only.

Servers on other machines are spoken to in the clear by nobody, in production or not.
"""

import math
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_network
from typing import Any
from urllib.parse import urlsplit

from psycopg.conninfo import conninfo_to_dict

from keno_platform.environment import encryption

SECRET_KEY_LENGTH_MIN = 32
SECRET_BITS_MIN = 100.0
LOCAL_NAMES = frozenset({"localhost", ".localhost", "127.0.0.1", "::1", "[::1]", "testserver"})
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why production does not start. `name` is what KENO_ACCEPTED_RISKS calls it."""

    name: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One thing that production refuses, and why. With `everywhere`, a machine of one's own refuses it too."""

    name: str
    what: str
    why: str
    applies: Callable[[Values], bool]
    everywhere: bool = False


def is_production(values: Values) -> bool:
    """Whether the base address or any host name is one that leads here from elsewhere."""
    names = [urlsplit(values["KENO_BASE_URL"]).hostname or "", *values["KENO_ALLOWED_HOSTS"]]
    return not all(_is_local(name) for name in names)


def refusals(values: Values) -> Iterator[Refusal]:
    """What is refused of these values; on a machine of one's own only what is refused everywhere."""
    production = is_production(values)
    for rule in RULES:
        if (production or rule.everywhere) and rule.applies(values):
            who = "every installation" if rule.everywhere else "production"
            yield Refusal(name=rule.name, sentence=f"{who} refuses {rule.what} ({rule.name}): {rule.why}")


def accepted_unknown(values: Values) -> list[str]:
    """Accepted risks that are none."""
    names = {rule.name for rule in RULES}
    return [
        f"KENO_ACCEPTED_RISKS names {one!r}; there are {', '.join(sorted(names))}"
        for one in values["KENO_ACCEPTED_RISKS"]
        if one not in names
    ]


def _is_local(name: str) -> bool:
    return name in LOCAL_NAMES or name.endswith(".localhost")


def _bits(text: str) -> float:
    """
    How many bits a text would have if its characters were drawn with the frequencies that they have in it; of one that
    repeats itself only the part that is repeated.
    """
    text = text[: (text + text).find(text, 1)]
    counts, size = Counter(text), len(text)
    return -sum(count * math.log2(count / size) for count in counts.values()) if size else 0.0


def _has_weak_secret(values: Values) -> bool:
    secret = values["KENO_SECRET_KEY"]
    return len(secret) < SECRET_KEY_LENGTH_MIN or _bits(secret) < SECRET_BITS_MIN


def _has_weak_seal(values: Values) -> bool:
    return any(_bits(key.hex()) < SECRET_BITS_MIN for key in (values["KENO_SEAL_KEY"], *values["KENO_SEAL_KEYS_OLD"]))


def _has_open_database(values: Values) -> bool:
    parts = conninfo_to_dict(values["DATABASE_URL"])
    host = str(parts.get("host") or "")
    shown = any(parts.get(name) for name in ("password", "passfile", "sslcert", "service"))
    return not shown and not host.startswith("/") and bool(host)


def _trusts_everybody(values: Values) -> bool:
    return any(ip_network(one).prefixlen == 0 for one in values["KENO_TRUSTED_PROXIES"])


def _has_short_token(values: Values) -> bool:
    token = values["KENO_METRICS_TOKEN"]
    return bool(token) and len(token) < SECRET_KEY_LENGTH_MIN


RULES = (
    Rule(
        name="plain-http",
        what="a KENO_BASE_URL without https",
        why="sessions and keys would travel in the clear",
        applies=lambda values: not values["KENO_BASE_URL"].startswith("https://"),
    ),
    Rule(
        name="local-base-url",
        what="a KENO_BASE_URL of this machine beside host names of others",
        why="links, signatures and the origins that may post would be wrong",
        applies=lambda values: _is_local(urlsplit(values["KENO_BASE_URL"]).hostname or ""),
    ),
    Rule(
        name="any-host",
        what="`*` in KENO_ALLOWED_HOSTS",
        why="a stranger's host name would stand in links that we make",
        applies=lambda values: "*" in values["KENO_ALLOWED_HOSTS"],
    ),
    Rule(
        name="demo",
        what="KENO_DEMO=1",
        why="it gives any visitor a player's session",
        applies=lambda values: bool(values["KENO_DEMO"]),
    ),
    Rule(
        name="faults-on-purpose",
        what="KENO_FAULTS_ON_PURPOSE",
        why="processes would die where a plan says so",
        applies=lambda values: bool(values["KENO_FAULTS_ON_PURPOSE"]),
    ),
    Rule(
        name="weak-secret-key",
        what=f"a KENO_SECRET_KEY of fewer than {SECRET_KEY_LENGTH_MIN} characters, or one that is no random text",
        why="it signs sessions of staff; make one with `openssl rand -hex 32`",
        applies=_has_weak_secret,
    ),
    Rule(
        name="weak-seal-key",
        what="a seal key that is no random number",
        why="it seals the seeds of rounds; make one with `openssl rand -hex 32`",
        applies=_has_weak_seal,
    ),
    Rule(
        name="open-database",
        what="a DATABASE_URL without a password, a certificate or a password file",
        why="whoever reaches the server would read and write every operator's books",
        applies=_has_open_database,
    ),
    Rule(
        name="any-proxy",
        what="a KENO_TRUSTED_PROXIES that holds every address",
        why="a caller could choose the address that it is limited and allowed by",
        applies=_trusts_everybody,
    ),
    Rule(
        name="short-metrics-token",
        what=f"a KENO_METRICS_TOKEN of fewer than {SECRET_KEY_LENGTH_MIN} characters",
        why="operators' turnover stands behind it",
        applies=_has_short_token,
    ),
    Rule(
        name="plain-database",
        what="a DATABASE_URL to another machine without `sslmode=verify-full`",
        why="bets, money and sessions could be read and changed on the way",
        applies=lambda values: not encryption.database_is_private(values["DATABASE_URL"]),
        everywhere=True,
    ),
    Rule(
        name="plain-redis",
        what="a REDIS_URL to another machine that is not `rediss://`, or that takes any certificate",
        why="whoever sits on the way could read players' frames and order settlements",
        applies=lambda values: not encryption.redis_is_private(values["REDIS_URL"]),
        everywhere=True,
    ),
    Rule(
        name="plain-clickhouse",
        what="a KENO_CLICKHOUSE on another machine on a port other than 8443 and 443, where it speaks TLS",
        why="its password and the archive's bets would travel in the clear",
        applies=lambda values: not encryption.clickhouse_is_private(values["KENO_CLICKHOUSE"]),
        everywhere=True,
    ),
)
