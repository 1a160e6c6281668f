"""The database is the last judge of what is on record, and the invariants find what got past it."""

import os
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import Error, IntegrityError, connection, transaction

from anchors.invariants import INVARIANTS
from anchors.models import Alarm, Contract, Root, Transaction, TransactionEvent, TransactionStatus
from anchors.services import RootKind, register_root
from keno_platform.core.invariants import Invariant
from tests.anchors.steps import life

S = TransactionStatus


@pytest.fixture
def contract(db: None) -> Contract:
    """A contract in use, made without a chain. Gone after the test."""
    Contract.objects.filter(retired_at=None).update(retired_at="2026-01-01T00:00:00Z", retirement="forgotten")
    last = Root.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
    return Contract.objects.create(
        chain_id=31337,
        genesis="0x" + "11" * 32,
        address="0x" + "22" * 20,
        publisher="0x" + "33" * 20,
        first_seq=last + 1,
        first_head=bytes(32),
    )


def build(contract: Contract, *, nonce: int, root: Root | None = None, **facts: Any) -> Transaction:
    """A transaction of a new root, built."""
    heads = {"previous_head": bytes(32), "head": bytes(32)}
    root = root or register_root(kind=RootKind.RESULTS, root=os.urandom(32), size=1)
    return Transaction.objects.create(contract=contract, root=root, nonce=nonce, **heads | facts)


def move(one: Transaction, *statuses: str) -> Transaction:
    """Through these states, with the facts that each demands."""
    for status in statuses:
        facts: dict[str, Any] = {"status": status}
        if status == "signed":
            facts |= {"raw": os.urandom(100), "hash": "0x" + os.urandom(32).hex()}
        if status == "mined":
            facts |= {"block_number": 7, "block_hash": "0x" + "44" * 32, "block_time": 1, "succeeded": True}
        Transaction.objects.filter(pk=one.pk).update(**facts)
    one.refresh_from_db()
    return one


def final(contract: Contract, *, nonce: int, **facts: Any) -> Transaction:
    return move(build(contract, nonce=nonce, **facts), "signed", "broadcast", "mined", "final")


def test_a_second_transaction_of_a_root_is_refused_while_one_stands(contract: Contract) -> None:
    one = build(contract, nonce=1)
    for status in (None, "signed", "broadcast", "mined", "final"):
        if status:
            move(one, status)
        with pytest.raises(IntegrityError, match="anchors_one_transaction_a_root"), transaction.atomic():
            build(contract, nonce=99, root=one.root)


@pytest.mark.parametrize("given_up", ["replaced", "failed"])
def test_one_that_is_given_up_makes_place_for_another(contract: Contract, given_up: str) -> None:
    one = move(build(contract, nonce=1), "signed", "broadcast", given_up)
    assert build(contract, nonce=2, root=one.root).pk != one.pk


def test_a_nonce_is_used_once(contract: Contract) -> None:
    build(contract, nonce=1)
    with pytest.raises(IntegrityError, match="anchors_one_transaction_a_nonce"), transaction.atomic():
        build(contract, nonce=1)


def test_there_is_one_contract_in_use_and_one_deployment_of_it(contract: Contract) -> None:
    with pytest.raises(IntegrityError, match="anchors_one_contract_in_use"), transaction.atomic():
        Contract.objects.create(chain_id=1, genesis="g", address="a", publisher="p", first_seq=1, first_head=b"")
    Transaction.objects.create(contract=contract, nonce=0)
    with pytest.raises(IntegrityError, match="anchors_one_transaction_a_root"), transaction.atomic():
        Transaction.objects.create(contract=contract, nonce=1)


@pytest.mark.parametrize("status", [status for status in S.values if status != S.BUILT])
def test_a_transaction_begins_as_built(contract: Contract, status: str) -> None:
    with pytest.raises(Error), transaction.atomic():
        build(contract, nonce=1, status=status, raw=b"x", hash="0x1")


