"""Lines between the platform and its servers that are slow, cut, silent or gone."""

import contextlib
from collections.abc import Iterator

from tests.faults.catalogue.fault import Fault, Parameters, one_of
from tests.faults.ground import Ground


@contextlib.contextmanager
def spoil(ground: Ground, parameters: Parameters) -> Iterator[None]:
    """One line in one way."""
    ground.spoil(parameters["line"], parameters["mode"])
    try:
        yield
    finally:
        ground.spoil(parameters["line"], "pass")


def _line(number: str, kind: str, line: str, *modes: str, hold_s: tuple[float, float], weight: float = 1) -> Fault:
    choose = lambda chance: {"line": line, **one_of("mode", *modes)(chance)}  # noqa: E731
    return Fault(number=number, kind=kind, hurt=spoil, choose=choose, hold_s=hold_s, weight=weight)


DATABASE, BROKER = "database", "broker"
FAULTS = (
    _line("F11", "database's answers lost", DATABASE, "lost 0.02", "lost 0.1", "lost 0.5", hold_s=(0.5, 2.5), weight=4),
    _line("F11", "database hears and does not answer", DATABASE, "oneway", hold_s=(0.5, 3)),
    _line("F16", "database slow", DATABASE, "latency 0.05", "latency 0.3", "slow 200000", hold_s=(1, 4)),
    _line("F16", "database's lines cut", DATABASE, "cut 1", "cut 20000", hold_s=(0.3, 1.5)),
    _line("F16", "database's lines reset", DATABASE, "reset", "refuse", hold_s=(0.3, 3)),
    _line("F16", "database silent", DATABASE, "blackhole", hold_s=(0.5, 6)),
    _line("F16", "broker slow", BROKER, "latency 0.1", "latency 0.5", hold_s=(1, 4)),
    _line("F16", "broker's lines cut", BROKER, "cut 1", "cut 5000", "lost 0.2", hold_s=(0.5, 3)),
    _line("F16", "broker's lines reset", BROKER, "reset", "refuse", hold_s=(0.5, 4)),
    _line("F16", "broker silent", BROKER, "blackhole", "oneway", hold_s=(0.5, 8)),
    _line("F16", "wallet's lines reset", "baobab", "reset", "refuse", "cut 700", hold_s=(0.5, 4)),
    _line("F16", "wallet silent", "baobab", "blackhole", "oneway", hold_s=(1, 5)),
    _line("F16", "wallet slow", "baobab", "latency 1.0", "latency 2.5", "slow 400", hold_s=(1, 5)),
    _line("F17", "wallet's answers lost", "baobab", "lost 0.2", "lost 0.6", hold_s=(1, 5), weight=2),
    _line("F24", "chain silent", "chain", "blackhole", "oneway", hold_s=(2, 10)),
    _line("F24", "chain's lines cut", "chain", "reset", "refuse", "cut 300", "lost 0.4", hold_s=(1, 6)),
)
