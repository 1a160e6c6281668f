"""The ways to tamper with heads, nodes, checkpoints and anchors; and all ways together."""

import random
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.models import Checkpoint, CheckpointRoot, Leaf, LogHead, TreeNode
from audit.selectors import heads_at
from fairness.documents import key_id
from fairness.merkle import root_of
from fairness.record.messages import Checkpoint as Message
from tests.audit.scratch import execute
from tests.audit.tamperings import ENTRIES, Tampering, a_leaf, hash_anew, some


def head_changed(rng: random.Random) -> set[str]:
    head = some(rng, LogHead)
    assert isinstance(head, LogHead)
    change, value = rng.choice(
        [
            ("root", rng.randbytes(32)),
            ("peaks", rng.randbytes(len(head.peaks))),
            ("size", head.size + 1),
            ("log", uuid4()),
        ]
    )
    execute(
        f"UPDATE public.audit_loghead SET {change} = %s WHERE log = %s AND checkpoint_id = %s",
        [value, head.log, head.checkpoint_id],
    )
    return {f"checkpoint {head.checkpoint_id}"}


def head_removed(rng: random.Random) -> set[str]:
    head = some(rng, LogHead)
    assert isinstance(head, LogHead)
    execute("DELETE FROM public.audit_loghead WHERE log = %s AND checkpoint_id = %s", [head.log, head.checkpoint_id])
    return {f"checkpoint {head.checkpoint_id}"}


def head_added(rng: random.Random) -> set[str]:
    number = rng.choice(list(Checkpoint.objects.values_list("number", flat=True)))
    log = uuid4()
    execute(
        "INSERT INTO public.audit_loghead (log, checkpoint_id, size, root, peaks) VALUES (%s, %s, 1, %s, %s)",
        [log, number, rng.randbytes(32), rng.randbytes(32)],
    )
    return {f"checkpoint {number}"}


def node_tampered(rng: random.Random) -> set[str]:
    node = some(rng, TreeNode)
    assert isinstance(node, TreeNode)
    where, own = "log = %s AND level = %s AND index = %s", [node.log, node.level, node.index]
    match rng.randrange(3):
        case 0:
            execute(f"UPDATE public.audit_treenode SET hash = %s WHERE {where}", [rng.randbytes(32), *own])
        case 1:
            execute(f"DELETE FROM public.audit_treenode WHERE {where}", own)
        case _:
            execute(
                "INSERT INTO public.audit_treenode (log, level, index, hash) VALUES (%s, %s, %s, %s)",
                [node.log, node.level, node.index + rng.randrange(1, 9), rng.randbytes(32)],
            )
            return {f"node {node.log} 8 {node.index + added}" for added in range(1, 9)}
    return {f"node {node.log} {node.level} {node.index}"}


def a_checkpoint(rng: random.Random) -> Checkpoint:
    one = some(rng, Checkpoint)
    assert isinstance(one, Checkpoint)
    return one


def checkpoint_changed(rng: random.Random) -> set[str]:
    one = a_checkpoint(rng)
    message = bytearray(one.message)
    message[rng.randrange(len(message))] ^= 1 << rng.randrange(8)
    signature = bytearray(one.signature)
    signature[rng.randrange(64)] ^= 1 << rng.randrange(8)
    column, value = rng.choice(
        [
            ("message", bytes(message)),
            ("signature", bytes(signature)),
            ("key_id", "0011223344556677"),
            ("public_key", rng.randbytes(32)),
        ]
    )
    execute(f"UPDATE public.audit_checkpoint SET {column} = %s WHERE number = %s", [value, one.number])
    return {f"checkpoint {one.number}"}


def checkpoint_removed(rng: random.Random) -> set[str]:
    one = a_checkpoint(rng)
    execute("DELETE FROM public.audit_checkpoint WHERE number = %s", [one.number])
    if rng.random() < 0.5:
        execute("DELETE FROM public.audit_loghead WHERE checkpoint_id = %s", [one.number])
    return {f"checkpoint {one.number}"}


def checkpoints_exchanged(rng: random.Random) -> set[str]:
    one, other = rng.sample(list(Checkpoint.objects.order_by("pk")), 2)
    for number, old in ((10**6, one.number), (one.number, other.number), (other.number, 10**6)):
        execute("UPDATE public.audit_checkpoint SET number = %s WHERE number = %s", [number, old])
    return {f"checkpoint {one.number}", f"checkpoint {other.number}"}


def checkpoint_put_at_the_end_again(rng: random.Random) -> set[str]:
    one, last = a_checkpoint(rng), Checkpoint.objects.latest("number").number
    execute(
        "INSERT INTO public.audit_checkpoint SELECT %s, message, signature, key_id, public_key"
        " FROM public.audit_checkpoint WHERE number = %s",
        [last + 1, one.number],
    )
    return {f"checkpoint {last + 1}"}


