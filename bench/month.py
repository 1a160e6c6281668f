"""
A month of play of several operators whose books add up: rounds that are drawn and paid, bets, cancellations, payouts,
movements, balances and settlements, as play leaves them, but for what only proofs look at, which is random bytes.

Numbers come from the real draw, and what a bet wins from its operator's paytable.
"""

import hashlib
import secrets
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from bench.filling import bit_text, connect, fill_partition, pack
from bench.month_arrays import ids_at, moments, parts_of, running, uuid

if TYPE_CHECKING:
    from operators.models import Operator
    from rounds.models import Game

DAYS = 30
PATTERNS = 4_000
"""Different choices of numbers, as many of each pick count."""
STAKES = (50, 100, 200, 500, 1_000, 2_500)
CANCELLED_ONE_IN = 2_000
VOID_EVERY = 500
BETTING_PART = 0.9
SETTLED_AFTER_MS = 3_000
STAKE, PAYOUT, REFUND = 1, 2, 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Rounds:
    """The rounds of a day, in their order: arrays of NumPy. `drawn` has a row for each, with a 1 for each number."""

    ids: Any
    opens_ms: Any
    closes_ms: Any
    drawn: Any
    void: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """Who plays: players and their accounts in the same order."""

    players: Any
    accounts: Any
    balances: Any


def days_before(today: date) -> list[date]:
    """The days that are filled: the last that are over."""
    return [today - timedelta(days=back) for back in range(DAYS, 0, -1)]


def make_rounds(game: "Game", day: date, count: int, *, first: int) -> Rounds:
    """So many rounds over a day, numbered from `first`, drawn and paid; every so many is void."""
    import numpy as np

    from rounds.models import Round

    step = 86_400_000 // count
    opens = int(datetime.combine(day, time(), UTC).timestamp() * 1000) + step * np.arange(count)
    closes = opens + int(step * BETTING_PART)
    void = (first + np.arange(count)) % VOID_EVERY == VOID_EVERY - 1
    epoch = _epoch(count, day)
    made, drawn = [], np.zeros((count, 80), np.uint8)
    for place in range(count):
        one, numbers = _round(game, first + place, int(opens[place]), int(closes[place]), is_void=bool(void[place]))
        one.epoch, one.leaf_index = epoch, place
        made.append(one)
        drawn[place, np.asarray(numbers) - 1] = 1
    _store(made)
    ids = dict(Round.objects.filter(epoch=epoch).values_list("leaf_index", "id"))
    rows = np.array([ids[place] for place in range(count)])
    return Rounds(ids=rows, opens_ms=opens, closes_ms=closes, drawn=drawn, void=void)


def _epoch(size: int, day: date) -> Any:
    from rounds.models import Epoch

    starts = datetime.combine(day, time(), UTC)
    own = {"sealed_key": secrets.token_bytes(60), "root": secrets.token_bytes(32), "size": size}
    return Epoch.objects.create(**own, starts_at=starts, ends_at=starts + timedelta(days=1))


def _round(game: "Game", number: int, opens_ms: int, closes_ms: int, *, is_void: bool) -> tuple[Any, Sequence[int]]:
    """A round as it is when all is over, and its numbers."""
    from fairness.draw import draw_key, draw_numbers
    from rounds.models import NetworkName, Round, RoundStatus

    seed = hashlib.sha256(b"%d %d" % (game.pk, number)).digest()
    numbers = draw_numbers(
        key=draw_key(seed=seed, commit_leaf_hash=hashlib.sha256(seed).digest(), beacon_signature=None)
    )
    opens, closes = (datetime.fromtimestamp(ms / 1000, UTC) for ms in (opens_ms, closes_ms))
    over = closes + timedelta(milliseconds=SETTLED_AFTER_MS)
    ended: dict[str, Any] = (
        {"status": RoundStatus.VOID, "voided_at": over, "void_cause": 6, "void_reason": "a month of the bench"}
        if is_void
        else {"status": RoundStatus.REVEALED, "drawn_at": over, "settled_at": over, "revealed_at": over,
              "numbers_drawn": sorted(numbers)}
    )  # fmt: skip
    one = Round(
        game=game,
        number=number,
        network=NetworkName.NONE,
        opens_at=opens,
        closes_at=closes,
        beacon_round=0,
        server_seed_hash=hashlib.sha256(
            b"KPS1-COMMIT\0" + game.stream.bytes + number.to_bytes(8, "big") + seed
        ).digest(),
        created_at=opens - timedelta(hours=1),
        opened_at=opens,
        closed_at=closes,
        bets_root=secrets.token_bytes(32),
        server_seed=seed,
        **ended,
    )
    return one, numbers


