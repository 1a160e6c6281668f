"""The sandbox wallet keeps its books: exactly once, exact to the smallest unit, and what it answered stays."""

import asyncio
import random
import sqlite3
from collections import Counter
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from keno_kit import money
from keno_kit.commands import wallet as command
from keno_kit.conformance.calling import Exchange, Wallet, session
from keno_kit.conformance.scenarios.form import CODES
from keno_kit.conformance.trial import Trial, new_bet
from keno_kit.keys import load_signer, make_pair
from keno_kit.sandbox import magic
from keno_kit.sandbox.faults import FAULTS, FaultUnknown, Plan, read_active
from keno_kit.sandbox.journal import Journal
from keno_kit.sandbox.spoiling import SPOILED, Words, say
from tests.kit.support import Served, serving
from wallet.models import Kind
from wallet.protocol import Currency, Order, Outcome, judge


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("keys")


class Caller:
    """A trial against a served wallet, as a context."""

    def __init__(self, served: Served, *, player: str = "player-1", deadline_s: float = 10.0) -> None:
        self.made = [0]
        self.session = session(at_once=32, made=self.made)
        wallet = Wallet(
            url=served.url, signer=served.signer, deadline_s=deadline_s, session=self.session, made=self.made
        )
        self.trial = Trial(wallet=wallet, player=player, currency="KES", unit=100, session_id="s-1")

    async def __aenter__(self) -> Trial:
        return self.trial

    async def __aexit__(self, *_: object) -> None:
        await self.session.close()


def effects(state: Any) -> dict[str, str]:
    return {one["transaction_id"]: one["effective"] for one in state["transactions"] if one["kind"] != "rollback"}


async def test_the_state_tells_what_every_transaction_came_to(keys: Path) -> None:
    async with serving(keys) as served, Caller(served) as t:
        kept, given_back, unknown = await t.taken(), await t.taken(250), new_bet()
        t.ok(await t.rollback(given_back, 250))
        t.ok(await t.rollback(unknown), "not_found")
        t.ok(await t.credit(kept, 1_234))
        state = await served.get("/state")
    assert effects(state) == {
        kept.debit_id: "-1.00",
        kept.credit_id: "12.34",
        given_back.debit_id: "0.00",
        unknown.debit_id: "0.00",
    }
    by_id = {one["transaction_id"]: one for one in state["transactions"]}
    assert by_id[given_back.debit_id]["state"] == "rolled_back"
    assert by_id[unknown.debit_id]["state"] == "tombstone"
    assert by_id[unknown.rollback_id]["state"] == "not_found"
    [player] = [one for one in state["players"] if one["player_token"] == "player-1"]
    assert (player["opening"], player["balance"]) == ("10000.00", "10011.34")


async def test_a_transaction_that_was_applied_twice_shows_in_the_state(keys: Path) -> None:
    async with serving(keys) as served, Caller(served) as t:
        await served.post("/faults", {"fault": "double-apply"})
        bet = await t.taken()
        state = await served.get("/state")
    [row] = [one for one in state["transactions"] if one["transaction_id"] == bet.debit_id]
    assert (row["times"], row["amount"], row["effective"]) == (2, "1.00", "-2.00")


async def test_the_journal_is_read_page_by_page(keys: Path) -> None:
    async with serving(keys) as served, Caller(served) as t:
        bets = [await t.taken() for _ in range(5)]
        first = await served.get("/journal?limit=3")
        second = await served.get(f"/journal?after={first['next']}")
    assert [one["transaction_id"] for one in first["movements"] + second["movements"]] == [one.debit_id for one in bets]


async def test_random_calls_many_at_once_end_in_books_that_add_up(keys: Path) -> None:
    """Every call three times at once, rollbacks before and after their debits."""
    async with serving(keys) as served, Caller(served) as t:
        bets = [new_bet() for _ in range(60)]

        async def play(number: int) -> None:
            calls = {0: (t.debit,), 1: (t.debit, t.rollback), 2: (t.rollback, t.debit), 3: (t.debit, t.credit)}[
                number % 4
            ]
            for call in calls:
                await asyncio.gather(*(call(bets[number]) for _ in range(3)))

        await asyncio.gather(*(play(number) for number in range(len(bets))))
        state, journal = await served.get("/state"), await served.get("/journal?limit=10000")
    counted = Counter(effects(state).values())
    assert counted == {"-1.00": 30, "0.00": 30, "1.00": 15}
    moved = sum(round(float(one["amount"]) * 100) for one in journal["movements"])
    assert moved == -1_500
    [player] = [one for one in state["players"] if one["player_token"] == "player-1"]
    assert player["balance"] == "9985.00"


async def test_what_was_answered_is_there_after_a_restart(keys: Path, tmp_path: Path) -> None:
    database = str(tmp_path / "books.sqlite")
    bet, buried = new_bet(), new_bet()
    async with serving(keys, database=database) as served, Caller(served) as t:
        t.ok(await t.debit(bet))
        t.ok(await t.rollback(buried), "not_found")
    async with serving(keys, database=database) as served, Caller(served) as t:
        t.ok(await t.debit(bet))
        t.refused(await t.debit(buried), "rolled_back")
        assert await t.balance() == 1_000_000 - 100


