"""CPU time and memory of every process of a run. PostgreSQL's backends are told apart by whom they serve."""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field

import psutil
import psycopg

_SERVES = """
    SELECT pid, CASE WHEN backend_type = 'client backend' THEN 'for ' || application_name ELSE backend_type END
    FROM pg_stat_activity
"""
_WORKERS = ("autovacuum worker", "parallel worker", "io worker")


@dataclass(slots=True, kw_only=True)
class Usage:
    """What one kind of process has used so far: CPU seconds, and now: how many there are, and their own memory."""

    cpu_s: float = 0.0
    processes: int = 0
    memory_mb: float = 0.0

    @property
    def memory_each_mb(self) -> float:
        return self.memory_mb / self.processes if self.processes else 0.0


@dataclass(slots=True)
class Watch:
    """The processes of a run by name, and the CPU time of backends that have ended meanwhile."""

    pids: Mapping[str, int]
    postgres: int
    database_url: str
    _seen: dict[int, tuple[str, float]] = field(default_factory=dict)
    _before: dict[str, float] = field(default_factory=dict)

    def begin(self) -> None:
        """From here on CPU time counts."""
        self._before = {name: usage.cpu_s for name, usage in self._read(memory=False).items()}

    def usage(self, *, memory: bool = False) -> dict[str, Usage]:
        """Since the beginning; with memory it takes longer, and costs what it measures some time."""
        used = self._read(memory=memory)
        for name, usage in used.items():
            usage.cpu_s -= self._before.get(name, 0.0)
        return used

    def _read(self, *, memory: bool) -> dict[str, Usage]:
        used = {name: _of_tree(pid, memory=memory) for name, pid in self.pids.items()}
        return used | self._read_postgres(memory=memory)

    def _read_postgres(self, *, memory: bool) -> dict[str, Usage]:
        """By whom a backend serves. What ended between two looks is in the sum of the server's ended children only."""
        with psycopg.connect(self.database_url, application_name="watch") as connection:
            serves: dict[int, str] = dict(connection.execute(_SERVES).fetchall())
        used: dict[str, Usage] = {}
        main = psutil.Process(self.postgres)
        for child in main.children():
            with suppress(psutil.Error):
                name = f"postgres {serves.get(child.pid, 'other')}"
                usage = used.setdefault(name, Usage())
                usage.processes += 1
                usage.memory_mb += _own_memory_mb(child) if memory else 0.0
                self._seen[child.pid] = (name, _cpu_s(child))
        for name, cpu_s in self._seen.values():
            used.setdefault(name, Usage()).cpu_s += cpu_s
        return used | {"postgres in all": self._in_all(main, used, memory=memory)}

    @staticmethod
    def _in_all(main: psutil.Process, used: Mapping[str, Usage], *, memory: bool) -> Usage:
        times = main.cpu_times()
        living = sum(_cpu_s(child) for child in main.children())
        return Usage(
            cpu_s=times.user + times.system + times.children_user + times.children_system + living,
            processes=1 + sum(usage.processes for usage in used.values()),
            memory_mb=sum(usage.memory_mb for usage in used.values()) + (_own_memory_mb(main) if memory else 0.0),
        )


def cpu_of_all(used: Mapping[str, Usage]) -> float:
    """CPU seconds of everything together; PostgreSQL's parts are in its sum already."""
    return sum(usage.cpu_s for name, usage in used.items() if not name.startswith("postgres ") or name.endswith(" all"))


def _of_tree(pid: int, *, memory: bool) -> Usage:
    """A process with its children, those that have ended included; nothing when it is gone."""
    usage = Usage()
    with suppress(psutil.Error):
        main = psutil.Process(pid)
        ended = main.cpu_times()
        usage.cpu_s = ended.children_user + ended.children_system
        for process in (main, *main.children(recursive=True)):
            with suppress(psutil.Error):
                usage.cpu_s += _cpu_s(process)
                usage.processes += 1
                usage.memory_mb += _own_memory_mb(process) if memory else 0.0
    return usage


def _cpu_s(process: psutil.Process) -> float:
    with suppress(psutil.Error):
        times = process.cpu_times()
        return float(times.user + times.system)
    return 0.0


def _own_memory_mb(process: psutil.Process) -> float:
    """What would be free without this process: memory shared with others, such as shared_buffers, does not count."""
    return float(process.memory_full_info().uss) / 1e6