def _store(rounds: Sequence[Any]) -> None:
    """Rounds that are over at once, which no arrow leads to: the guard is away for as long as it takes."""
    from django.db import connection, transaction

    from rounds.models import Round

    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0; SET LOCAL statement_timeout = 0")
        cursor.execute("ALTER TABLE public.rounds_round DISABLE TRIGGER USER")
        Round.objects.bulk_create(rounds, batch_size=1_000)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE public.rounds_round ENABLE TRIGGER USER")


class Month:
    """The play of one operator, a day at a time, from the first to the last."""

    def __init__(self, operator: "Operator", tokens: Sequence[str], *, seed: int) -> None:
        import numpy as np

        self.operator, self._schema = operator, operator.schema_name
        self._random = np.random.default_rng(seed)
        self._paytable, self._multipliers = _paytable(operator)
        self._picks, self._pick_counts = _patterns(self._random)
        self._who = _accounts(operator, tokens)

    def play(self, day: date, rounds: Rounds, bets: int) -> None:
        """So many bets over the rounds of a day, settled, with all that moved."""
        self._make_partitions(day)
        own = _Day(self, rounds, bets)
        tables = (
            ("bets_bet", _BET, own.bets),
            ("bets_payout", _PAYOUT, own.payouts),
            ("wallet_transaction", _MOVE, own.moves),
        )
        with ThreadPoolExecutor(len(tables)) as threads:
            list(threads.map(lambda one: fill_partition(self._schema, one[0], day, one[1], one[2]()), tables))
        self._write_few(own)

    def _make_partitions(self, day: date) -> None:
        from django.db import connection

        from bets.services.partitions import TABLES
        from operators.partitions import Partition, make_partition, missing_of
        from operators.tenancy import tenant_context

        with tenant_context(self.operator), connection.cursor() as cursor:
            for one in missing_of(cursor, [Partition(self._schema, table, day) for table in TABLES]):
                make_partition(cursor, one, guards=True)

    def _write_few(self, own: "_Day") -> None:
        """Settlements, participations, cancellations, and what is on the accounts in the end."""
        with connect(self._schema) as database, database.cursor() as cursor, database.transaction():
            for table, columns, rows in own.few(self.operator.pk):
                with cursor.copy(f"COPY {table.format(s=self._schema)} ({columns}) FROM STDIN") as copy:
                    for row in rows:
                        copy.write_row(row)
            cursor.execute(
                f'UPDATE "{self._schema}".wallet_account a SET balance = m.balance'
                " FROM unnest(%s::bigint[], %s::bigint[]) AS m (id, balance) WHERE a.id = m.id",
                [self._who.accounts.tolist(), self._who.balances.tolist()],
            )


def _paytable(operator: "Operator") -> tuple[bytes, Any]:
    """The active paytable, and what it pays in hundredths by pick count and hits."""
    import numpy as np

    from bets.selectors import active_paytable, multipliers
    from operators.tenancy import tenant_context

    with tenant_context(operator):
        active = active_paytable()
        pays = multipliers(active)
    table = np.zeros((11, 11), np.int64)
    for picks, by_hits in pays.items():
        for hits, hundredths in by_hits.items():
            table[picks, hits] = hundredths
    return active.pk.bytes, table