async def test_no_answer_is_given_before_its_commit(tmp_path: Path) -> None:
    """Another connection sees only what is committed."""
    path = str(tmp_path / "books.sqlite")
    journal = Journal(path=path, commit_ms=30)
    other = sqlite3.connect(path)
    journal.put_player(token="p", currency="KES", opening=100)
    journal.move(entry="t", player="p", amount=-40)
    assert other.execute("SELECT count(*) FROM movement").fetchone() == (0,)
    await journal.durable()
    assert other.execute("SELECT count(*) FROM movement").fetchone() == (1,)
    other.close()
    journal.close()


async def test_a_batch_that_fails_stores_nothing_and_tells_everybody_in_it(tmp_path: Path) -> None:
    journal = Journal(path=str(tmp_path / "books.sqlite"), commit_ms=30)
    journal.put_player(token="p", currency="KES", opening=100)
    waiting = asyncio.ensure_future(journal.durable())
    await asyncio.sleep(0)
    journal.abandon(sqlite3.OperationalError("disk full"))
    with pytest.raises(sqlite3.OperationalError, match="disk full"):
        await waiting
    assert journal.find_player("p") is None
    journal.put_player(token="q", currency="KES", opening=100)
    await journal.durable()
    assert journal.find_player("q") is not None
    journal.close()


async def test_the_rollback_of_a_player_whom_nobody_knows_can_end(keys: Path) -> None:
    async with serving(keys) as served, Caller(served, player="nobody-1") as t:
        bet = new_bet()
        t.ok(await t.rollback(bet), "not_found")
        t.refused(await t.debit(bet), "rolled_back")


