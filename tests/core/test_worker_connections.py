"""A worker keeps its connection to the database from task to task, and finds out when it is broken."""

import os
from types import SimpleNamespace
from typing import Any

import psycopg
import pytest
from celery import signals
from celery.fixups.django import DjangoWorkerFixup
from django.db import OperationalError, connection

from keno_platform.celery import app

pytestmark = pytest.mark.usefixtures("committed")


def _backend() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return int(cursor.fetchone()[0])


def _end(backend: int) -> None:
    with psycopg.connect(os.environ["DATABASE_URL"], autocommit=True) as other:
        other.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])


class _Task:
    """What Celery's signals tell of a task."""

    def __init__(self, *, eager: bool = False) -> None:
        self.request = SimpleNamespace(is_eager=eager)
        self.name, self.time_limit = "a.task", None


def _begin_a_task(*, eager: bool = False) -> None:
    signals.task_prerun.send(sender=_Task(eager=eager))


def test_celery_leaves_the_connection_open_between_tasks() -> None:
    fixup: Any = DjangoWorkerFixup(app)
    task = _Task()
    before = _backend()
    for _ in range(3):
        fixup.on_task_prerun(task)
        _begin_a_task()
        assert _backend() == before
        fixup.on_task_postrun(task)


def test_a_connection_that_the_server_has_ended_is_replaced_before_the_next_task() -> None:
    before = _backend()
    _end(before)
    _begin_a_task()
    assert _backend() != before


def test_a_connection_that_broke_inside_a_task_is_replaced_before_the_next() -> None:
    _begin_a_task()
    before = _backend()
    _end(before)
    with pytest.raises(OperationalError):
        _backend()
    _begin_a_task()
    assert _backend() != before


def test_a_task_that_runs_inside_its_caller_leaves_the_callers_connection_alone() -> None:
    before = _backend()
    _end(before)
    _begin_a_task(eager=True)
    with pytest.raises(OperationalError):
        _backend()
