"""What the rows say of the rounds of a run: when each step was taken, by the database's clock."""

from dataclasses import dataclass
from typing import Any

import psycopg

STEPS = ("opened", "closed", "drawn", "settled", "revealed")


@dataclass(frozen=True, slots=True, kw_only=True)
class Window:
    """The part of a run that counts: rounds that open at or after `since` and close before `until`, in seconds."""

    since: float
    until: float


class Ledger:
    """Questions to the database of a run."""

    def __init__(self, database_url: str) -> None:
        self._connection = psycopg.connect(database_url, autocommit=True, application_name="ledger")

    def close(self) -> None:
        self._connection.close()

    def now(self) -> float:
        return float(self._one("SELECT extract(epoch FROM clock_timestamp())::float8"))

    def next_common_opening(self) -> float | None:
        """The first moment from now on at which every active game has had a committed round to open."""
        found = self._one(_COMMON_OPENING)
        return None if found is None else float(found)

    def steps(self, window: Window) -> dict[str, list[tuple[float, float]]]:
        """
        For each step (closing time of the round, delay in milliseconds) of every round of the window that took it:
        opened after its opening time, closed and drawn and settled and revealed after its closing time.
        """
        columns = ", ".join(f"extract(epoch FROM {one}_at)::float8" for one in ("opens", "closes", *STEPS))
        steps: dict[str, list[tuple[float, float]]] = {name: [] for name in STEPS}
        rows = self._connection.execute(f"SELECT {columns} FROM public.rounds_round {_WITHIN}", _bounds(window))
        for opens, closes, *moments in rows:
            for name, moment in zip(STEPS, moments, strict=True):
                if moment is not None:
                    steps[name].append((closes, (moment - (opens if name == "opened" else closes)) * 1000))
        return steps

    def states(self, window: Window) -> dict[str, int]:
        """How many rounds of the window are in each state now."""
        rows = self._connection.execute(
            f"SELECT status, count(*) FROM public.rounds_round {_WITHIN} GROUP BY 1", _bounds(window)
        )
        return dict(rows.fetchall())

    def participations(self, window: Window) -> int:
        """How many pairs of operator and round had bets: each is a settlement of its own."""
        return int(
            self._one(
                f"SELECT count(*) FROM public.rounds_participation WHERE round_id IN "
                f"(SELECT id FROM public.rounds_round {_WITHIN})",
                _bounds(window),
            )
        )

    def unsettled(self) -> int:
        """Pairs of operator and round whose draw is made, and that nobody has paid yet."""
        return int(self._one(_UNSETTLED))

    def wal_bytes(self) -> int:
        """How long the write-ahead log is so far."""
        return int(self._one("SELECT wal_bytes::bigint FROM pg_stat_wal"))

    def sizes(self) -> dict[str, Any]:
        """
        How big the database is: bytes, tables and indexes, those of one operator, a round's row with its indexes,
        connections now.
        """
        row = self._connection.execute(_SIZES).fetchone()
        names = ("bytes", "relations", "relations_an_operator", "bytes_a_round", "connections")
        return dict(zip(names, row or (), strict=True))

    def _one(self, statement: str, parameters: Any = None) -> Any:
        row = self._connection.execute(statement, parameters).fetchone()
        return row[0] if row else None


def _bounds(window: Window) -> dict[str, float]:
    return {"since": window.since, "until": window.until}


_WITHIN = "WHERE opens_at >= to_timestamp(%(since)s) AND closes_at <= to_timestamp(%(until)s)"
_COMMON_OPENING = """
    SELECT CASE WHEN count(*) = (SELECT count(*) FROM public.rounds_game WHERE active)
                THEN extract(epoch FROM max(first))::float8 END
    FROM (SELECT game_id, min(opens_at) AS first FROM public.rounds_round WHERE status = 'scheduled'
          AND opens_at > clock_timestamp() + interval '3 s' GROUP BY game_id) next
"""
_UNSETTLED = """
    SELECT count(*) FROM public.rounds_participation p JOIN public.rounds_round r ON r.id = p.round_id
    WHERE p.settled_at IS NULL AND r.status IN ('drawn', 'void')
"""
_SIZES = """
    SELECT pg_database_size(current_database()), (SELECT count(*) FROM pg_class WHERE relkind IN ('r', 'i', 'p', 'I')),
           (SELECT round(count(*)::numeric / greatest(count(DISTINCT relnamespace), 1))::int FROM pg_class
            WHERE relkind IN ('r', 'i', 'p', 'I') AND relnamespace IN
                (SELECT oid FROM pg_namespace WHERE nspname LIKE 'op\\_%')),
           (SELECT pg_total_relation_size('public.rounds_round') / greatest(count(*), 1) FROM public.rounds_round),
           (SELECT count(*) FROM pg_stat_activity WHERE client_port > 0)
"""
