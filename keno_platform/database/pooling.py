"""
Refusing a pooler in transaction mode.

There, the next statement of a connection runs in whichever server process is free, with the search path and the guard's
word that somebody else has left in it: reads show another operator's rows, and no error tells of it. So the first
connection of each process to a database is tried out before it is used, beside a second one; see docs/tenancy.md.
"""

import logging
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any
from uuid import uuid4

import psycopg
from django.db import connection as django_connection
from django.db.utils import DatabaseError, OperationalError

logger = logging.getLogger(__name__)
ROUNDS = 3
"""How often each connection is looked at twice in a row, alone and while the other one is inside a transaction."""
_NAMES = frozenset(
    {"host", "hostaddr", "port", "user", "password", "passfile", "dbname", "service", "options", "connect_timeout"}
)
_tried: set[tuple[str, ...]] = set()
_trying = threading.Lock()


class TransactionPooling(OperationalError):
    """Statements of one connection reach several server processes: nothing may be read or written through it."""


def require_at_start() -> None:
    """
    Connect once, so that a process ends at its start instead of refusing every call. A database that does not answer
    yet is no reason: the first connection that comes about is tried out all the same.

    :raises TransactionPooling: as below.
    """
    try:
        django_connection.ensure_connection()
    except TransactionPooling:
        raise
    except DatabaseError:
        logger.warning("the database does not answer yet; a pooler before it is looked for later")
    finally:
        django_connection.close()


def require_sessions_once(parameters: Mapping[str, Any]) -> None:
    """
    `require_sessions`, when this process has not yet tried this database. What a fork inherits has been tried.

    :raises TransactionPooling: as there. :raises psycopg.Error: the database does not answer; the next call tries.
    """
    place = tuple(str(parameters.get(name)) for name in ("host", "hostaddr", "port", "dbname", "service"))
    if place in _tried:
        return
    with _trying:
        if place not in _tried:
            require_sessions(parameters)
            _tried.add(place)


def require_sessions(parameters: Mapping[str, Any]) -> None:
    """
    Try with two connections whether each has a server process to itself.

    A pooler that is idle hands both the same process, which shows at once; one that hands them out in turn shows when
    one connection asks twice.

    :raises TransactionPooling: they have not. :raises psycopg.Error: the database does not answer.
    """
    own = {name: value for name, value in parameters.items() if name in _NAMES or name.startswith("ssl")}
    with ExitStack() as stack:
        clients = [_Client(stack.enter_context(_connected(own))) for _ in range(2)]
        _require_apart(clients)
        for _ in range(ROUNDS):
            for client, other in (clients, clients[::-1]):
                client.look()
                client.look()
                with client.connection.transaction():
                    client.look()
                    other.look()


@contextmanager
def _connected(parameters: Mapping[str, Any]) -> "Iterator[psycopg.Connection[Any]]":
    with psycopg.connect(**parameters, autocommit=True, prepare_threshold=None) as connection:
        yield connection


class _Client:
    """A connection with a setting of its own, and the server process that it has found."""

    def __init__(self, connection: "psycopg.Connection[Any]") -> None:
        self.connection, self.mark = connection, uuid4().hex
        [self.process, _] = self._ask("SELECT pg_backend_pid(), set_config('keno.session', %s, false)")

    def look(self) -> None:
        """:raises TransactionPooling: another process answers, or one that has forgotten the setting."""
        own = self._ask("SELECT pg_backend_pid(), current_setting('keno.session', true) = %s")
        if own != (self.process, True):
            raise _refused()

    def _ask(self, statement: str) -> tuple[Any, ...]:
        found = self.connection.execute(statement, [self.mark]).fetchone()
        return found or ()


def _require_apart(clients: Sequence[_Client]) -> None:
    if len({client.process for client in clients}) < len(clients):
        raise _refused()


def _refused() -> TransactionPooling:
    return TransactionPooling(
        "statements of one connection reach several server processes: between here and PostgreSQL stands a pooler in"
        " transaction or statement mode, which would mix operators. Connect directly, or set it to session mode."
    )