def _patterns(random: Any) -> tuple[Any, Any]:
    import numpy as np

    counts = 1 + np.arange(PATTERNS) % 10
    picks = np.zeros((PATTERNS, 80), np.uint8)
    for place, count in enumerate(counts):
        picks[place, random.choice(80, count, replace=False)] = 1
    return picks, counts


def _accounts(operator: "Operator", tokens: Sequence[str]) -> Account:
    import numpy as np

    from operators.tenancy import tenant_context
    from wallet.models import Account as Stored

    with tenant_context(operator):
        found = Stored.objects.filter(player__token__in=tokens).order_by("pk").values_list("player_id", "pk", "balance")
        players, accounts, balances = (np.array(column, np.int64) for column in zip(*found, strict=True))
    return Account(players=players, accounts=accounts, balances=balances)


class _Day:
    """One operator's bets of a day, and what they led to: arrays with a place for each bet, in the order of time."""

    def __init__(self, month: Month, rounds: Rounds, bets: int) -> None:
        import numpy as np

        random, self._month, self._rounds = month._random, month, rounds
        count = len(rounds.ids)
        self._round = np.arange(bets) * count // bets
        self._who = random.integers(0, len(month._who.players), bets)
        self._pattern = random.integers(0, PATTERNS, bets)
        self._stake = random.choice(np.array(STAKES), bets)
        self._bet_ms = self._times()
        self._cancelled = random.random(bets) < 1 / CANCELLED_ONE_IN
        self._void = rounds.void[self._round] & ~self._cancelled
        self._played = ~self._void & ~self._cancelled
        self._win()
        self._ids = ids_at(random, self._bet_ms)
        self._blind, self._leaf = (random.integers(0, 256, (bets, width), dtype=np.uint8) for width in (16, 32))
        self._move()

    def _times(self) -> Any:
        """Bets spread over the time in which their round is open."""
        import numpy as np

        of_round = np.bincount(self._round, minlength=len(self._rounds.ids))
        first = np.cumsum(of_round) - of_round
        place = np.arange(len(self._round)) - first[self._round]
        open_ms = (self._rounds.closes_ms - self._rounds.opens_ms)[self._round]
        return self._rounds.opens_ms[self._round] + place * (open_ms - 1) // np.maximum(of_round[self._round], 1)

    def _win(self) -> None:
        import numpy as np

        picks, counts = self._month._picks, self._month._pick_counts
        by_round = self._rounds.drawn.astype(np.float32) @ picks.T.astype(np.float32)
        hits = by_round[self._round, self._pattern].astype(np.int64)
        self._pick_count = counts[self._pattern]
        self._hits = hits
        self._multiplier = self._month._multipliers[self._pick_count, hits] * self._played
        self._won = self._stake * self._multiplier // 100
        self._ended_ms = self._rounds.closes_ms[self._round] + SETTLED_AFTER_MS

    def _move(self) -> None:
        """Movements in the order in which they were booked, and the balance after each."""
        import numpy as np

        won, back = np.flatnonzero(self._won), np.flatnonzero(self._cancelled | self._void)
        ended = np.where(self._cancelled, self._bet_ms + 1, self._ended_ms)
        bet = np.concatenate([np.arange(len(self._stake)), won, back])
        kind = np.repeat([STAKE, PAYOUT, REFUND], [len(self._stake), len(won), len(back)])
        amount = np.concatenate([-self._stake, self._won[won], self._stake[back]])
        at = np.concatenate([self._bet_ms, self._ended_ms[won], ended[back]])
        order = np.lexsort((kind, at))
        self._of_bet, self._kind, self._amount, self._at = bet[order], kind[order], amount[order], at[order]
        self._after = running(self._month._who.balances, self._who[self._of_bet], self._amount)

    def bets(self) -> Any:
        import numpy as np

        month, packed = self._month, bit_text(np.packbits(self._month._picks, axis=1))
        for part in parts_of(len(self._stake)):
            yield pack(
                {
                    "id": self._ids[part],
                    "round": self._rounds.ids[self._round[part]],
                    "player": month._who.players[self._who[part]],
                    "paytable": np.tile(np.frombuffer(month._paytable, np.uint8), (len(self._stake[part]), 1)),
                    "picks": packed[self._pattern[part]],
                    "pick_count": self._pick_count[part].astype(">i2"),
                    "stake": self._stake[part],
                    "potential": self._stake[part] * month._multipliers.max(axis=1)[self._pick_count[part]] // 100,
                    "blind": self._blind[part],
                    "leaf": self._leaf[part],
                    "at": moments(self._bet_ms[part]),
                }
            )

    def payouts(self) -> Any:
        won = self._won.nonzero()[0]
        for part in parts_of(len(won)):
            own = won[part]
            yield pack(
                {
                    "bet": self._ids[own],
                    "round": self._rounds.ids[self._round[own]],
                    "hits": self._hits[own].astype(">i2"),
                    "multiplier": self._multiplier[own].astype(">i4"),
                    "amount": self._won[own],
                    "at": moments(self._ended_ms[own]),
                }
            )

    def moves(self) -> Any:
        accounts = self._month._who.accounts
        for part in parts_of(len(self._kind)):
            own, kinds = self._of_bet[part], self._kind[part]
            ids = self._ids[own].copy()
            ids[:, 15] |= kinds.astype(ids.dtype)
            yield pack(
                {
                    "id": ids,
                    "account": accounts[self._who[own]],
                    "kind": kinds.astype(">i2"),
                    "amount": self._amount[part],
                    "after": self._after[part],
                    "at": moments(self._at[part]),
                }
            )

    def few(self, operator_id: Any) -> list[tuple[str, str, list[tuple[Any, ...]]]]:
        """Tables with few rows, as text."""
        rounds, names = self._rounds, "round_id, outcome, bets, stakes, winners, payouts, settled_at"
        ended = [datetime.fromtimestamp((ms + SETTLED_AFTER_MS) / 1000, UTC) for ms in rounds.closes_ms.tolist()]
        settled = [
            (round_id, "void" if void else "drawn", *figures, at)
            for round_id, void, *figures, at in zip(rounds.ids.tolist(), rounds.void, *self._sums(), ended, strict=True)
        ]
        took_part = [(round_id, operator_id, at, at) for round_id, at in zip(rounds.ids.tolist(), ended, strict=True)]
        taken_back = [
            (
                uuid(self._ids[bet]),
                int(rounds.ids[self._round[bet]]),
                datetime.fromtimestamp((self._bet_ms[bet] + 1) / 1000, UTC),
            )
            for bet in self._cancelled.nonzero()[0]
        ]
        return [
            ('"{s}".bets_settlement', names, settled),
            ("public.rounds_participation", "round_id, operator_id, created_at, settled_at", took_part),
            ('"{s}".bets_cancellation', "bet_id, round_id, created_at", taken_back),
        ]

    def _sums(self) -> list[list[int]]:
        """By round: bets, stakes, winners, and what was paid or given back. Cancelled bets count nowhere."""
        import numpy as np

        paid = np.where(self._void, self._stake, self._won)
        figures = (~self._cancelled, self._stake * ~self._cancelled, self._won > 0, paid * ~self._cancelled)
        count = len(self._rounds.ids)
        return [np.bincount(self._round, weights=own, minlength=count).astype(np.int64).tolist() for own in figures]


_BET = "id, round_id, player_id, paytable_id, picks, pick_count, stake, potential_max_win, blind, leaf_hash, created_at"
_PAYOUT = "bet_id, round_id, hits, multiplier_hundredths, amount, created_at"
_MOVE = "id, account_id, kind, amount, balance_after, created_at"
