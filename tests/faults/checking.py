"""The check at the end: what clients know against what the books say, and all that the platform can say of itself."""

import json
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx

from fairness.checks import Knowledge, examine, open_case
from fairness.errors import CloseTooLate, FairnessError
from keno_platform.local.programs import PROJECT
from tests.faults.ground import Ground
from tests.faults.history import FAIL, OK, UNKNOWN, Operation
from tests.faults.population import GAMES

EXAMPLES_MAX = 5
PLACING = ("bet", "ticket", "bulk")


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One claim, and what speaks against it: nothing, when it holds. `figures` is what was looked at."""

    claim: str
    against: list[str]
    figures: Mapping[str, Any] = field(default_factory=dict)

    def describe(self) -> str:
        """A line."""
        shown = ", ".join(f"{value} {name}" for name, value in self.figures.items())
        word = "  NO" if self.against else "  ok"
        return (
            f"{word}  {self.claim}"
            + (f" ({shown})" if shown else "")
            + "".join(f"\n        {one}" for one in self.against[:EXAMPLES_MAX])
        )


Rows = Callable[[str], list[tuple[Any, ...]]]
History = Mapping[tuple[str, str], Operation]


def check_all(ground: Ground, history: History, began: datetime) -> Iterable[Finding]:
    """Every claim, one after the other."""
    for operator in ground.demo["operators"]:
        own = [one for (slug, _), one in history.items() if slug == operator["slug"]]
        yield from check_history(ground.rows, f"op_{operator['slug']}", operator["slug"], own)
    yield _invariants(ground)
    yield _command(ground, "the record verifies", "verify_audit")
    yield _ledger(ground, "baobab", "reconciliation.csv")
    yield _ledger(ground, "sandbox", "state")
    yield _trees(ground)
    yield _proofs(ground, began)


def check_history(rows: Rows, schema: str, operator: str, own: list[Operation]) -> Iterable[Finding]:
    """What the clients of one operator were told against its rows."""
    slips = {
        key.removeprefix("o:"): str(first) for key, first in rows(f"SELECT key, first_bet_id FROM {schema}.bets_slip")
    }
    of_slip = Counter(str(first) for (first,) in rows(f"SELECT coalesce(ticket_id, id) FROM {schema}.bets_bet"))
    cancelled = {str(one) for (one,) in rows(f"SELECT bet_id FROM {schema}.bets_cancellation")}
    returned = {str(one) for (one,) in rows(_RETURNED.format(schema=schema))}
    transfers = {key: str(one) for key, one in rows(f"SELECT key, transaction_id FROM {schema}.wallet_transferkey")}
    placed = [one for one in own if one.kind in PLACING]
    moved = [one for one in own if one.kind in ("deposit", "withdraw")]
    lost = [_show(one) for one in placed if one.outcome == OK and slips.get(one.key) != one.became[0]]
    lost += [_show(one) for one in moved if one.outcome == OK and transfers.get(one.key) != one.became[0]]
    lost += [_show(one) for one in own if one.kind == "cancel" and one.outcome == OK and _bet_of(one) not in returned]
    yield Finding(claim=f"{operator}: everything that was told done is there", against=lost, figures=_by(own, OK))
    there = [_show(one) for one in placed if one.outcome == FAIL and one.key in slips]
    there += [_show(one) for one in moved if one.outcome == FAIL and one.key in transfers]
    there += [_show(one) for one in own if one.kind == "cancel" and one.outcome == FAIL and _bet_of(one) in cancelled]
    yield Finding(claim=f"{operator}: nothing that was told refused is there", against=there, figures=_by(own, FAIL))
    doubt = [_show(one) for one in own if one.outcome == UNKNOWN]
    yield Finding(claim=f"{operator}: everything that nobody knew is known now", against=doubt)
    doubled = [_show(one) for one in placed if one.outcome == OK and of_slip[slips.get(one.key, "")] != _rounds(one)]
    yield Finding(claim=f"{operator}: each slip became as many bets as it has rounds", against=doubled)
    known = {one.key for one in own if one.outcome != FAIL}
    made_up = [key for key in (*slips, *transfers) if key not in known and not key.startswith("chaos:")]
    made_up += [str(first) for first in of_slip if first not in set(slips.values())]
    figures = {"slips": len(slips), "bets": sum(of_slip.values()), "transfers": len(transfers)}
    yield Finding(claim=f"{operator}: nothing is there that nobody asked for", against=made_up, figures=figures)


_RETURNED = "SELECT id FROM {schema}.bets_betstate WHERE settlement_status = 'rolled_back'"
"""Stakes that went back: whoever takes back a bet of a round that is void by now is told that it is done."""


def check_watched(rows: Rows, watched: Mapping[str, Any]) -> Finding:
    """What sockets were told of draws against the draws."""
    drawn = {
        str(pk): numbers
        for pk, numbers in rows("SELECT id, numbers_drawn FROM rounds_round WHERE drawn_at IS NOT NULL")
    }
    told: Mapping[str, list[int]] = watched.get("numbers", {})
    against = [
        f"round {pk}: {numbers}, drawn {drawn.get(pk)}" for pk, numbers in told.items() if drawn.get(pk) != numbers
    ]
    figures = {"rounds": len(told), **watched.get("counts", {})}
    return Finding(
        claim="whoever watched was told what was drawn", against=[*watched.get("wrong", []), *against], figures=figures
    )


def _rounds(one: Operation) -> int:
    return int(one.body.get("rounds", 1))


def _bet_of(one: Operation) -> str:
    return one.key.partition(":")[2]


def _by(own: list[Operation], outcome: str) -> dict[str, int]:
    return dict(Counter(one.kind for one in own if one.outcome == outcome))


def _show(one: Operation) -> str:
    return f"{one.kind} {one.key} {one.outcome} {one.told[-3:]} {one.became}"


def _invariants(ground: Ground) -> Finding:
    code, said = ground.manage("check_invariants", "--json", within_s=900)
    try:
        found = json.loads(said.strip().splitlines()[-1])
    except (ValueError, IndexError):
        return Finding(claim="every invariant holds", against=[f"ended with code {code}: {said[-500:]}"])
    broken = [f"{one['code']}: {one['count']}, such as {one['examples']}" for one in found if one["count"]]
    return Finding(claim="every invariant holds", against=broken, figures={"invariants": len(found)})


def _command(ground: Ground, claim: str, *arguments: str) -> Finding:
    code, said = ground.manage(*arguments, within_s=600)
    return Finding(claim=claim, against=[said[-800:]] if code else [])


def _ledger(ground: Ground, operator: str, path: str) -> Finding:
    """Its own books, asked of the wallet itself, against ours."""
    file = ground.home.path / f"{operator}-{path}"
    if file.suffix == "":
        file = file.with_suffix(".json")
    answer = httpx.get(f"http://127.0.0.1:{ground.wallet_ports[operator]}/{path}", timeout=60, trust_env=False)
    file.write_text(answer.raise_for_status().text)
    return _command(ground, f"{operator}: its ledger is ours", "reconcile", "--operator", operator, "--file", str(file))


def _trees(ground: Ground) -> Finding:
    against = [str(row) for row in ground.rows(_NOT_ONCE)]
    [(count,)] = ground.rows("SELECT count(*) FROM rounds_round WHERE results_tree_id IS NOT NULL")
    return Finding(claim="every finished round is in the trees once", against=against, figures={"rounds": count})


_NOT_ONCE = """
    SELECT r.id, r.status FROM rounds_round r
    LEFT JOIN rounds_resultstree t ON t.id = r.results_tree_id AND r.results_index < t.size
    WHERE r.status IN ('revealed', 'void') AND t.id IS NULL
      AND coalesce(r.revealed_at, r.voided_at) < clock_timestamp() - interval '90 s'
      AND r.closes_at < clock_timestamp() - interval '90 s'
    UNION ALL
    SELECT min(id), 'twice' FROM rounds_round WHERE results_tree_id IS NOT NULL
    GROUP BY results_tree_id, results_index HAVING count(*) > 1
