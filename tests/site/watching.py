"""A real installation that is watched as Prometheus would: scraped, and its alerts evaluated over what was scraped."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg

from keno_platform.local import ports
from keno_platform.local.supervision import Supervisor
from tests.docs.snippets import ROOT
from tests.ops.promql import Moment, fires
from tests.ops.scraping import Scrape
from tests.site.runbooks import follow, rules
from tests.support.installation import Front, installation

RULES = rules()
PAUSE_S = 1.0
PATIENCE = float(os.environ.get("PATIENCE", "1"))
"""By which all waiting is longer, for machines that have other work."""
READY_WITHIN_S = 420
EMPTY = Scrape("")
CHOSEN = {
    # Rounds run out, and roots are made, within the minutes of a test.
    "KENO_EPOCH_SECONDS": "60",
    "KENO_EPOCH_LEAD_SECONDS": "150",
    "KENO_RESULTS_SECONDS": "20",
}


class Watched:
    """An installation, its exporter, and whoever is on call."""

    def __init__(self, front: Front, log: Path) -> None:
        self.front, self.log = front, log
        self.demo: dict[str, Any] = json.loads(front.home.demo.read_text())
        self.base = f"http://localhost:{front.port}"
        self.listen = ports.find_free()
        self.environment = {
            "KENO_LOCAL_HOME": str(front.home.path),
            "KENO_METRICS_LISTEN": f"127.0.0.1:{self.listen}",
            "BASE": self.base,
        }
        self.told: list[str] = []

    @property
    def supervisor(self) -> Supervisor:
        return Supervisor(self.front.home.find_supervisor_socket())

    def keno(self, *arguments: str) -> None:
        """Type one command in the background or not, as `./keno ...`."""
        command = [sys.executable, "-m", "keno_platform.keno", *arguments]
        bare = {"PATH": os.environ["PATH"], **self.environment}
        with self.log.open("ab") as output:
            subprocess.run(command, cwd=ROOT, env=bare, stdout=output, stderr=output, check=True, timeout=120)

    def superuser(self) -> psycopg.Connection[Any]:
        """A console on the database, as its owner's owner."""
        port = json.loads((self.front.home.path / "ports.json").read_text())["postgres"]
        return psycopg.connect(f"postgresql://postgres@127.0.0.1:{port}/keno", autocommit=True)

    def run_sql(self, *statements: str) -> None:
        """Each on its own."""
        with self.superuser() as connection:
            for statement in statements:
                connection.execute(statement)

    def scrape(self) -> Scrape:
        """What Prometheus would see now; nothing when nobody serves metrics."""
        try:
            return Scrape(httpx.get(f"http://127.0.0.1:{self.listen}/metrics", timeout=30).text)
        except httpx.HTTPError:
            return EMPTY

    def firing(self, alerts: Iterable[str], since: Scrape, began: float) -> set[str]:
        """Those whose expression holds now, growth counted from this earlier scrape."""
        now = self.scrape()
        moment = Moment([since, now], seconds=max(1.0, time.monotonic() - began), now=time.time())
        return {name for name in alerts if fires(RULES[name]["expr"], moment)}

    def until_firing(self, *alerts: str, within_s: float, since: Scrape | None = None) -> None:
        """All of them, at the same time or one after the other."""
        since, began, seen = since or self.scrape(), time.monotonic(), set[str]()
        while seen < set(alerts):
            assert time.monotonic() - began < within_s * PATIENCE, (
                f"did not fire: {set(alerts) - seen}\n{self._state(alerts)}"
            )
            seen |= self.firing(alerts, since, began)
            time.sleep(PAUSE_S)
        self._tell(f"{', '.join(alerts)}: fired after {time.monotonic() - began:.0f} s")

    def until_quiet(self, *alerts: str, within_s: float = 120) -> None:
        """All of them at once, in a window that begins anew with each look."""
        began = time.monotonic()
        before = self.scrape()
        while True:
            looked = time.monotonic()
            time.sleep(2 * PAUSE_S)
            left = self.firing(alerts, before, looked) if before is not EMPTY else set(alerts)
            if not left:
                self._tell(f"{', '.join(alerts)}: quiet after {time.monotonic() - began:.0f} s")
                return
            assert time.monotonic() - began < within_s * PATIENCE, f"still firing: {left}\n{self._state(alerts)}"
            before = self.scrape()

    def end(self, *alerts: str, **more: str) -> None:
        """Follow the runbook of each."""
        for alert in alerts:
            began = time.monotonic()
            follow(alert, environment={**self.environment, **more}, log=self.log)
            self._tell(f"{alert}: runbook done in {time.monotonic() - began:.0f} s")

    @property
    def ended(self) -> set[str]:
        """The alerts that were seen to fire, and then to be quiet."""
        quiet = (line.partition(":")[0] for line in self.told if ": quiet after" in line)
        fired = {name for line in self.told if ": fired" in line for name in line.partition(":")[0].split(", ")}
        return {name for names in quiet for name in names.split(", ")} & fired

    def signal(self, program: str, number: signal.Signals) -> None:
        """To one supervised process."""
        pid = next(one.pid for one in self.supervisor.list_processes() if one.name == program)
        os.kill(pid, number)

    def _state(self, alerts: Iterable[str]) -> str:
        words = {word for name in alerts for word in RULES[name]["expr"].replace("(", " ").split() if "keno_" in word}
        lines = [f"{name} {labels} {value}" for name, labels, value in self.scrape().samples]
        names = {word.split("{")[0].split("[")[0].removesuffix(")") for word in words}
        return "\n".join(line for line in lines if line.split()[0] in names)

    def _tell(self, line: str) -> None:
        self.told.append(line)
        print(line, flush=True)


@contextlib.contextmanager
def watched(directory: Path, *, chain: bool) -> Iterator[Watched]:
    """A running installation, with a chain of its own or none, and an exporter beside it."""
    chosen = CHOSEN if chain else {**CHOSEN, "KENO_CHAIN_URL": ""}
    with installation(patience_s=READY_WITHIN_S * PATIENCE, **chosen) as front:
        one = Watched(front, directory / "commands.log")
        one.end("KenoMetricsMissing")  # whose page says how the exporter is started
        wait_for(lambda: one.scrape() is not EMPTY, seconds=60)
        front.wait_for_next_round(patience_s=90 * PATIENCE)
        yield one


def wait_for(holds: Callable[[], object], *, seconds: float) -> None:
    """Until it holds."""
    end = time.monotonic() + seconds * PATIENCE
    while not holds():
        assert time.monotonic() < end, f"waited {seconds:.0f} s in vain"
        time.sleep(0.2)
