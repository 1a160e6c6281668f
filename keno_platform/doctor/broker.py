"""What the broker must be."""

import time
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import redis
from django.conf import settings

from keno_platform.doctor.checks import Area, Fault, Notice, Register
from keno_platform.monitoring.collecting import QUEUES

check = Register(Area.BROKER)
WAITING_MAX = 200
ANSWER_MAX_MS = 20
_CLI = 'redis-cli -u "$REDIS_URL"'


@cache
def _client() -> "redis.Redis":
    return redis.Redis.from_url(settings.REDIS_URL, socket_timeout=2, socket_connect_timeout=2, decode_responses=True)


def _info(section: str) -> dict[str, Any]:
    found: Any = _client().info(section)
    return dict(found)


@check(mend=f"Is it running, and is REDIS_URL right? {_CLI} PING")
def broker_answers() -> str:
    _client().ping()
    began = time.perf_counter()
    for _ in range(5):
        _client().ping()
    took_ms = (time.perf_counter() - began) * 200
    if took_ms > ANSWER_MAX_MS:
        raise Notice(f"{took_ms:.0f} ms a question", mend="Move the processes to the broker's network")
    server = _info("server")
    return f"{server.get('server_name', 'redis')} {server.get('valkey_version') or server['redis_version']}"


@check(mend=f"{_CLI} CONFIG SET maxmemory-policy noeviction, and in its configuration file")
def nothing_is_evicted() -> str:
    policy = str(_info("memory").get("maxmemory_policy", ""))
    if policy != "noeviction":
        raise Fault(f"maxmemory-policy is {policy}: messages and limits would vanish when memory is short")
    return policy


@check(mend=f"Give it more memory: {_CLI} CONFIG SET maxmemory 1gb")
def broker_has_memory() -> str:
    memory = _info("memory")
    used, most = int(memory["used_memory"]), int(memory.get("maxmemory", 0))
    if most and used > most * 0.8:
        raise Fault(f"{used / 2**20:.0f} of {most / 2**20:.0f} MiB are used")
    return f"{used / 2**20:.0f} MiB"


@check(mend=f"{_CLI} CONFIG SET appendonly yes, and in its configuration file")
def broker_keeps_its_data() -> str:
    stored = _info("persistence")
    if not int(stored.get("aof_enabled", 0)):
        raise Notice("a restart forgets messages and limits; the sweepers find what is lost")
    if stored.get("aof_last_write_status", "ok") != "ok":
        raise Fault("its last write failed")
    return "append-only file"


@check(mend="Set requirepass or an ACL, and put the password into REDIS_URL")
def broker_asks_for_a_password() -> str:
    parts = urlsplit(settings.REDIS_URL)
    if parts.password or parts.scheme == "unix":
        return "yes"
    if settings.ENVIRONMENT.is_production:
        raise Notice("whoever reaches it can order settlements and read players' frames")
    return "not on this machine"


@check(mend="Is a worker serving that queue? docs/operations.md lists them")
def queues_are_short() -> str:
    lengths = {name: int(str(_client().llen(name))) for name in QUEUES}
    long = {name: length for name, length in lengths.items() if length > WAITING_MAX}
    if long:
        raise Fault(", ".join(f"{length} messages wait in `{name}`" for name, length in long.items()))
    return f"{sum(lengths.values())} messages wait"
