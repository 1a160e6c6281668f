"""The ways to tamper with entries and their leaves. Each chooses rows at random, and says what must be named."""

import random
from collections.abc import Callable
from datetime import timedelta
from uuid import UUID, uuid4

from audit.models import AuditEntry, Leaf
from audit.selectors import ENTRY_TEXTS, entry_of, heads_at
from tests.audit.scratch import execute, rows

Tampering = Callable[[random.Random], set[str]]
"""Returns names; at least one of them must be among the findings."""

TEXTS = ("event_type", "actor", "description")


def some(rng: random.Random, model: type) -> object:
    found = list(model.objects.order_by("pk"))
    return rng.choice(found)


def a_leaf(rng: random.Random) -> Leaf:
    leaf = some(rng, Leaf)
    assert isinstance(leaf, Leaf)
    return leaf


def names_of(leaf: Leaf) -> set[str]:
    return {f"entry {leaf.entry_id}", f"place {leaf.log} {leaf.index}"}


def entry_changed(rng: random.Random) -> set[str]:
    leaf = a_leaf(rng)
    column, value = rng.choice(
        [
            *((name, f"forged {rng.random()}") for name in TEXTS),
            ("address", f"198.51.100.{rng.randrange(256)}"),
            ("operator_id", uuid4()),
            ("round_id", rng.randrange(10**6, 10**7)),
            ("bet_id", uuid4()),
            ("before", '{"forged": 1}'),
            ("after", f'{{"forged": {rng.random()}}}'),
            ("transaction_number", rng.randrange(1, 500)),
        ]
    )
    execute(f"UPDATE public.audit_auditentry SET {column} = %s WHERE id = %s", [value, leaf.entry_id])
    return names_of(leaf)


def entry_time_changed(rng: random.Random) -> set[str]:
    leaf = a_leaf(rng)
    shift = timedelta(microseconds=rng.choice([1, -1, 3_600_000_000, -86_400_000_000]))
    execute("UPDATE public.audit_auditentry SET created_at = created_at + %s WHERE id = %s", [shift, leaf.entry_id])
    return names_of(leaf)


def one_character_changed(rng: random.Random) -> set[str]:
    leaf = a_leaf(rng)
    execute(
        "UPDATE public.audit_auditentry SET description = overlay(description PLACING '~' FROM %s FOR 1) WHERE id = %s",
        [rng.randrange(1, 7), leaf.entry_id],
    )
    return names_of(leaf)


def entry_removed(rng: random.Random) -> set[str]:
    leaf = a_leaf(rng)
    execute("DELETE FROM public.audit_auditentry WHERE id = %s", [leaf.entry_id])
    return names_of(leaf)


def entry_removed_with_its_leaf(rng: random.Random) -> set[str]:
    leaf = a_leaf(rng)
    execute("DELETE FROM public.audit_auditentry WHERE id = %s", [leaf.entry_id])
    execute("DELETE FROM public.audit_leaf WHERE entry_id = %s", [leaf.entry_id])
    return {f"place {leaf.log} {leaf.index}"}


def entry_removed_and_the_rest_moved_up(rng: random.Random) -> set[str]:
    leaf = a_leaf(rng)
    execute("DELETE FROM public.audit_auditentry WHERE id = %s", [leaf.entry_id])
    execute("DELETE FROM public.audit_leaf WHERE entry_id = %s", [leaf.entry_id])
    beyond = Leaf.objects.filter(log=leaf.log).count() + 1
    execute(
        "UPDATE public.audit_leaf SET index = index - 1 - %s WHERE log = %s AND index > %s",
        [2 * beyond, leaf.log, leaf.index],
    )
    execute("UPDATE public.audit_leaf SET index = index + %s WHERE log = %s AND index < 0", [2 * beyond, leaf.log])
    return {f"place {leaf.log} {index}" for index in range(leaf.index, beyond)}


def entry_changed_with_its_leaf(rng: random.Random) -> set[str]:
    leaf = a_leaf(rng)
    execute("UPDATE public.audit_auditentry SET actor = 'nobody' WHERE id = %s", [leaf.entry_id])
    hash_anew(leaf.entry_id)
    return names_of(leaf)


def hash_anew(entry_id: UUID) -> None:
    [texts] = rows(f"SELECT {ENTRY_TEXTS} FROM public.audit_auditentry e WHERE e.id = %s", [entry_id])
    execute("UPDATE public.audit_leaf SET hash = %s WHERE entry_id = %s", [entry_of(texts).hash, entry_id])


def entries_exchanged(rng: random.Random) -> set[str]:
    """Two entries change their contents."""
    one, other = rng.sample(list(Leaf.objects.order_by("pk")), 2)
    stand_in = uuid4()
    for source, target in ((one.entry_id, stand_in), (other.entry_id, one.entry_id), (stand_in, other.entry_id)):
        execute("UPDATE public.audit_auditentry SET id = %s WHERE id = %s", [target, source])
    return names_of(one) | names_of(other)