"""


def _proofs(ground: Ground, began: datetime) -> Finding:
    """Every finished round by the verifier that strangers use, in this process; and a whole day by its command line."""
    outcomes, against = Counter[str](), list[str]()
    for code, *_ in GAMES:
        for day in _days(began):
            for line in _documents(ground, code, day):
                word = _verify(line)
                outcomes[word] += 1
                if word not in ("verified", CloseTooLate.__name__):
                    against.append(f"{code} round {json.loads(line).get('round', {})}: {word}"[:300])
    return Finding(claim="every round's proof verifies", against=against, figures=dict(outcomes))


def _verify(document: bytes) -> str:
    known = Knowledge(now_ms=round(time.time() * 1000), allow_signed_only=True)
    try:
        for _ in examine(open_case(document=document, known=known)):
            pass
    except FairnessError as failure:
        return type(failure).__name__
    return "verified"


def _documents(ground: Ground, code: str, day: date) -> list[bytes]:
    address = f"{ground.base_url}/api/v1/games/{code}/proofs?day={day.isoformat()}"
    answer = httpx.get(address, timeout=300, trust_env=False, headers={"Accept-Encoding": "identity"})
    return [line for line in answer.raise_for_status().content.splitlines() if line]


def _days(began: datetime) -> Iterable[date]:
    day, today = began.astimezone(UTC).date(), datetime.now(UTC).date()
    while day <= today:
        yield day
        day += timedelta(days=1)


def verify_day(ground: Ground, code: str) -> "subprocess.CompletedProcess[str]":
    """What the verifier's command line says of a game's day, against the chain."""
    asked = ["verify", ground.base_url, "--game", code, "--day", datetime.now(UTC).date().isoformat()]
    command = [sys.executable, "-m", "fairness", *asked, "--rpc", ground.chain_url, "--allow-signed-only"]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)
