"""Running the invariants of all rooms, and those that need more than a query."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.db import connection

import access.invariants
import anchors.invariants
import approvals.invariants
import audit.invariants
import banker.invariants
import bets.invariants
import bets.selectors
import configuration.invariants
import operators.invariants
import rounds.invariants
import wallet.invariants
import webhooks.invariants
from audit.verification import Knowledge, Verification
from fairness.errors import FairnessError
from fairness.merkle import leaf_hash, root_of
from keno_platform.core.invariants import Invariant, Scope
from operators.selectors import list_operators
from operators.tenancy import tenant_context
from reports import own_invariants
from rounds.custody import own_public_keys
from rounds.proofs import check_draw, trees_with_leaves
from rounds.selectors import rounds_with_bets_sealed, rounds_with_numbers

ALL: tuple[Invariant, ...] = (
    *operators.invariants.INVARIANTS,
    *access.invariants.INVARIANTS,
    *webhooks.invariants.INVARIANTS,
    *anchors.invariants.INVARIANTS,
    *audit.invariants.INVARIANTS,
    *approvals.invariants.INVARIANTS,
    *configuration.invariants.INVARIANTS,
    *rounds.invariants.INVARIANTS,
    *wallet.invariants.INVARIANTS,
    *bets.invariants.INVARIANTS,
    *banker.invariants.INVARIANTS,
    *own_invariants.INVARIANTS,
)
EXAMPLES_MAX = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """How often an invariant is broken, and the first offenders."""

    code: str
    claim: str
    count: int
    examples: tuple[str, ...]


def check_all(*, rounds_max: int | None = None) -> Iterator[Finding]:
    """
    Every invariant with its count of violations. Draws and roots are recomputed from scratch, for the latest
    `rounds_max` rounds or for all.
    """
    for invariant in ALL:
        offenders = _in_operators(invariant) if invariant.scope is Scope.OPERATOR else _run(invariant)
        yield _finding(invariant.code, invariant.claim, list(offenders))
    claim = "Every draw follows from its committed seed and its beacon, and the beacon's signature is right"
    yield _finding("I15-draws-reproduce", claim, list(_wrong_draws(rounds_max)))
    claim = "Every bets_root is the root of exactly the bets in its round"
    yield _finding("I12-roots-reproduce", claim, list(_wrong_roots(rounds_max)))
    claim = "Every root of an epoch and of results is the root of exactly its rounds' leaves"
    yield _finding("I31-trees-reproduce", claim, list(_wrong_trees(rounds_max)))
    claim = "The record is what was sealed: every entry, place, head and checkpoint, under the house's own signatures"
    yield _finding("I25-record-verifies", claim, list(_wrong_record()))


def _wrong_record() -> Iterator[str]:
    return (str(one) for one in Verification(Knowledge(keys=own_public_keys())).run())


def _finding(code: str, claim: str, offenders: list[str]) -> Finding:
    return Finding(code=code, claim=claim, count=len(offenders), examples=tuple(offenders[:EXAMPLES_MAX]))


def _run(invariant: Invariant) -> Iterator[str]:
    with connection.cursor() as cursor:
        cursor.execute(invariant.violations)
        for row in cursor.fetchall():
            yield str(row[0])


def _in_operators(invariant: Invariant) -> Iterator[str]:
    for operator in list_operators():
        with tenant_context(operator):
            for offender in _run(invariant):
                yield f"{operator.slug}: {offender}"


def _wrong_draws(rounds_max: int | None) -> Iterator[str]:
    for one in rounds_with_numbers(rounds_max):
        try:
            check_draw(one)
        except FairnessError as error:
            yield f"round {one.pk}: {type(error).__name__}"


def _wrong_roots(rounds_max: int | None) -> Iterator[str]:
    for one in rounds_with_bets_sealed(rounds_max):
        leaves = [leaf for _, leaf in bets.selectors.all_leaves(one.pk)]
        if (root_of(leaves), len(leaves)) == (bytes(one.bets_root or b""), one.bets_count):
            continue
        carried = bets.selectors.carried_of(one.pk)  # leaves that are in the archive can only be counted here
        if not carried or len(leaves) + carried != one.bets_count:
            yield f"round {one.pk}"


def _wrong_trees(rounds_max: int | None) -> Iterator[str]:
    for tree, leaves in trees_with_leaves(rounds_max):
        hashes = [leaf_hash(leaf) for leaf in leaves]
        if (root_of(hashes), len(hashes)) != (bytes(tree.root), tree.size):
            yield str(tree)