def arrows() -> set[tuple[str, str]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT source, target FROM public.anchors_arrow")
        return set(cursor.fetchall())


def test_the_arrows_name_the_states_and_no_others(db: None) -> None:
    assert {state for arrow in arrows() for state in arrow} == set(S.values)


PATHS = {
    "built": [],
    "signed": ["signed"],
    "broadcast": ["signed", "broadcast"],
    "mined": ["signed", "mined"],
    "final": ["signed", "mined", "final"],
    "replaced": ["signed", "replaced"],
    "reorganised": ["signed", "mined", "reorganised"],
    "failed": ["signed", "failed"],
}


@pytest.mark.parametrize("source", S.values)
def test_there_is_no_way_beside_the_arrows(contract: Contract, source: str) -> None:
    allowed = {target for begin, target in arrows() if begin == source}
    for nonce, target in enumerate(S.values):
        one = move(build(contract, nonce=nonce), *PATHS[source])
        if target in allowed:
            assert move(one, target).status == target
        elif target != source:
            with pytest.raises(IntegrityError, match=r"no arrow|stays|anchors_"), transaction.atomic():
                move(one, target)


@pytest.mark.parametrize("source", [state for state in S.values if state != "built"])
def test_what_was_signed_never_changes(contract: Contract, source: str) -> None:
    one = move(build(contract, nonce=1), *PATHS[source])
    for change in (
        {"raw": b"other"},
        {"hash": "0x" + "55" * 32},
        {"nonce": 2},
        {"max_fee_wei": 1},
        {"head": os.urandom(32)},
        {"contract_id": contract.pk + 1},
    ):
        with pytest.raises(IntegrityError, match=r"never changes|stays"), transaction.atomic():
            Transaction.objects.filter(pk=one.pk).update(**change)


def test_what_is_final_stays_final(contract: Contract) -> None:
    one = final(contract, nonce=1)
    for change in ({"status": "reorganised"}, {"block_number": 8}, {"block_hash": "0x"}, {"note": "x"}):
        with pytest.raises(IntegrityError, match="what is final stays"), transaction.atomic():
            Transaction.objects.filter(pk=one.pk).update(**change)


def test_what_is_mined_has_a_block_and_what_is_final_succeeded(contract: Contract) -> None:
    one = move(build(contract, nonce=1), "signed")
    with pytest.raises(IntegrityError, match="anchors_mined_has_a_block"), transaction.atomic():
        Transaction.objects.filter(pk=one.pk).update(status="mined")
    move(one, "mined")
    Transaction.objects.filter(pk=one.pk).update(succeeded=False)
    with pytest.raises(IntegrityError, match="anchors_final_succeeded"), transaction.atomic():
        move(one, "final")


def test_every_change_is_put_on_record_whoever_makes_it(contract: Contract) -> None:
    one = move(build(contract, nonce=1), "signed", "mined", "reorganised", "broadcast", "mined", "final")
    assert life(one) == ["built", "signed", "mined", "reorganised", "broadcast", "mined", "final"]
    assert one.events.order_by("-pk")[0].block_number == 7


@pytest.mark.parametrize("change", ["UPDATE {} SET note = 'x'", "DELETE FROM {}", "TRUNCATE {}"])
def test_the_record_is_never_changed(contract: Contract, change: str) -> None:
    with pytest.raises(Error, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format("public.anchors_transactionevent"))


@pytest.mark.parametrize("table", ["anchors_transaction", "anchors_contract"])
@pytest.mark.parametrize("change", ["DELETE FROM {}", "TRUNCATE {} CASCADE"])
def test_transactions_and_contracts_are_kept(contract: Contract, table: str, change: str) -> None:
    with pytest.raises(Error, match="keeps its rows"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(change.format(f"public.{table}"))


def test_a_contract_is_retired_once_and_nothing_else_of_it_changes(contract: Contract) -> None:
    for change in ({"address": "0x"}, {"first_seq": contract.first_seq + 1}, {"genesis": "0x"}, {"publisher": "0x"}):
        with pytest.raises(IntegrityError, match="nothing else changes"), transaction.atomic():
            Contract.objects.filter(pk=contract.pk).update(**change)
    retired = {"retired_at": "2026-01-01T00:00:00Z", "retirement": "moved"}
    Contract.objects.filter(pk=contract.pk).update(**retired)
    for change in ({"retired_at": None, "retirement": None}, {"retirement": "forgotten"}):
        with pytest.raises(IntegrityError, match="retired once"), transaction.atomic():
            Contract.objects.filter(pk=contract.pk).update(**change)


def test_an_alarm_has_one_open_row(db: None) -> None:
    Alarm.objects.all().delete()
    Alarm.objects.create(code="chain_frozen")
    with pytest.raises(IntegrityError, match="anchors_one_alarm_a_code"), transaction.atomic():
        Alarm.objects.create(code="chain_frozen")


class TestInvariants:
    @pytest.fixture
    def unguarded(self, contract: Contract) -> Iterator[Contract]:
        """The tables without their triggers and constraints, within the test's own transaction."""
        with connection.cursor() as cursor:
            for table in ("transaction", "transactionevent", "root", "contract"):
                cursor.execute(f"ALTER TABLE public.anchors_{table} DISABLE TRIGGER USER")
            cursor.execute("DROP INDEX public.anchors_one_transaction_a_root")
            for name in ("anchors_final_succeeded", "anchors_mined_has_a_block", "anchors_sent_is_signed"):
                cursor.execute(f"ALTER TABLE public.anchors_transaction DROP CONSTRAINT {name}")
        return contract

    def broken(self) -> set[str]:
        return {one.code for one in INVARIANTS if violations(one)}

    def test_nothing_is_broken_at_first(self, contract: Contract) -> None:
        heads = [os.urandom(32) for _ in range(3)]
        before = bytes(32)
        for nonce, head in enumerate(heads):
            final(contract, nonce=nonce, previous_head=before, head=head)
            before = head
        assert self.broken() == set()

    def test_a_gap_is_found(self, unguarded: Contract) -> None:
        last = Root.objects.order_by("-seq").values_list("seq", flat=True).first() or 0
        Root.objects.create(seq=last + 2, kind=1, root=bytes(32), size=1)
        assert self.broken() == {"I23-roots-without-gaps"}

    def test_a_root_anchored_twice_is_found(self, unguarded: Contract) -> None:
        root = register_root(kind=RootKind.RESULTS, root=bytes(32), size=1)
        for nonce in (1, 2):
            made(unguarded, root, nonce=nonce)
        assert {"I23-anchored-once", "I23-anchored-in-order"} <= self.broken()

    def test_a_root_out_of_order_and_a_broken_head_are_found(self, unguarded: Contract) -> None:
        roots = [register_root(kind=RootKind.RESULTS, root=bytes(32), size=1) for _ in range(2)]
        made(unguarded, roots[0], nonce=1, block_number=9, head=os.urandom(32))
        made(unguarded, roots[1], nonce=2, block_number=8)
        assert self.broken() == {"I23-anchored-in-order", "I23-heads-are-chained"}

    def test_a_final_one_without_its_block_or_its_record_is_found(self, unguarded: Contract) -> None:
        root = register_root(kind=RootKind.RESULTS, root=bytes(32), size=1)
        one = made(unguarded, root, nonce=1, block_hash=None)
        assert self.broken() == {"I23-final-is-complete"}
        Transaction.objects.filter(pk=one.pk).update(block_hash="0x")
        TransactionEvent.objects.create(transaction=one, status="mined")
        assert self.broken() == {"I23-final-is-complete"}


def made(contract: Contract, root: Root, *, nonce: int, **facts: Any) -> Transaction:
    """A final transaction that nothing has checked, with the record that the trigger would have made."""
    usual: dict[str, Any] = {
        "raw": b"x",
        "hash": f"0x{nonce}",
        "status": "final",
        "block_number": 7,
        "block_hash": "0x",
        "block_time": 1,
        "succeeded": True,
        "previous_head": bytes(32),
        "head": bytes(32),
    }
    one = Transaction.objects.create(contract=contract, root=root, nonce=nonce, **usual | facts)
    TransactionEvent.objects.create(transaction=one, status="final")
    return one


def violations(invariant: Invariant) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(invariant.violations)
        return list(cursor.fetchall())
