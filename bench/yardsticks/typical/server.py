"""The typical implementation as a benchmark starts it: a database of its own in the platform's server, two workers."""

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit, urlunsplit

import psycopg
from psycopg import sql

from bench.harness import ROOT, program, wait_for
from bench.load import Bettor
from keno_platform.local import ports

WORKERS = 2
NAME = "the same work as a DRF view with serializers, ORM, select_for_update and django-tenants"
SCHEMA = "op_typical"


@dataclass(frozen=True, slots=True, kw_only=True)
class Typical:
    """It, running: its address, its database, and a backend with players and an open round."""

    url: str
    database_url: str
    bettor: Bettor


@contextmanager
def running(server_url: str, *, players: int, balance: str) -> Iterator[Typical]:
    """
    Make a database in this server, furnish it, serve from it, and remove it.

    :raises psycopg.Error: this role may not create databases.
    """
    with _database(server_url) as database_url:
        environment = {"TYPICAL_DATABASE_URL": database_url, "DJANGO_SETTINGS_MODULE": ""}
        told = json.loads(_furnish(environment, players, balance))
        port = ports.find_free()
        listen = ["--host", "127.0.0.1", "--port", str(port), "--workers", str(WORKERS)]
        how = ["--interface", "wsgi", "--no-access-log", "--log-level", "error"]
        environment["DJANGO_SETTINGS_MODULE"] = "bench.yardsticks.typical.settings"
        with program("uvicorn", "bench.yardsticks.typical.wsgi:application", *listen, *how, **environment) as process:
            url = f"http://127.0.0.1:{port}"
            wait_for(url, process)
            yield Typical(url=url, database_url=database_url, bettor=Bettor(**told))


def _furnish(environment: dict[str, str], players: int, balance: str) -> str:
    done = subprocess.run(
        [sys.executable, "-m", "bench.yardsticks.typical.furnish", str(players), balance],
        capture_output=True,
        check=False,
        cwd=ROOT,
        env={**os.environ, **environment},
        text=True,
    )
    if done.returncode:
        raise RuntimeError(f"the typical implementation could not be furnished: {done.stderr[-2000:]}")
    return done.stdout


@contextmanager
def _database(server_url: str) -> Iterator[str]:
    name = f"typical_{secrets.token_hex(4)}"
    with psycopg.connect(server_url, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            yield urlunsplit(urlsplit(server_url)._replace(path=f"/{name}"))
        finally:
            connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))
