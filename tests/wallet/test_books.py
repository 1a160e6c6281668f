"""What the tables themselves refuse, with Python out of the way; and balances after random concurrent histories."""

import random
import threading
from datetime import UTC, datetime
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from django.db import DatabaseError, IntegrityError, ProgrammingError, connection, transaction

from keno_platform.core import ids
from operators.models import Operator
from operators.tenancy import tenant_context
from players.models import Player
from tests.support.bets import balance, new_player
from tests.support.threads import in_threads
from wallet.models import OUTGOING, Account, Kind
from wallet.services import InsufficientFunds, deposit, hold_accounts, post_movements, withdraw

SEED = 20261121
THREADS, PLAYERS, STEPS = 6, 3, 25


def execute(operator: Operator, statement: str, values: list[Any] | None = None) -> None:
    """One statement in the operator's schema, in a savepoint."""
    with tenant_context(operator), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values or [])


def account_of(operator: Operator, player: Player) -> int:
    with tenant_context(operator):
        return int(Account.objects.get(player=player).pk)


_INSERT = "INSERT INTO wallet_transaction (id, account_id, kind, amount, balance_after) VALUES (%s, %s, %s, %s, %s)"


def movement(cause: UUID, kind: int) -> UUID:
    return UUID(int=cause.int | kind)


@pytest.mark.django_db
class TestTheTable:
    @pytest.fixture
    def account(self, operator_a: Operator) -> int:
        return account_of(operator_a, new_player(operator_a, money=1000))

    @pytest.mark.parametrize("kind", list(Kind))
    @pytest.mark.parametrize("amount", [1, -1, 0])
    def test_every_kind_has_its_sign(self, operator_a: Operator, account: int, kind: Kind, amount: int) -> None:
        values = [movement(ids.bet_id(), kind), account, kind.value, amount, 0]
        if amount == (-1 if kind in OUTGOING else 1):
            execute(operator_a, _INSERT, values)
            return
        with pytest.raises(IntegrityError, match="wallet_amount_has_its_sign"):
            execute(operator_a, _INSERT, values)

    @pytest.mark.parametrize("kind", [0, 16, 25, -1])
    def test_a_kind_that_is_not_known_is_refused(self, operator_a: Operator, account: int, kind: int) -> None:
        with pytest.raises(IntegrityError, match="wallet_kind"):
            execute(operator_a, _INSERT, [UUID(int=ids.bet_id().int | (kind & 15)), account, kind, 1, 0])

    @pytest.mark.parametrize("kind", list(Kind))
    def test_the_last_digit_of_the_id_is_the_kind(self, operator_a: Operator, account: int, kind: Kind) -> None:
        amount = -1 if kind in OUTGOING else 1
        for digit in set(range(16)) - {kind.value}:
            with pytest.raises(IntegrityError, match="wallet_kind_in_id"):
                execute(operator_a, _INSERT, [UUID(int=ids.bet_id().int | digit), account, kind.value, amount, 0])

    def test_one_bet_has_each_movement_once(self, operator_a: Operator, account: int) -> None:
        cause = ids.bet_id()
        for kind, amount in ((Kind.STAKE, -1), (Kind.PAYOUT, 1), (Kind.REFUND, 1)):
            execute(operator_a, _INSERT, [movement(cause, kind), account, kind.value, amount, 0])
            with pytest.raises(IntegrityError, match="pkey"):
                execute(operator_a, _INSERT, [movement(cause, kind), account, kind.value, amount, 0])

    def test_a_balance_below_zero_is_refused_in_both_tables(self, operator_a: Operator, account: int) -> None:
        with pytest.raises(IntegrityError, match="wallet_balance_after_not_negative"):
            execute(operator_a, _INSERT, [movement(ids.bet_id(), 4), account, 4, 1, -1])
        with pytest.raises(IntegrityError, match="wallet_balance_not_negative"):
            execute(operator_a, "UPDATE wallet_account SET balance = -1 WHERE id = %s", [account])

    def test_a_movement_outside_the_partitions_has_no_place(self, operator_a: Operator, account: int) -> None:
        long_ago = UUID(int=ids.uuid7_floor(datetime(2020, 1, 1, tzinfo=UTC)).int | 4)
        with pytest.raises(IntegrityError, match="no partition"):
            execute(operator_a, _INSERT, [long_ago, account, 4, 1, 0])

    @pytest.mark.parametrize(
        "statement",
        [
            "UPDATE {} SET amount = amount + 1",
            "UPDATE {} SET reference = 'x' WHERE false",
            "DELETE FROM {}",
            "DELETE FROM {} WHERE false",
            "TRUNCATE {}",
            "TRUNCATE {} CASCADE",
        ],
    )
    def test_movements_are_never_changed_or_removed(self, operator_a: Operator, account: int, statement: str) -> None:
        today = f"wallet_transaction_{datetime.now(UTC):%Y%m%d}"
        for table in ("wallet_transaction", f"op_alpha.{today}"):
            with pytest.raises(ProgrammingError, match="append-only"):
                execute(operator_a, statement.format(table))


