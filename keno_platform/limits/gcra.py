"""
The script that counts: the generic cell rate algorithm, for the limits of many calls in one question to Redis.

Of each limit Redis keeps one number, the moment until which what was taken is paid for. It goes by Redis' own clock, so
that processes whose clocks differ count alike, and it vanishes by itself when it is in the past.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from keno_platform.limits.demands import Answer, Demands, Verdict

DEBT_MAX = 1_000
"""Units of one call beyond its limit's burst: a whole batch is taken or refused as one, and waited for afterwards."""

SCRIPT = """
local clock = redis.call('TIME')
local now = clock[1] * 1000000 + clock[2]
local at, first, told = 2, 0, {}
for _ = 1, tonumber(ARGV[1]) do
    local count, granted, limits = tonumber(ARGV[at]), true, {}
    at = at + 1
    for place = 1, count do
        local one = {
            key = KEYS[first + place], interval = tonumber(ARGV[at]), burst = tonumber(ARGV[at + 1]),
            units = tonumber(ARGV[at + 2]), up_to = tonumber(ARGV[at + 3])
        }
        at = at + 4
        local paid = tonumber(redis.call('GET', one.key) or 0) or 0
        -- What is further ahead than anybody can take was written before the clock was set back.
        if paid < now or paid > now + (one.burst + %(debt)d) * one.interval then paid = now end
        local spare = one.burst * one.interval - (paid - now)
        one.paid, one.free = paid, math.max(0, math.floor(spare / one.interval))
        one.wait = math.max(0, math.min(one.units, one.burst) * one.interval - spare)
        if one.free < math.min(one.units, one.burst) then granted = false end
        limits[place] = one
    end
    first = first + count
    told[#told + 1] = granted and 1 or 0
    for place = 1, count do
        local one, taken = limits[place], 0
        if granted then
            taken = math.max(one.units, math.min(one.up_to, one.free))
            one.wait = 0
        end
        if taken > 0 then
            local paid = one.paid + taken * one.interval
            redis.call('SET', one.key, string.format('%%.2f', paid), 'PX', math.ceil((paid - now) / 1000) + 1)
        end
        told[#told + 1] = taken
        told[#told + 1] = math.max(0, one.free - taken)
        told[#told + 1] = math.ceil(one.wait)
    end
end
return told
""" % {"debt": DEBT_MAX}  # noqa: UP031  # Lua is full of braces


def ask(many: Sequence[Demands]) -> tuple[list[str], list[Any]]:
    """The keys and arguments of the script for the limits of so many calls."""
    keys: list[str] = []
    arguments: list[Any] = [len(many)]
    for demands in many:
        arguments.append(len(demands))
        for one in demands:
            keys.append(one.key)
            arguments += [_interval_us(one.rate.per_second), one.rate.burst, one.units, one.up_to]
    return keys, arguments


@lru_cache(maxsize=1024)
def _interval_us(per_second: float) -> str:
    return repr(1_000_000 / per_second)


def read(many: Sequence[Demands], told: Sequence[int]) -> list[Verdict]:
    """What the script has told, call by call."""
    verdicts, at = [], 0
    for demands in many:
        allowed = told[at] == 1
        at += 1
        answers = []
        for one in demands:
            taken, left, wait_us = told[at : at + 3]
            answers.append(Answer(one, taken, left, wait_us / 1_000_000))
            at += 3
        verdicts.append(Verdict(allowed, tuple(answers)))
    return verdicts
