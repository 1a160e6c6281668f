"""Delivery by a real worker of Celery's, woken through the broker, as beat does it."""

import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator

import pytest
from django.conf import settings
from psycopg.conninfo import make_conninfo

from keno_platform.celery import app
from operators.models import Operator
from tests.support.database import parameters
from tests.webhooks.conftest import Subscribe
from tests.webhooks.receivers import Got, Receiver, Reply
from tests.webhooks.steps import settled
from webhooks.services import emit


@pytest.fixture
def queue(clean: None, unique: Callable[[str], str]) -> Iterator[str]:
    """A worker on a queue of its own: other tests' processes share the broker."""
    name = unique("webhooks")
    command = [sys.executable, "-m", "celery", "-A", "keno_platform", "worker", "-n", f"{name}@%h", "-Q", name]
    quiet = ["--pool", "solo", "--without-gossip", "--without-mingle", "-l", "WARNING"]
    environment = {**os.environ, "DATABASE_URL": make_conninfo(**parameters())}
    worker = subprocess.Popen([*command, *quiet], env=environment)
    yield name
    worker.terminate()
    assert worker.wait(60) == 0


def test_beat_wakes_tasks_that_there_are() -> None:
    app.loader.import_default_modules()
    ours = {name: one for name, one in settings.CELERY_BEAT_SCHEDULE.items() if one["task"].startswith("webhooks.")}
    assert {one["task"] for one in ours.values()} == {"webhooks.deliver", "webhooks.prune"}
    assert all(one["task"] in app.tasks for one in ours.values())
    assert ours["webhooks"]["options"]["queue"] == "webhooks"


def test_a_worker_delivers_when_it_is_woken(
    queue: str, subscribe: Subscribe, operator_a: Operator, receiver: Receiver
) -> None:
    all_here = threading.Event()

    def answer(_: Got) -> Reply:
        if len(receiver.got) >= 30:
            all_here.set()
        return Reply()

    receiver.answer = answer
    _, secret = subscribe(receiver.url)
    for _ in range(30):
        emit(operator=operator_a, event="bet.settled", data=settled())
    for _ in range(3):
        app.send_task("webhooks.deliver", queue=queue, expires=60)
    assert all_here.wait(60)
    assert len(set(receiver.ids)) == 30
    assert all(got.read_with(secret) for got in receiver.got)