@pytest.mark.django_db
class TestTheFunction:
    def test_movements_of_several_players_are_written_together_in_their_order(self, operator_a: Operator) -> None:
        first, second = new_player(operator_a, money=100), new_player(operator_a, money=50)
        with tenant_context(operator_a):
            post_movements(
                Kind.STAKE,
                causes=[ids.bet_id() for _ in range(3)],
                players=[first.pk, second.pk, first.pk],
                amounts=[-60, -50, -40],
            )
        assert (balance(operator_a, first), balance(operator_a, second)) == (0, 0)

    def test_one_movement_that_cannot_be_paid_takes_all_with_it(self, operator_a: Operator) -> None:
        rich, poor = new_player(operator_a, money=100), new_player(operator_a, money=10)
        with tenant_context(operator_a), pytest.raises(IntegrityError, match="balance"), transaction.atomic():
            post_movements(
                Kind.STAKE,
                causes=[ids.bet_id(), ids.bet_id()],
                players=[rich.pk, poor.pk],
                amounts=[-50, -11],
            )
        assert (balance(operator_a, rich), balance(operator_a, poor)) == (100, 10)

    def test_a_player_without_an_account_is_refused(self, operator_a: Operator) -> None:
        player = new_player(operator_a)
        with tenant_context(operator_a), pytest.raises(DatabaseError, match="without an account"), transaction.atomic():
            post_movements(Kind.PAYOUT, causes=[ids.bet_id()], players=[player.pk], amounts=[5])

    def test_the_same_cause_twice_is_refused(self, operator_a: Operator) -> None:
        player, cause = new_player(operator_a, money=100), ids.bet_id()
        with tenant_context(operator_a):
            post_movements(Kind.PAYOUT, causes=[cause], players=[player.pk], amounts=[5])
            with pytest.raises(IntegrityError, match="pkey"), transaction.atomic():
                post_movements(Kind.PAYOUT, causes=[cause], players=[player.pk], amounts=[5])
        assert balance(operator_a, player) == 105


def test_after_a_random_concurrent_history_every_balance_is_the_sum_of_its_movements(
    committed: None, operator_a: Operator
) -> None:
    players = [new_player(operator_a, money=1_000) for _ in range(PLAYERS)]
    expected, lock = dict.fromkeys((player.pk for player in players), 1_000), threading.Lock()

    def history(number: int) -> None:
        dice = random.Random(SEED + number)
        for _ in range(STEPS):
            player, amount = dice.choice(players), dice.randint(1, 900)
            key = str(uuid4())
            with tenant_context(operator_a):
                match dice.choice(("deposit", "withdraw", "several")):
                    case "deposit":
                        deposit(key=key, player=player, amount=amount, reference="")
                        moved = {player.pk: amount}
                    case "withdraw":
                        try:
                            withdraw(key=key, player=player, amount=amount, reference="")
                        except InsufficientFunds:
                            continue
                        moved = {player.pk: -amount}
                    case _:
                        chosen = dice.sample(players, k=PLAYERS)
                        post_movements(
                            Kind.PAYOUT,
                            causes=[ids.bet_id() for _ in chosen],
                            players=[one.pk for one in chosen],
                            amounts=[amount] * PLAYERS,
                        )
                        moved = {one.pk: amount for one in chosen}
            with lock:
                for pk, delta in moved.items():
                    expected[pk] += delta

    in_threads(*(lambda number=number: history(number) for number in range(THREADS)))  # type: ignore[misc]
    with tenant_context(operator_a), connection.cursor() as cursor:
        for player in players:
            cursor.execute(
                "SELECT a.balance, (SELECT sum(t.amount) FROM wallet_transaction t WHERE t.account_id = a.id),"
                " (SELECT t.balance_after FROM wallet_transaction t WHERE t.account_id = a.id"
                "  ORDER BY t.created_at DESC LIMIT 1) FROM wallet_account a WHERE a.player_id = %s",
                [player.pk],
            )
            stored, total, _ = cursor.fetchone()
            assert stored == total == expected[player.pk]
            assert stored >= 0