def history_signed_anew_with_another_key(rng: random.Random) -> set[str]:
    """An entry, its leaf, all heads and all checkpoints from there on, made anew to fit, by a key of one's own."""
    leaf = a_leaf(rng)
    execute("UPDATE public.audit_auditentry SET actor = 'nobody' WHERE id = %s", [leaf.entry_id])
    hash_anew(leaf.entry_id)
    hashes = [bytes(one) for one in Leaf.objects.filter(log=leaf.log).order_by("index").values_list("hash", flat=True)]
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    previous, first = bytes(32), 0
    for one in Checkpoint.objects.order_by("number"):
        for head in LogHead.objects.filter(log=leaf.log, checkpoint=one, size__gt=leaf.index):
            first = first or one.number
            grown = root_of(hashes[: head.size])
            execute(
                "UPDATE public.audit_loghead SET root = %s WHERE log = %s AND checkpoint_id = %s",
                [grown, head.log, one.number],
            )
        message = Message.decode(bytes(one.message))
        if first:
            roots = [each.head.hash for each in heads_at(one.number)]
            facts = {name: getattr(message, name) for name in Message.__slots__}
            message = Message(**facts | {"root": root_of(roots), "previous": previous})
            execute(
                "UPDATE public.audit_checkpoint SET message = %s, signature = %s, key_id = %s, public_key = %s"
                " WHERE number = %s",
                [message.encode(), private.sign(message.encode()), key_id(public), public, one.number],
            )
            # The row that would make it a key of the house; without the seal key it cannot be made to open.
            execute(
                "INSERT INTO public.rounds_signingkey (key_id, public_key, sealed, created_at, retired_at)"
                " VALUES (%s, %s, %s, now(), now()) ON CONFLICT DO NOTHING",
                [key_id(public), public, rng.randbytes(60)],
            )
        previous = message.digest
    return {f"checkpoint {first}"}


def history_cut(rng: random.Random) -> set[str]:
    """The last checkpoints with all that they sealed: only who has kept one of them can tell."""
    last = Checkpoint.objects.latest("number").number
    first = last - rng.randrange(3)
    for log in Leaf.objects.values_list("log", flat=True).distinct():
        sizes = LogHead.objects.filter(log=log, checkpoint_id__lt=first).order_by("-checkpoint_id")
        size = sizes.values_list("size", flat=True).first() or 0
        execute(
            "DELETE FROM public.audit_auditentry e USING public.audit_leaf l"
            " WHERE l.entry_id = e.id AND l.log = %s AND l.index >= %s",
            [log, size],
        )
        execute("DELETE FROM public.audit_leaf WHERE log = %s AND index >= %s", [log, size])
        for level in (8, 16):
            execute(
                "DELETE FROM public.audit_treenode WHERE log = %s AND level = %s AND (index + 1) << %s > %s",
                [log, level, level, size],
            )
    execute("DELETE FROM public.audit_loghead WHERE checkpoint_id >= %s", [first])
    execute(
        "DELETE FROM public.anchors_root WHERE seq IN"
        " (SELECT anchor_seq FROM public.audit_checkpointroot WHERE checkpoint_id >= %s)",
        [first],
    )
    execute("DELETE FROM public.audit_checkpointroot WHERE checkpoint_id >= %s", [first])
    execute("DELETE FROM public.audit_checkpoint WHERE number >= %s", [first])
    return {f"checkpoint {last}"}


def anchor_tampered(rng: random.Random) -> set[str]:
    own = some(rng, CheckpointRoot)
    assert isinstance(own, CheckpointRoot)
    name = {f"root {own.anchor_seq}"}
    match rng.randrange(4):
        case 0:
            execute("DELETE FROM public.audit_checkpointroot WHERE anchor_seq = %s", [own.anchor_seq])
        case 1:
            free = Checkpoint.objects.filter(anchored=None).order_by("number").first()
            assert free is not None
            execute(
                "UPDATE public.audit_checkpointroot SET checkpoint_id = %s WHERE anchor_seq = %s",
                [free.number, own.anchor_seq],
            )
        case 2:
            execute("UPDATE public.anchors_root SET root = %s WHERE seq = %s", [rng.randbytes(32), own.anchor_seq])
        case _:
            execute("DELETE FROM public.anchors_root WHERE seq = %s", [own.anchor_seq])
    return name


ALL: tuple[Tampering, ...] = (
    *ENTRIES,
    head_changed,
    head_removed,
    head_added,
    node_tampered,
    checkpoint_changed,
    checkpoint_removed,
    checkpoints_exchanged,
    checkpoint_put_at_the_end_again,
    history_signed_anew_with_another_key,
    history_cut,
    anchor_tampered,
)
