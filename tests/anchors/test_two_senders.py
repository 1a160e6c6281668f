"""Two senders at once are harmless: by the lease, by the constraints without it, and by the contract without both."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from django.db import connection, connections, transaction

from anchors.chain import signer
from anchors.models import Contract, Root, Transaction
from anchors.services import transactions
from anchors.services.fees import Fees
from anchors.services.sending import Pass, _make_pass, send
from tests.anchors.steps import Roots, of, told
from tests.support.anvil import PUBLISHER, Anvil
from tests.support.threads import at_once

FEES = Fees(max_wei=10**10, priority_wei=10**9)
ONE_A_ROOT = "anchors_one_transaction_a_root"
ONE_A_NONCE = "anchors_one_transaction_a_nonce"


def without_lease() -> Pass:
    """A pass as `send` makes it, by somebody who does not ask whether another is at it."""
    return _make_pass(signer(settings.CHAIN_KEY), lambda: True)


def succeeded(chain: Anvil) -> list[bool]:
    return [int(receipt["status"], 16) == 1 for receipt in chain.sent_by(PUBLISHER)]


def test_of_two_senders_at_once_one_waits_for_its_next_turn(chain: Anvil, contract: Contract, roots: Roots) -> None:
    own = roots(8)
    passes = at_once([send, send])
    assert sorted(one.busy for one in passes if isinstance(one, Pass)) == [False, True]
    send()
    assert chain.anchored(contract.address) == told(own)
    assert succeeded(chain) == [True] * 9


def test_senders_without_the_lease_are_kept_apart_by_the_constraints(
    chain: Anvil, contract: Contract, roots: Roots
) -> None:
    own = roots(8)
    passes = at_once([without_lease] * 3)
    assert [one for one in passes if not isinstance(one, Pass)] == []
    while send().moved:
        pass
    assert chain.anchored(contract.address) == told(own)
    assert succeeded(chain) == [True] * 9
    assert [[one.status for one in of(root)] for root in own] == [["final"]] * 8


def reserve(contract: Contract, root: Root) -> Transaction | None:
    nonce = 1_000_000 + root.seq
    heads = (bytes(32), bytes(32))
    return transactions.reserve(contract=contract, root=root, nonce=nonce, gas_limit=60_000, fees=FEES, heads=heads)


def reserve_while_another_is_at_it(contract: Contract, root: Root) -> list[Transaction | None]:
    """One sender has taken the place and not committed yet when another takes it: what each of them gets."""
    results: list[Transaction | None] = []

    def second() -> None:
        try:
            results.append(reserve(contract, root))
        finally:
            connections.close_all()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        results.append(reserve(contract, root))
        thread.start()
        # Either it waits for this transaction, or there is nothing for it to wait for and it comes back.
        while thread.is_alive() and not somebody_waits():
            thread.join(0.01)
    thread.join(20)
    assert not thread.is_alive()
    return results


def somebody_waits() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'")
        return cursor.fetchone() != (0,)


def test_one_place_is_taken_once(chain: Anvil, contract: Contract, roots: Roots) -> None:
    [root] = roots(1)
    got = reserve_while_another_is_at_it(contract, root)
    assert got[0] is not None
    assert got[1] is None
    assert len(of(root)) == 1


def test_control_without_the_constraints_one_place_is_taken_twice(
    chain: Anvil, contract: Contract, roots: Roots
) -> None:
    [root] = roots(1)
    with constraints_dropped():
        got = reserve_while_another_is_at_it(contract, root)
        assert None not in got
        assert len(of(root)) == 2


def test_control_without_lease_and_constraints_two_transactions_go_out_and_the_contract_takes_one(
    chain: Anvil, contract: Contract, roots: Roots
) -> None:
    chain.hold_blocks()
    [root] = roots(1)
    with constraints_dropped():
        made = [reserve_next(contract, root, nonce=1), reserve_next(contract, root, nonce=2)]
        assert None not in made
        without_lease()
        assert [one.status for one in of(root)] == ["broadcast", "broadcast"]
        chain.mine()
        assert chain.anchored(contract.address) == told([root])
        assert succeeded(chain) == [True, True, False]  # deployment, root, and a fee for nothing


def reserve_next(contract: Contract, root: Root, *, nonce: int) -> Transaction | None:
    from anchors.chain import next_head

    before = bytes(contract.first_head)
    after = next_head(before, seq=root.seq, root=bytes(root.root), size=root.size, kind=root.kind)
    return transactions.reserve(
        contract=contract, root=root, nonce=nonce, gas_limit=100_000, fees=FEES, heads=(before, after)
    )


@contextmanager
def constraints_dropped() -> Iterator[None]:
    """The tables without the two constraints; what was made of it is removed afterwards, past the triggers."""
    definitions = {name: _definition(name) for name in (ONE_A_ROOT, ONE_A_NONCE)}
    last = Transaction.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    _execute(*(f"DROP INDEX public.{name}" for name in definitions))
    try:
        yield
    finally:
        tables = ("anchors_transaction", "anchors_transactionevent")
        _execute(
            *(f"ALTER TABLE public.{table} DISABLE TRIGGER USER" for table in tables),
            f"DELETE FROM public.anchors_transactionevent WHERE transaction_id > {last}",
            f"DELETE FROM public.anchors_transaction WHERE id > {last}",
            *(f"ALTER TABLE public.{table} ENABLE TRIGGER USER" for table in tables),
            *definitions.values(),
        )


def _definition(index: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexdef FROM pg_indexes WHERE indexname = %s", [index])
        return str(cursor.fetchone()[0])


def _execute(*statements: str) -> None:
    for statement in statements:
        with connection.cursor() as cursor:
            cursor.execute(statement)