async def test_a_new_key_is_learnt_from_the_list_without_a_restart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As in a rotation: the list changes, and the next call names a key that was not in it."""
    monkeypatch.setattr("keno_kit.keys.REFETCH_AFTER_S", 0)
    old, new = tmp_path / "old", tmp_path / "new"
    async with serving(old) as served, Caller(served) as t:
        _, listed = make_pair(new, key_id="next")
        t.wallet.signer = load_signer(new / "key.json", key_id=None)
        t.refused(await t.debit(new_bet()), "signature_invalid")
        (old / "keys.json").write_bytes(listed.read_bytes())
        t.ok(await t.debit(new_bet()))


# Faults at run time


async def test_faults_are_switched_on_and_off_while_it_runs(keys: Path) -> None:
    async with serving(keys) as served, Caller(served) as t:
        bet = new_bet()
        assert await served.post("/faults", {"fault": "500-after", "calls": ["debit"]}) == (
            200,
            {"active": [{"fault": "500-after", "share": 1.0, "calls": ["debit"]}], "known": list(FAULTS)},
        )
        assert (await t.debit(bet)).status == 500
        await served.post("/faults", {"fault": None})
        t.ok(await t.debit(bet))
        assert await t.balance() == 1_000_000 - 100  # the 500 came after it was applied


@pytest.mark.parametrize(
    "wrong",
    [
        {"fault": "nonsense"},
        {"fault": "late", "share": 1.5},
        {"fault": "late", "share": "0.1"},
        {"fault": "late", "calls": ["payout"]},
        {"faults": [{"fault": "late", "share": 0.6}, {"fault": "reset", "share": 0.6}]},
        [],
    ],
)
async def test_a_switch_that_makes_no_sense_changes_nothing(keys: Path, wrong: object) -> None:
    async with serving(keys) as served:
        await served.post("/faults", {"fault": "html", "share": 0.5})
        status, said = await served.post("/faults", wrong)
        assert status == 422
        assert said["error"]
        assert [one["fault"] for one in (await served.get("/faults"))["active"]] == ["html"]


def test_shares_are_kept_and_a_call_suffers_one_fault_at_most() -> None:
    plan = Plan(chance=random.Random(7))
    plan.switch(
        [read_active({"fault": "late", "share": 0.1}), read_active({"fault": "reset", "share": 0.3})], keep=False
    )
    drawn = Counter(plan.draw("debit") for _ in range(20_000))
    assert abs(drawn["late"] / 20_000 - 0.1) < 0.01
    assert abs(drawn["reset"] / 20_000 - 0.3) < 0.01
    assert set(drawn) == {"late", "reset", None}
    assert {plan.draw("balance") for _ in range(100)} == {None}


def test_a_fault_that_nobody_knows_is_refused_by_name() -> None:
    with pytest.raises(FaultUnknown, match="nonsense"):
        read_active({"fault": "nonsense"})


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("late", {"fault": "late", "share": 1.0, "calls": ["debit", "credit", "rollback"]}),
        ("late:0.25", {"fault": "late", "share": 0.25, "calls": ["debit", "credit", "rollback"]}),
        ("double-apply", {"fault": "double-apply", "share": 1.0, "calls": ["debit"]}),
        ("html:0.1:balance,credit", {"fault": "html", "share": 0.1, "calls": ["balance", "credit"]}),
    ],
)
def test_a_fault_can_be_said_on_the_command_line(text: str, meant: dict[str, object]) -> None:
    assert command.read_fault(text).as_json() == meant


HARMLESS = {"wrong-content-type", "closes-connections", "refusal-without-ids"}
"""What an integrator should mend, and no reason to doubt what happened."""


@pytest.mark.parametrize("fault", [name for name in SPOILED if name not in HARMLESS])
@pytest.mark.parametrize(("currency", "exponent"), [("KES", 2), ("XOF", 0)])
def test_the_platform_is_in_doubt_about_every_spoiled_answer(fault: str, currency: str, exponent: int) -> None:
    order = Order(
        id=UUID(int=6),
        kind=Kind.DEBIT,
        amount=1_000,
        player_id=1,
        player_token="p",
        bet_id=UUID(int=0),
        round_id=1,
        game="g",
    )
    amount = money.render(1_000, currency=currency)
    good = {
        "status": "ok",
        "request_id": "r-1",
        "transaction_id": str(order.id),
        "amount": amount,
        "currency": currency,
        "balance": amount,
    }

    def judged(words: Words) -> Outcome:
        known = Currency(code=currency, exponent=exponent)
        body = words.body[: 64 * 1024]  # no more is read
        return judge(order, status=words.status, body=body, currency=known, request_id="r-1").outcome

    assert judged(say(good)) is Outcome.OK
    assert judged(SPOILED[fault](good)) is Outcome.IN_DOUBT


# Magic players


async def debit_of(t: Trial) -> tuple[Exchange, int]:
    """A debit, and how the balance has moved."""
    before = 1_000_000
    exchange = await t.debit(new_bet())
    return exchange, await t.balance() - before


REFUSING = {"insufficient": "insufficient_funds", "limit": "limit_reached", "blocked": "player_blocked"}


@pytest.mark.parametrize(("name", "code"), REFUSING.items())
async def test_a_magic_player_that_is_refused(keys: Path, name: str, code: str) -> None:
    async with serving(keys) as served, Caller(served, player=f"magic-{name}") as t:
        exchange, moved = await debit_of(t)
        t.refused(exchange, code)
        assert moved == 0


@pytest.mark.parametrize(
    ("name", "taken"), [("timeout", True), ("timeout-before", False), ("late", True), ("drip", True)]
)
async def test_a_magic_player_whose_debits_are_not_answered_in_time(keys: Path, name: str, taken: bool) -> None:
    async with serving(keys) as served, Caller(served, player=f"magic-{name}.7", deadline_s=0.5) as t:
        exchange, moved = await debit_of(t)
        assert exchange.timed_out
        assert moved == (-100 if taken else 0)


async def test_the_magic_duplicate_is_taken_twice_and_told_once(keys: Path) -> None:
    async with serving(keys) as served, Caller(served, player="magic-duplicate") as t:
        exchange, moved = await debit_of(t)
        t.ok(exchange)
        assert moved == -200


async def test_the_magic_wrong_currency_is_taken_and_told_wrongly(keys: Path) -> None:
    async with serving(keys) as served, Caller(served, player="magic-wrong-currency") as t:
        exchange, moved = await debit_of(t)
        assert t.ok(exchange)["currency"] != "KES"
        assert moved == -100


async def test_a_magic_credit_fails_twice_and_is_then_paid_once(keys: Path) -> None:
    async with serving(keys) as served, Caller(served, player="magic-credit-twice") as t:
        bet = await t.taken()
        assert [(await t.credit(bet)).status for _ in range(4)] == [500, 500, 200, 200]
        assert await t.balance() == 1_000_000


async def test_a_magic_rollback_fails_three_times_and_then_gives_back(keys: Path) -> None:
    async with serving(keys) as served, Caller(served, player="magic-rollback-thrice", deadline_s=0.5) as t:
        bet = new_bet()
        assert (await t.debit(bet)).timed_out
        assert [(await t.rollback(bet)).status for _ in range(4)] == [503, 503, 503, 200]
        assert await t.balance() == 1_000_000


async def test_the_magic_poor_player_has_one_unit(keys: Path) -> None:
    async with serving(keys) as served, Caller(served, player="magic-poor") as t:
        t.refused(await t.debit(new_bet(), 101), "insufficient_funds")
        t.ok(await t.debit(new_bet(), 100))


def test_every_fate_of_the_table_is_a_fault_or_a_refusal_that_exists() -> None:
    for one in magic.MAGIC.values():
        assert one.happens.endswith("."), one.token
        assert one.then.endswith("."), one.token
        for fate in one.fates:
            assert (fate.fault in FAULTS) != (fate.refusal in CODES), one.token


def test_the_name_of_every_fault_makes_a_magic_player() -> None:
    for name, fault in FAULTS.items():
        charmed = magic.find(f"magic-{name}")
        assert charmed is not None
        if f"magic-{name}" not in magic.MAGIC:
            assert {one.call for one in charmed.fates} == set(fault.calls)
    assert magic.find("magic-nonsense") is None
    assert magic.find("player-late") is None
