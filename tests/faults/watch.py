"""When everything is well again: what a client sees, what the database says, and what players' wallets answer."""

import contextlib
import time
from dataclasses import dataclass, field

import httpx
import psycopg

from tests.faults.ground import Ground

LOOK_S = 0.2
LATE_S = 6
"""A round that is so late is not well: closes, draws and payments of others wait for nothing."""
_LATE = f"""
    SELECT count(*) FILTER (WHERE r.status IN ('open', 'closed', 'drawn', 'settled')
                              AND r.closes_at < clock_timestamp() - interval '{LATE_S} seconds'),
           count(*) FILTER (WHERE r.status = 'scheduled'
                              AND r.opens_at < clock_timestamp() - interval '{LATE_S} seconds')
    FROM rounds_round r WHERE r.status NOT IN ('revealed', 'void') AND NOT r.sandbox
"""


@dataclass(slots=True)
class Watch:
    """Looks from outside. `why` is what was last not well."""

    ground: Ground
    why: str = ""
    _clients: dict[str, str] = field(default_factory=dict)

    def wait_until_well(self, *, within_s: float) -> float | None:
        """How many seconds it took until all was well; nothing when it was not in time."""
        began = time.monotonic()
        while time.monotonic() - began < within_s:
            if self.is_well():
                return time.monotonic() - began
            time.sleep(LOOK_S)
        return None

    def is_well(self) -> bool:
        """Every process runs, the web is ready, each operator is served, its wallet too, and no round is late."""
        self.why = self._trouble()
        return not self.why

    def _trouble(self) -> str:
        return self._missing() or self._late() or self._unready() or self._unserved()

    def _missing(self) -> str:
        with contextlib.suppress(OSError):
            missing = [one.name for one in self.ground.supervisor.list_processes() if not one.pid]
            return f"not running: {', '.join(missing)}" if missing else ""
        return "the supervisor is busy"

    def _late(self) -> str:
        try:
            [(late, unopened)] = self.ground.rows(_LATE)
        except psycopg.Error as error:
            return f"the database: {type(error).__name__}"
        return f"{late} rounds are late, {unopened} unopened" if late or unopened else ""

    def _unready(self) -> str:
        return self.ground.unready() or self.ground.unready()

    def _unserved(self) -> str:
        with httpx.Client(base_url=self.ground.base_url, timeout=4, trust_env=False) as client:
            for operator in self.ground.demo["operators"]:
                path = f"/api/v1/wallet/accounts/{operator['players'][0]}"
                try:
                    answer = client.get(path, headers={"Authorization": f"Bearer {operator['api_key']}"})
                except httpx.HTTPError as error:
                    return f"{operator['slug']}: {type(error).__name__}"
                if answer.status_code not in (200, 404):  # a player who has not played yet is none
                    return f"{operator['slug']}: {answer.status_code} {answer.text[:120]}"
        return ""
