"""Processes that die, stand still, are asked to end, or have too much company."""

import contextlib
import os
import signal
from collections.abc import Iterator

import psutil

from keno_platform.local.supervision import Group
from tests.faults.catalogue.fault import Fault, Parameters, both, one_of
from tests.faults.ground import Ground

WORKERS = ("settlement", "settlement-2", "settlement-3", "wallet", "webhooks")
LEADERS = ("rounds", "rounds-2")
BEATS = ("beat", "beat-2")
WEBS = ("web", "web-2")
STUMBLING = {
    "placement.before": WEBS,
    "placement.after": WEBS,
    "seamless.opened": WEBS,
    "seamless.asked": WEBS,
    "seamless.concluded": WEBS,
    "http.answer": WEBS,
    "settlement.before": WORKERS,
    "settlement.uncommitted": WORKERS,
    "settlement.after": WORKERS,
    "rounds.before_step": LEADERS,
    "rounds.uncommitted": LEADERS,
    "rounds.after_step": LEADERS,
    "delivery.before": WORKERS,
    "delivery.after": WORKERS,
    "delivery.uncommitted": WORKERS,
    "webhooks.before": WORKERS,
    "webhooks.after": WORKERS,
    "anchors.before": ("anchors",),
    "anchors.after": ("anchors",),
    "task.done": (*WORKERS, *LEADERS),
}
"""Points of docs/chaos.md, and who comes by there."""
ENDLESS = "http.answer"
"""Where an error would be nobody's: what is outside of all handling."""


@contextlib.contextmanager
def kill(ground: Ground, parameters: Parameters) -> Iterator[None]:
    """kill -9, with all that it has started."""
    process = ground.process(parameters["program"])
    for one in (*_children(process), process):
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
    yield


@contextlib.contextmanager
def kill_child(ground: Ground, parameters: Parameters) -> Iterator[None]:
    """kill -9 of a forking worker's children alone: the parent hands their messages on."""
    for one in _children(ground.process("settlement-2")):
        with contextlib.suppress(psutil.NoSuchProcess):
            one.kill()
    yield


@contextlib.contextmanager
def end(ground: Ground, parameters: Parameters) -> Iterator[None]:
    """SIGTERM, as a deploy sends it; the supervisor starts it again."""
    ground.process(parameters["program"]).send_signal(signal.SIGTERM)
    yield


@contextlib.contextmanager
def stand_still(ground: Ground, parameters: Parameters) -> Iterator[None]:
    """SIGSTOP: alive by all appearances, and does nothing; then it goes on as if no time had passed."""
    pids = [process.pid for name in parameters["programs"] for process in [ground.process(name)]]
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


@contextlib.contextmanager
def stay_away(ground: Ground, parameters: Parameters) -> Iterator[None]:
    """Stopped, and not started again for a while."""
    for name in parameters["programs"]:
        ground.stop(name, Group.PROGRAMS)
    try:
        yield
    finally:
        for name in parameters["programs"]:
            ground.start(name, Group.PROGRAMS)


@contextlib.contextmanager
def do_twice(ground: Ground, parameters: Parameters) -> Iterator[None]:
    """One of the workers of settlement does every task a second time."""
    ground.twice.touch()
    try:
        yield
    finally:
        ground.twice.unlink()


@contextlib.contextmanager
def ask_thrice(ground: Ground, parameters: Parameters) -> Iterator[None]:
    """Every call of every client is made three times at once, with the same key."""
    storm = ground.home.path / "storm"
    storm.touch()
    try:
        yield
    finally:
        storm.unlink()


@contextlib.contextmanager
def stumble(ground: Ground, parameters: Parameters) -> Iterator[None]:
    """Processes die, fail or wait at a point of their own code."""
    act = {"act": parameters["act"], "share": parameters["share"], "seconds": parameters.get("seconds", 0.0)}
    ground.stumble({"seed": parameters["seed"], "points": {parameters["point"]: act}})
    try:
        yield
    finally:
        ground.stumble({})


def _children(process: psutil.Process) -> list[psutil.Process]:
    try:
        return process.children(recursive=True)
    except psutil.NoSuchProcess:
        return []


def _points(*acts: str):  # type: ignore[no-untyped-def]
    points = [point for point in STUMBLING if not (point == ENDLESS and "fail" in acts)]
    share = {"die": 0.05, "fail": 0.15, "pause": 0.3}
    return both(
        one_of("point", *points),
        one_of("act", *acts),
        lambda _: {"share": share[acts[0]]},
        one_of("seconds", 0.5, 2.0, 4.0),
        lambda chance: {"seed": chance.randrange(1 << 30)},
    )


FAULTS = (
    Fault(number="F1", kind="worker killed", hurt=kill, choose=one_of("program", *WORKERS), weight=2),
    Fault(number="F1", kind="killed at a point", hurt=stumble, choose=_points("die"), hold_s=(1.5, 4), weight=4),
    Fault(number="F2", kind="worker's child killed", hurt=kill_child),
    Fault(number="F3", kind="every task twice", hurt=do_twice, hold_s=(4, 10), weight=2),
    Fault(number="F7", kind="beat killed", hurt=kill, choose=one_of("program", *BEATS)),
    Fault(
        number="F7", kind="no beat at all", hurt=stay_away, choose=lambda _: {"programs": list(BEATS)}, hold_s=(3, 8)
    ),
    Fault(
        number="F7",
        kind="beats stand still",
        hurt=stand_still,
        choose=lambda _: {"programs": list(BEATS)},
        hold_s=(3, 10),
    ),
    Fault(number="F7", kind="leader killed", hurt=kill, choose=one_of("program", *LEADERS), weight=2),
    Fault(
        number="F7",
        kind="leader stands still",
        hurt=stand_still,
        choose=one_of("programs", *[[one] for one in LEADERS], list(LEADERS)),
        hold_s=(2, 8),
        weight=2,
    ),
    Fault(number="F22", kind="web killed", hurt=kill, choose=one_of("program", *WEBS), weight=2),
    Fault(
        number="F22",
        kind="web stands still",
        hurt=stand_still,
        choose=one_of("programs", *[[one] for one in WEBS]),
        hold_s=(1, 6),
    ),
    Fault(number="F22", kind="error at a point", hurt=stumble, choose=_points("fail"), hold_s=(1.5, 4), weight=3),
    Fault(number="F23", kind="pause at a point", hurt=stumble, choose=_points("pause"), hold_s=(2, 6), weight=3),
    Fault(number="F23", kind="every call three times at once", hurt=ask_thrice, hold_s=(2, 5), weight=2),
    Fault(
        number="F29",
        kind="asked to end",
        hurt=end,
        choose=one_of("program", *WEBS, *WORKERS, *LEADERS, *BEATS, "anchors"),
        weight=3,
    ),
)
