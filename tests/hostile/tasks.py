"""Celery's tasks by what their messages may name, a real worker for a queue of its own, and messages by hand."""

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

from celery import current_app
from django.conf import settings
from django.db import connection
from kombu import Queue

from keno_platform.local import children

NAMING = {
    "bets.settle_round": "an operator and a round",
    "bets.settle_rounds": "pairs of a round and an operator",
    "bets.tell_settled": "an operator and a round",
    "bets.share_out": "rounds",
    "flags.look_at": "an operator",
}
"""Tasks whose messages name something by its id; each finds in its rows what there is to do for it."""
PLAIN = {
    *("anchors.send", "approvals.expire", "audit.seal", "banker.keep_time", "bets.analyse_partitions"),
    *("bets.make_partitions", "bets.settle_overdue", "calls.keep_days", "flags.look", "reports.archive"),
    *(
        "reconciliation.notice_cluster",
        "reports.by_schedule",
        "reports.keep",
        "reports.make",
        "rounds.publish",
        "rounds.schedule_ahead",
        "rounds.tick",
    ),
    *("wallet.deliver", "webhooks.deliver", "webhooks.prune"),
}
"""Wake-ups: whatever stands in their messages is passed over."""


def registered() -> set[str]:
    """Every task that a worker of the platform knows, but for Celery's own."""
    current_app.loader.import_default_modules()
    return {name for name in current_app.tasks if not name.startswith("celery.")}


@contextmanager
def worker(directory: Path) -> Iterator[str]:
    """A worker of a queue of its own, on the database of this test; the name of the queue."""
    queue = f"hostile-{uuid4().hex}"
    environment = os.environ | {
        "DATABASE_URL": f"{os.environ['DATABASE_URL'].rpartition('/')[0]}/{connection.settings_dict['NAME']}",
        "DJANGO_SETTINGS_MODULE": "keno_platform.settings",
        "KENO_LOG_LEVEL": "INFO",
    }
    command = [sys.executable, "-m", "celery", "-A", "keno_platform", "worker", "-Q", queue, "--pool", "solo"]
    command += ["-n", f"{queue}@%h", "--without-gossip", "--without-mingle"]
    log = directory / "worker.log"
    with log.open("wb") as output:
        process = children.start(command, output=output, environment=environment, directory=Path(settings.BASE_DIR))
        try:
            yield queue  # what is sent before it is ready waits for it
            assert process.poll() is None, log.read_text()[-3000:]
        except BaseException:
            print(log.read_text()[-5000:])
            raise
        finally:
            _stop(process)


def _stop(process: "subprocess.Popen[bytes]") -> None:
    children.stop(process)


def publish(queue: str, name: str, *, headers: Mapping[str, Any] | None = None, args: Any = (), **given: Any) -> None:
    """A message as Celery makes it, with headers that it would not make."""
    message = current_app.amqp.as_task_v2(uuid4().hex, name, args=tuple(args), kwargs=given)
    publish_raw(queue, message.body, headers={**message.headers, **(headers or {})})


def publish_raw(queue: str, body: Any, *, headers: Mapping[str, Any] | None = None, **more: Any) -> None:
    """Any body under any headers. A body that is text or bytes goes out as it is."""
    with current_app.connection_for_write() as line, line.Producer(auto_declare=False) as producer:
        producer.publish(
            body,
            routing_key=queue,
            exchange="",
            declare=[Queue(queue, routing_key=queue, exchange="")],
            headers=dict(headers or {}),
            **more,
        )
