"""
A database of its own, a copy of the worker's, that Django talks to as the server's superuser: whoever tampers here has
every right there is. It holds a small record of three logs, and goes away afterwards.
"""

import contextlib
import os
import random
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from uuid import UUID, uuid4

import psycopg
from django.core.management import call_command
from django.db import connection, connections, transaction

from audit import services as audit
from audit.models import Checkpoint
from audit.ports import ports
from audit.services import Event
from audit.services.sealing import anchor_latest
from audit.verification import Finding, Knowledge, verify
from keno_platform.database import connecting
from keno_platform.local.postgres import OWNER, SUPERUSER
from tests.audit.horizon import seal_all

TABLES = ("checkpointroot", "loghead", "treenode", "leaf", "checkpoint", "auditentry")


@contextmanager
def superuser_in_a_copy() -> Iterator[None]:
    """Django's connection as the superuser's, to a database with the tables that all operators share."""
    given = connections.settings["default"]
    name, user = given["NAME"], given["USER"]
    copy = f"{name}_tampered_{os.getpid()}"
    connections.close_all()
    given["USER"] = SUPERUSER
    try:
        template = _template(name)
        with _server() as server:
            server.execute(f'DROP DATABASE IF EXISTS "{copy}"')
            server.execute(f'CREATE DATABASE "{copy}" OWNER {OWNER} TEMPLATE "{template}" STRATEGY file_copy')
        given["NAME"] = copy
        yield
    finally:
        connections.close_all()
        given["NAME"], given["USER"] = name, user
        with _server() as server:
            server.execute(f'DROP DATABASE IF EXISTS "{copy}"')


@cache
def _template(name: str) -> str:
    """Migrated once in a process: of the worker's own database no copy can be made while a thread is connected."""
    template = f"{name}_template_{os.getpid()}"
    given = connections.settings["default"]
    with _server() as server:
        server.execute(f'CREATE DATABASE "{template}" OWNER {OWNER}')
    given["NAME"], given["USER"] = template, OWNER
    try:
        call_command("migrate_schemas", shared=True, verbosity=0)
    finally:
        connections.close_all()
        given["NAME"], given["USER"] = name, SUPERUSER
    return template


@contextmanager
def _server() -> Iterator[psycopg.Connection[tuple[object, ...]]]:
    parameters = connecting.parameters("scratch") | {"user": SUPERUSER, "dbname": "postgres"}
    with contextlib.closing(psycopg.connect(**parameters, autocommit=True)) as server:
        yield server


def execute(statement: str, parameters: list[object] | None = None) -> int:
    """Run a statement; returns how many rows it touched."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return int(cursor.rowcount)


def rows(statement: str, parameters: list[object] | None = None) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        return cursor.fetchall()


@contextmanager
def tampering() -> Iterator[None]:
    """What happens inside is done past every trigger and foreign key, and is undone at the end."""
    with transaction.atomic():
        execute("SET LOCAL session_replication_role = replica")
        yield
        transaction.set_rollback(True)


def make_record(rng: random.Random) -> list[UUID]:
    """Some 380 entries in three logs under some 25 checkpoints, some of them given to the chain."""
    with transaction.atomic():
        execute("SET LOCAL session_replication_role = replica")
        for table in TABLES:
            execute(f"DELETE FROM public.audit_{table}")
        execute("DELETE FROM public.anchors_root WHERE kind = 3")
    logs = [uuid4(), uuid4(), None]
    for _ in range(24):
        with transaction.atomic():
            audit.record_many([_event(rng, logs, turn) for turn in range(rng.randrange(2, 20))])
        with transaction.atomic():
            audit.record_many([_event(rng, logs[:1], turn) for turn in range(rng.randrange(7, 14))])
        assert seal_all() > 0
        if rng.random() < 0.2:
            anchor_latest()
    assert ports.own_keys is not None
    _OWN["keys"] = ports.own_keys()
    return [log or UUID(int=0) for log in logs]


def _event(rng: random.Random, logs: list[UUID | None], number: int) -> Event:
    return Event(
        event_type=rng.choice(["round.voided", "bet.cancelled", "player.blocked"]),
        description=f"number {number}",
        actor=f"staff:{rng.randrange(5)}",
        address=rng.choice([None, "192.0.2.7", "2001:db8::1"]),
        operator_id=rng.choice(logs),
        round_id=rng.choice([None, rng.randrange(1000)]),
        bet_id=rng.choice([None, uuid4()]),
        before=rng.choice([None, {"blocked": False, "limit": "12.50"}]),
        after={"blocked": True, "at": rng.randrange(9)},
    )


def knowledge(kept: dict[int, bytes] | None = None) -> Knowledge:
    return Knowledge(keys=_OWN["keys"], kept=kept or {})


_OWN: dict[str, frozenset[bytes]] = {}
"""The keys of the house, as of when the record was made: to open them takes longer than a verification."""


def kept_now() -> dict[int, bytes]:
    """What somebody outside keeps: the newest checkpoint."""
    newest = Checkpoint.objects.latest("number")
    return {newest.number: bytes(newest.message)}


def named(findings: list[Finding]) -> set[str]:
    """Every name that the findings give, places of a range one by one."""
    names = set[str]()
    for subject in (subject for one in findings for subject in one.subjects):
        names.add(subject)
        if subject.startswith("places "):
            _, log, extent = subject.split()
            first, last = map(int, extent.split("-"))
            names |= {f"place {log} {index}" for index in range(first, last + 1)}
    return names


def found(kept: dict[int, bytes] | None = None) -> list[Finding]:
    return verify(knowledge(kept))
