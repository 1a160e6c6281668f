"""What Django connects to the database with, and connections beside its own, for purposes of their own."""

from typing import Any

from django.db import connections
from psycopg.conninfo import conninfo_to_dict

from keno_platform.database.patience import Patient

CONNECT_S = 5


def configured(url: str, *, name: str, pool_size: int) -> dict[str, Any]:
    """
    Django's `DATABASES["default"]`. With a pool a process shares so many connections among its threads, and waits for
    answers with patience that ends: only the web does. 0 means one a thread. The server shows the name.
    """
    parts = conninfo_to_dict(url)
    options: dict[str, Any] = {
        "application_name": name,
        # A client that freezes inside a transaction may hold the gate of a round: the server ends it.
        "options": "-c idle_in_transaction_session_timeout=10s",
    }
    if pool_size:
        options["pool"] = {"min_size": 2, "max_size": pool_size, "timeout": 15, "connection_class": Patient}
    return {
        "ENGINE": "operators.backend",
        "NAME": parts.pop("dbname", "postgres"),
        "USER": parts.pop("user", ""),
        "PASSWORD": parts.pop("password", ""),
        "HOST": parts.pop("host", ""),
        "PORT": parts.pop("port", ""),
        "OPTIONS": {**parts, **options},
        "CONN_MAX_AGE": 0 if pool_size else None,
        "CONN_HEALTH_CHECKS": True,
        "ATOMIC_REQUESTS": False,
    }


def parameters(purpose: str, *options: str) -> dict[str, Any]:
    """
    What psycopg connects with, as Django knows it now; `purpose` is added to the name that the server shows, `options`
    are settings of the server for this connection, such as `jit=off`.
    """
    given = connections.settings["default"]
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    texts = {name: value for name, value in given["OPTIONS"].items() if isinstance(value, str)}
    known = {name: given[key] for name, key in names.items() if given[key]}
    settings = " ".join([texts.pop("options", ""), *(f"-c {option}" for option in options)]).strip()
    called = f"{texts.pop('application_name', 'keno')}-{purpose}"
    return {"connect_timeout": CONNECT_S, **texts, **known, "options": settings, "application_name": called}
