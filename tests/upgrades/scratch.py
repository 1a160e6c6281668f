"""A database of its own with three operators, at the version of the code, for each test that upgrades all of them."""

import contextlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache

import psycopg
from django.core.management import call_command
from django.db import connections

from keno_platform.database import connecting
from keno_platform.local.postgres import OWNER, SUPERUSER
from operators.services import OperatorTerms, create_operator
from tests.support.roles import make_roles

SCHEMAS = ("op_one", "op_three", "op_two")


@contextmanager
def three_operators() -> Iterator[None]:
    """Django's connection is to a fresh copy of a database with these; it goes away afterwards."""
    name = f"upgraded_{os.getpid()}"
    template = _template()
    with _server() as server:
        server.execute(f'CREATE DATABASE "{name}" OWNER {OWNER} TEMPLATE "{template}" STRATEGY file_copy')
    with _named(name):
        yield
    with _server() as server:
        server.execute(f'DROP DATABASE "{name}"')


@contextmanager
def empty_database() -> Iterator[None]:
    """Django's connection is to a database without tables; it goes away afterwards."""
    name = f"empty_{os.getpid()}"
    with _server() as server:
        server.execute(f'CREATE DATABASE "{name}" OWNER {OWNER}')
    with _named(name):
        yield
    with _server() as server:
        server.execute(f'DROP DATABASE "{name}"')


@cache
def _template() -> str:
    name = f"upgraded_{os.getpid()}_template"
    make_roles()  # before and not between: an operator made later has the same rights then
    with _server() as server:
        server.execute(f'CREATE DATABASE "{name}" OWNER {OWNER}')
    with _named(name):
        call_command("migrate_schemas", shared=True, verbosity=0)
        for schema in SCHEMAS:
            create_operator(terms=terms(schema.removeprefix("op_")))
    return name


def terms(slug: str) -> OperatorTerms:
    return OperatorTerms(
        slug=slug,
        name=slug,
        currency_code="KES",
        domain=f"{slug}.localhost",
        min_bet=100,
        max_bet=100_000,
        max_win_per_ticket=10**9,
    )


@contextmanager
def _named(name: str) -> Iterator[None]:
    given = connections.settings["default"]
    before = given["NAME"]
    connections.close_all()
    given["NAME"] = name
    try:
        yield
    finally:
        connections.close_all()
        given["NAME"] = before


@contextmanager
def connected() -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    """A connection beside Django's, to the same database."""
    with contextlib.closing(psycopg.connect(**connecting.parameters("beside"))) as beside:
        yield beside


@contextmanager
def _server() -> Iterator["psycopg.Connection[tuple[object, ...]]"]:
    parameters = connecting.parameters("scratch") | {"user": SUPERUSER, "dbname": "postgres"}
    with contextlib.closing(psycopg.connect(**parameters, autocommit=True)) as server:
        yield server
