"""Results: the trees of RESULT leaves, and the keys of epochs that are over. Both go out for everybody to see."""

from django.conf import settings
from django.db import connection, transaction

from anchors import services as anchors
from audit import services as audit
from audit.services import sealing
from fairness.merkle import leaf_hash, level_nodes, root_of
from fairness.messages import VoidCause
from keno_platform.core.errors import Kind, Refusal, Retry
from rounds import custody, selectors
from rounds.leaves import CHUNK_DEPTH, result_leaves
from rounds.models import EpochKey, ResultsTree

_TREE_MAX = 100_000
_RESULTS_LOCK = 0x4B4E_5253
SEEDLESS = (VoidCause.SEED_MISMATCH, VoidCause.EPOCH_KEY_LOST)
"""Void rounds that will never have a seed to publish, so their RESULT does not wait for it."""


@transaction.atomic(durable=True)
def make_tree(*, even_if_few: bool = False) -> ResultsTree | None:
    """
    One tree over the rounds that have ended and are in none yet, registered for the chain; None when it is not time:
    fewer than RESULTS_MAX wait, and the oldest has not waited RESULTS_SECONDS.
    """
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [_RESULTS_LOCK])
        cursor.execute(_WAITING, {"seedless": [int(cause) for cause in SEEDLESS], "max": _TREE_MAX})
        waiting = cursor.fetchall()
    long_enough = any(waited >= settings.RESULTS_SECONDS for _, waited in waiting)
    if not waiting or not (even_if_few or long_enough or len(waiting) >= settings.RESULTS_MAX):
        return None
    return _make([round_id for round_id, _ in waiting])


def _make(round_ids: list[int]) -> ResultsTree:
    rounds = selectors.rounds_by_id(round_ids)
    hashes = [leaf_hash(leaf) for leaf in result_leaves(rounds[pk] for pk in round_ids)]
    root = root_of(hashes)
    registered = anchors.register_root(kind=anchors.RootKind.RESULTS, root=root, size=len(hashes))
    tree = ResultsTree.objects.create(
        root=root,
        size=len(hashes),
        nodes=b"".join(level_nodes(hashes, CHUNK_DEPTH)),
        anchor_seq=registered.seq,
    )
    with connection.cursor() as cursor:
        cursor.execute(_PUT, {"tree": tree.pk, "ids": round_ids})
        if cursor.rowcount != len(round_ids):
            raise RuntimeError(f"results tree {tree.pk}: a round has got into another tree meanwhile")
    audit.record(
        "results.sealed",
        description=f"the results of {len(round_ids):,} rounds, in one tree",
        after={"tree_id": tree.pk, "root": root.hex(), "rounds": len(round_ids), "anchor_seq": registered.seq},
    )
    sealing.anchor_latest()
    return tree


class EpochKeyNotDue(Refusal):
    """A round of the epoch can still take bets or has not come to its end; or the key is public already, or lost."""

    code = "epoch_key_not_due"
    kind = Kind.CONFLICT
    title = "The key of this epoch cannot be published now"
    retry = Retry.NEVER


def publish_epoch_keys() -> list[int]:
    """Publish the key of every epoch that is over and whose rounds have all ended. Returns the epochs' ids."""
    published = []
    for epoch_id in selectors.epochs_to_publish():
        key = custody.key_of_ended_epoch(epoch_id)
        if key is not None:
            with transaction.atomic():
                _publish(epoch_id, key, actor=audit.SYSTEM)
            published.append(epoch_id)
    return published


@transaction.atomic
def publish_key_early(*, epoch_id: int, actor: str, reason: str) -> None:
    """
    Publish an epoch's key without waiting for the delay after its end. That all its rounds have ended is asked of the
    database all the same.

    :raises EpochKeyNotDue: they have not, the key is public already, or it cannot be opened.
    """
    try:
        key = custody.key_of_ended_epoch(epoch_id, at_once=True)
    except custody.NotYet as error:
        raise EpochKeyNotDue("A round of it has not come to its end.") from error
    if key is None or not _publish(epoch_id, key, actor=actor, reason=reason):
        raise EpochKeyNotDue("It is public already, or cannot be opened.")


def _publish(epoch_id: int, key: bytes, *, actor: str, **why: str) -> bool:
    """Whether it was not public before."""
    if EpochKey.objects.filter(epoch_id=epoch_id).exists():
        return False
    EpochKey.objects.bulk_create([EpochKey(epoch_id=epoch_id, key=key)], ignore_conflicts=True)
    said = "the key of an epoch that is over was published"
    audit.record("epoch.key_published", description=said, actor=actor, after={"epoch_id": epoch_id, **why})
    return True


# A void round waits for its seed, but not for ever: after an hour its RESULT says that there was none.
_WAITING = """
    SELECT id, extract(epoch FROM public.game_clock(game_id) - coalesce(revealed_at, voided_at))
    FROM public.rounds_round
    WHERE status IN ('revealed', 'void') AND results_tree_id IS NULL
      AND (server_seed IS NOT NULL OR void_cause = ANY (%(seedless)s)
           OR closes_at < public.game_clock(game_id) - interval '1 hour')
    ORDER BY coalesce(drawn_at, voided_at), id
    LIMIT %(max)s
"""
_PUT = """
    UPDATE public.rounds_round r SET results_tree_id = %(tree)s, results_index = place.n - 1
    FROM unnest(%(ids)s::bigint[]) WITH ORDINALITY AS place (id, n)
    WHERE r.id = place.id AND r.results_tree_id IS NULL
"""
