"""Afterwards: what nobody knows is asked once more, and what is under way comes to its end."""

import asyncio
import time
from collections.abc import Iterable, Mapping
from typing import Any

import psycopg

from tests.faults.client import Backend
from tests.faults.ground import Ground
from tests.faults.history import UNKNOWN, Operation

RESOLVED_WITHIN_S = 240.0
QUIET_WITHIN_S = 420.0
"""Rounds end, and pauses between attempts at a wallet run out: after many failures they are minutes long."""
AT_ONCE = 16
LOOK_S = 1.0
SCHEMAS = ("op_savanna", "op_baobab", "op_sandbox")


async def resolve(
    base_url: str, operators: Iterable[Mapping[str, Any]], told: Mapping[tuple[str, str], Operation]
) -> list[Operation]:
    """
    Each unknown operation as it is told now, under its own key: of a bulk call all of it, as it was sent before. One
    that stays unknown for minutes is left so.
    """
    backends = {one["slug"]: Backend(base_url, one["slug"], one["api_key"]) for one in operators}
    room, end = asyncio.Semaphore(AT_ONCE), time.monotonic() + RESOLVED_WITHIN_S

    async def settle(group: list[Operation]) -> list[Operation]:
        async with room:
            while any(one.outcome == UNKNOWN for one in group) and time.monotonic() < end:
                backend = backends[group[0].operator]
                bulk = group[0].item is not None
                group = await backend.attempt_bulk(group) if bulk else [await backend.attempt(group[0])]
                await asyncio.sleep(0.2)
        return group

    groups: dict[tuple[str, str], list[Operation]] = {}
    for one in told.values():
        groups.setdefault((one.operator, one.key.partition("#")[0]), []).append(one)
    unknown = [group for group in groups.values() if any(one.outcome == UNKNOWN for one in group)]
    settled = await asyncio.gather(*(settle(sorted(group, key=lambda one: one.item or 0)) for group in unknown))
    for backend in backends.values():
        await backend.close()
    return [one for group in settled for one in group]


def wait_until_quiet(ground: Ground) -> tuple[bool, str]:
    """Whether every bet is settled, every call definite, and every finished round in a tree; and what is not."""
    end, waiting = time.monotonic() + QUIET_WITHIN_S, ""
    while time.monotonic() < end:
        try:
            waiting = _waiting(ground)
        except psycopg.Error as error:
            waiting = f"the database: {error}"
        if not waiting:
            return True, ""
        time.sleep(LOOK_S)
    return False, waiting


def _waiting(ground: Ground) -> str:
    found = {name: ground.rows(statement)[0][0] for name, statement in _OPEN.items()}
    for schema in SCHEMAS:
        for name, statement in _OPEN_OF.items():
            found[f"{schema}: {name}"] = ground.rows(statement.format(schema=schema))[0][0]
    return ", ".join(f"{count} {name}" for name, count in found.items() if count)


_OPEN = {
    "rounds late": """
        SELECT count(*) FROM rounds_round WHERE status NOT IN ('revealed', 'void', 'scheduled')
        AND closes_at < clock_timestamp() - interval '3 seconds'""",
    "rounds without a tree": """
        SELECT count(*) FROM rounds_round WHERE status IN ('revealed', 'void') AND results_tree_id IS NULL
        AND coalesce(revealed_at, voided_at) < clock_timestamp() - interval '20 seconds'
        AND closes_at < clock_timestamp() - interval '20 seconds'""",
    "epochs or trees not on the chain": """
        SELECT count(*) FROM anchors_root r WHERE created_at < clock_timestamp() - interval '90 seconds'
        AND NOT EXISTS (SELECT 1 FROM anchors_transaction t WHERE t.seq = r.seq AND t.status = 'final')""",
    "events without a number": "SELECT count(*) FROM webhooks_event WHERE sequence IS NULL",
}
_OPEN_OF = {
    "calls under way": """
        SELECT count(*) FROM {schema}.wallet_walletcall WHERE due_at IS NOT NULL OR state = 'in_doubt'""",
    "bets not settled": "SELECT count(*) FROM {schema}.bets_betstate WHERE settlement_status = 'pending'",
    "attempts at bets": "SELECT count(*) FROM {schema}.bets_attempt WHERE created_at > now() - interval '10 seconds'",
}
