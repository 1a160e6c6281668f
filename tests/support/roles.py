"""
The database's roles, which all databases of a server share: tests that run at once make them one after the other.

They stay: whoever compares schemas makes them first, so that they are there before, between and after.
"""

import contextlib

import psycopg

from keno_platform.database import connecting, roles
from keno_platform.local.postgres import SUPERUSER


def make_roles() -> None:
    """Make those that there are not yet."""
    parameters = connecting.parameters("roles") | {"user": SUPERUSER, "dbname": "postgres"}
    with contextlib.closing(psycopg.connect(**parameters, autocommit=True)) as session, session.transaction():
        session.execute("SELECT pg_advisory_xact_lock(hashtext('roles'))")
        roles.make(session, roles.Roles())