class TestLostUpdates:
    """The lock on the account is what keeps a balance right: shown with it, and without it."""

    ROUNDS = 15

    def pay(self, operator: Operator, player: Player, *, locked: bool) -> int:
        """Two threads add 1 to a balance so many times by reading it first; what the balance is then."""
        both = threading.Barrier(2, timeout=30)

        def run() -> None:
            for _ in range(self.ROUNDS):
                with tenant_context(operator), transaction.atomic():
                    if locked:
                        hold_accounts([player.pk])
                    account = Account.objects.get(player=player)
                    if not locked:
                        both.wait()  # both have read before either writes
                    Account.objects.filter(pk=account.pk).update(balance=account.balance + 1)
                if not locked:
                    both.wait()

        in_threads(run, run)
        return balance(operator, player)

    def test_with_the_lock_none_is_lost(self, committed: None, operator_a: Operator) -> None:
        player = new_player(operator_a, money=1)
        try:
            assert self.pay(operator_a, player, locked=True) == 1 + 2 * self.ROUNDS
        finally:
            restore(operator_a, player)

    def test_without_it_half_of_them_are(self, committed: None, operator_a: Operator) -> None:
        player = new_player(operator_a, money=1)
        try:
            assert self.pay(operator_a, player, locked=False) == 1 + self.ROUNDS
        finally:
            restore(operator_a, player)


def restore(operator: Operator, player: Player) -> None:
    """The books as its movements have them, for the tests that check every balance."""
    with tenant_context(operator):
        Account.objects.filter(player=player).update(balance=1)


def test_accounts_are_locked_in_one_order_so_that_nobody_waits_in_a_circle(
    committed: None, operator_a: Operator
) -> None:
    players = [new_player(operator_a, money=1_000) for _ in range(4)]

    def pay(order: list[Player]) -> None:
        for _ in range(15):
            with tenant_context(operator_a):
                post_movements(
                    Kind.PAYOUT,
                    causes=[ids.bet_id() for _ in order],
                    players=[one.pk for one in order],
                    amounts=[1] * len(order),
                )

    in_threads(lambda: pay(players), lambda: pay(players[::-1]), lambda: pay(players[2:] + players[:2]))
    assert [balance(operator_a, one) for one in players] == [1_045] * 4


def test_without_the_one_order_they_do(committed: None, operator_a: Operator) -> None:
    """The control: two sessions that lock two accounts crosswise are told of a deadlock."""
    accounts = [account_of(operator_a, new_player(operator_a, money=1)) for _ in range(2)]
    given = connection.settings_dict
    names = {"host": "HOST", "port": "PORT", "user": "USER", "password": "PASSWORD", "dbname": "NAME"}
    parameters: dict[str, Any] = {name: given[key] for name, key in names.items() if given[key]}
    lock = "SELECT 1 FROM op_alpha.wallet_account WHERE id = %s FOR UPDATE"
    met = threading.Barrier(2, timeout=30)
    told = []

    def cross(order: list[int]) -> None:
        with psycopg.connect(**parameters) as session:
            session.execute(lock, [order[0]])
            met.wait()
            try:
                session.execute(lock, [order[1]])
            except psycopg.errors.DeadlockDetected:
                told.append(order)

    in_threads(lambda: cross(accounts), lambda: cross(accounts[::-1]))
    assert len(told) == 1