def leaves_exchanged(rng: random.Random) -> set[str]:
    """Two entries of one log change places, leaves and all."""
    log = rng.choice(list(Leaf.objects.values_list("log", flat=True).distinct().order_by("log")))
    one, other = rng.sample(list(Leaf.objects.filter(log=log).order_by("pk")), 2)
    for index, leaf in ((-7, one), (one.index, other), (other.index, one)):
        execute("UPDATE public.audit_leaf SET index = %s WHERE entry_id = %s", [index, leaf.entry_id])
    return {f"place {log} {one.index}", f"place {log} {other.index}"}


def leaf_changed(rng: random.Random) -> set[str]:
    leaf = a_leaf(rng)
    execute("UPDATE public.audit_leaf SET hash = %s WHERE entry_id = %s", [rng.randbytes(32), leaf.entry_id])
    return names_of(leaf)


def leaf_removed(rng: random.Random) -> set[str]:
    leaf = a_leaf(rng)
    execute("DELETE FROM public.audit_leaf WHERE entry_id = %s", [leaf.entry_id])
    return names_of(leaf)


def leaf_moved_to_another_log(rng: random.Random) -> set[str]:
    leaf = a_leaf(rng)
    execute("UPDATE public.audit_leaf SET log = %s WHERE entry_id = %s", [uuid4(), leaf.entry_id])
    return {f"place {leaf.log} {leaf.index}"}


def leaf_named_anew(rng: random.Random) -> set[str]:
    leaf = a_leaf(rng)
    execute("UPDATE public.audit_leaf SET entry_id = %s WHERE entry_id = %s", [uuid4(), leaf.entry_id])
    return {f"place {leaf.log} {leaf.index}"}


def insert_entry(rng: random.Random, *, transaction: int, hours_ago: float, log: UUID | None) -> UUID:
    made = uuid4()
    execute(
        "INSERT INTO public.audit_auditentry"
        " (id, event_type, actor, operator_id, description, created_at, transaction_number)"
        " VALUES (%s, 'round.voided', 'staff:forged', %s, 'put in', now() - make_interval(mins => %s), %s)",
        [made, log, int(hours_ago * 60), transaction],
    )
    return made


def entry_added_to_the_past(rng: random.Random) -> set[str]:
    [(last,)] = rows("SELECT max(transaction_number) FROM public.audit_auditentry")
    assert isinstance(last, int)
    log = rng.choice([None, *(one.log for one in heads_at(10**6))])
    made = insert_entry(rng, transaction=rng.randrange(last), hours_ago=rng.random() * 9, log=log)
    return {f"entry {made}"}


def entry_added_to_the_future(rng: random.Random) -> set[str]:
    made = insert_entry(rng, transaction=10**9 + rng.randrange(10**9), hours_ago=0, log=None)
    return {f"entry {made}"}


def entry_added_with_a_leaf_at_the_end(rng: random.Random) -> set[str]:
    one = rng.choice(heads_at(10**6))
    made = insert_entry(rng, transaction=5, hours_ago=2, log=one.log)
    execute(
        "INSERT INTO public.audit_leaf (entry_id, log, index, hash) VALUES (%s, %s, %s, %s)",
        [made, one.log, one.size, rng.randbytes(32)],
    )
    hash_anew(made)
    return {f"entry {made}"}


def entry_replaced(rng: random.Random) -> set[str]:
    """Removed, and another one put at its place with a leaf that fits."""
    leaf = a_leaf(rng)
    before = AuditEntry.objects.get(pk=leaf.entry_id)
    execute("DELETE FROM public.audit_auditentry WHERE id = %s", [leaf.entry_id])
    made = insert_entry(rng, transaction=before.transaction_number, hours_ago=0, log=before.operator_id)
    execute("UPDATE public.audit_leaf SET entry_id = %s WHERE entry_id = %s", [made, leaf.entry_id])
    hash_anew(made)
    return {f"entry {made}", f"place {leaf.log} {leaf.index}"}


ENTRIES: tuple[Tampering, ...] = (
    entry_changed,
    entry_time_changed,
    one_character_changed,
    entry_removed,
    entry_removed_with_its_leaf,
    entry_removed_and_the_rest_moved_up,
    entry_changed_with_its_leaf,
    entries_exchanged,
    leaves_exchanged,
    leaf_changed,
    leaf_removed,
    leaf_moved_to_another_log,
    leaf_named_anew,
    entry_added_to_the_past,
    entry_added_to_the_future,
    entry_added_with_a_leaf_at_the_end,
    entry_replaced,
)
