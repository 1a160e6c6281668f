"""A simulation of returns from beginning to end: play, compare, draw, store."""

from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from math import comb
from pathlib import Path
from typing import Any

import pyarrow as pa

from bets.paytables import DRAWN, POOL, Multipliers, hash_of
from reports.models import RunKind, SimulationRun
from reports.services import store_run
from reports.statistics import dataset, returns
from reports.statistics.edges import Edge, Limits, edges
from reports.statistics.protocol import Progress
from reports.statistics.returns import JOINT_CONFIDENCE, Method, Return
from reports.statistics.returns_picture import draw_picture
from reports.statistics.significance import holm


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """
    What is to be played: so many bets of each pick count of a table. `paytable` says whose it is, `limits` at which
    stakes its edges are looked at.
    """

    table: Multipliers
    paytable: str
    bets: int
    seed: str
    method: Method
    processes: int
    limits: tuple[Limits, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """A finished simulation and the row that keeps it."""

    returns: list[Return]
    run: SimulationRun
    edges: list[Edge] = field(default_factory=list)

    @property
    def holds(self) -> bool:
        """Whether every exact return lies in its interval, at the edges too."""
        return all(one.holds for one in self.returns) and all(one.holds for one in self.edges)


def run_simulation(*, plan: Plan, directory: Path, at: datetime, progress: Progress) -> Simulation:
    """Play a plan and keep what came out: a Parquet file, a picture and a row."""
    played = returns.simulate(
        plan.table,
        bets=plan.bets,
        seed=plan.seed,
        processes=plan.processes,
        method=plan.method,
        progress=progress,
    )
    found = returns.judge(plan.table, played)
    at_edges = edges(plan.table, played, plan.limits)
    parameters, result = _parameters(plan), _result(found, at_edges)
    path = dataset.new_path(directory, at, prefix="returns")
    file, plot = path.with_suffix(".parquet"), path.with_suffix(".png")
    digest = dataset.write_table(file, _counts(plan, found), {"parameters": parameters, "result": result})
    title = f"{plan.bets:,} bets of each pick count, {plan.paytable}, {at.astimezone(UTC):%Y-%m-%d}"
    draw_picture(plot, found, at_edges, title)
    run = store_run(
        kind=RunKind.RETURNS,
        parameters=parameters,
        result=result,
        exact_value=str(found[0].exact.rtp) if len(found) == 1 else "",
        confidence=str(JOINT_CONFIDENCE),
        file=file,
        file_sha256=digest,
        plot=plot,
    )
    return Simulation(returns=found, run=run, edges=at_edges)


def _parameters(plan: Plan) -> dict[str, Any]:
    return {
        "source": plan.method.value,
        "bets_each": plan.bets,
        "seed": plan.seed,
        "paytable": plan.paytable,
        "paytable_hash": hash_of(plan.table).hex(),
        "pick_counts": sorted(plan.table),
        "limits": [asdict(one) for one in plan.limits],
    }


def _result(found: list[Return], at_edges: list[Edge]) -> dict[str, Any]:
    """Verdict, intervals and tests as JSON; the tests have the form of those of draws."""
    off = sorted({one.played.pick_count for one in found if not one.holds})
    off_edges = [f"{one.name}, pick {one.pick_count}" for one in at_edges if not one.holds]
    adjusted = holm([one.p_value for one in found])
    return {
        "passed": not off and not off_edges,
        "verdict": _verdict(off, off_edges),
        "returns": [
            {
                "pick_count": one.played.pick_count,
                "bets": one.played.bets,
                "simulated": one.simulated,
                "low": one.low,
                "high": one.high,
                "exact": str(one.exact.rtp),
            }
            for one in found
        ],
        "tests": [
            {
                "code": f"pick {one.played.pick_count}",
                "question": "Does it return what theory says, in parts per million?",
                "statistic": one.simulated * 1e6,
                "expected": float(one.exact.rtp) * 1e6,
                "p_value": one.p_value,
                "p_holm": p,
                "odd": not one.holds,
            }
            for one, p in zip(found, adjusted, strict=True)
        ],
        "edges": [
            {
                "name": one.name,
                "pick_count": one.pick_count,
                "stake": one.stake,
                "exact": str(one.exact),
                "lost": float(one.lost),
                "simulated": float(one.simulated),
                "low": one.low,
                "high": one.high,
                "capped": one.capped,
                "holds": one.holds,
            }
            for one in at_edges
        ],
    }


def _verdict(off: list[int], off_edges: list[str]) -> str:
    if off:
        return f"The exact return of pick {', '.join(map(str, off))} lies outside its interval."
    if off_edges:
        return f"At the edges the exact return lies outside its interval: {'; '.join(off_edges)}."
    return "Every exact return lies within the interval of the simulated one."


def _counts(plan: Plan, found: list[Return]) -> pa.Table:
    """A row for each pick count and number of hits: how many bets had them, what that pays, and how likely it is."""
    rows = [
        {
            "pick_count": one.played.pick_count,
            "hits": hits,
            "bets": one.played.hits[hits],
            "multiplier_hundredths": plan.table[one.played.pick_count].get(hits, 0),
            "chance": _chance(one.played.pick_count, hits),
        }
        for one in found
        for hits in range(one.played.pick_count + 1)
    ]
    return pa.Table.from_pylist(rows)


def _chance(pick_count: int, hits: int) -> float:
    return comb(pick_count, hits) * comb(POOL - pick_count, DRAWN - hits) / comb(POOL, DRAWN)
