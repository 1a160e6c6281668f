"""Paytables: exact returns, the gate at 11 %, and bets that keep the table they were accepted with."""

import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from hypothesis import given
from hypothesis import strategies as st

import fairness
from bets import paytables
from bets.models import Paytable, PaytablePick, PaytableRow
from bets.paytables import K88, HouseEdgeTooLow, PaytableInvalid
from bets.selectors import active_paytable, get_paytable, multipliers
from bets.services.paytables import activate_paytable, create_paytable
from fairness import rules
from operators.models import Operator
from operators.tenancy import tenant_context
from rounds.models import Game
from tests.support.bets import backend, bet_body, changes_nothing, new_player, place

EXACT = {
    1: "71/80",
    2: "699/790",
    3: "912/1027",
    4: "280155/316316",
    5: "140295/158158",
    6: "281283/316316",
    7: "28605/32153",
    8: "27039333/30513197",
    9: "270412217/305131970",
    10: "19247938951/21664369870",
}
SMALL = {1: {1: 300}, 3: {2: 200, 3: 4000}}
"""Another table, for versions: 75 % and about 84 %."""


@pytest.mark.parametrize("pick", sorted(EXACT))
def test_the_default_table_returns_exactly_what_was_designed(pick: int) -> None:
    figures = paytables.statistics(pick, K88[pick])

    assert figures.rtp == Fraction(EXACT[pick])
    assert figures.rtp <= Fraction(89, 100)


@pytest.mark.parametrize("pick", sorted(EXACT))
def test_the_return_is_that_of_counting_every_draw_by_its_hits(pick: int) -> None:
    """Recomputed ball by ball: the chance that the next of 20 balls is one of the picks that are left."""
    chances = {0: Fraction(1)}
    for ball in range(20):
        following: dict[int, Fraction] = {}
        for hits, chance in chances.items():
            hit = Fraction(pick - hits, 80 - ball)
            following[hits + 1] = following.get(hits + 1, Fraction(0)) + chance * hit
            following[hits] = following.get(hits, Fraction(0)) + chance * (1 - hit)
        chances = following

    mean = sum(chances.get(hits, Fraction(0)) * pays / 100 for hits, pays in K88[pick].items())
    assert mean == Fraction(EXACT[pick])
    assert paytables.statistics(pick, K88[pick]).hit_frequency == sum(chances[hits] for hits in K88[pick])


@pytest.mark.usefixtures("db")
def test_every_operator_starts_with_the_default_table_and_its_exact_return(operator_b: Operator) -> None:
    with tenant_context(operator_b):
        active = Paytable.objects.get(active=True)

        assert multipliers(active) == K88
        assert {one.pick_count: f"{one.rtp_numerator}/{one.rtp_denominator}" for one in active.picks.all()} == EXACT


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    "table",
    [
        {1: {1: 357}},  # 89.25 %
        {2: {1: 100, 2: 900}},
        {**K88, 5: {3: 300, 4: 2000, 5: 63000}},
        {10: {0: 10**8}},
    ],
)
def test_a_table_that_returns_more_than_89_percent_is_refused_and_leaves_no_trace(
    operator_a: Operator, table: dict[int, dict[int, int]]
) -> None:
    def create() -> None:
        with tenant_context(operator_a), pytest.raises(HouseEdgeTooLow) as refused:
            create_paytable(operator=operator_a, name="generous", table=table, actor="test")
        assert Fraction(refused.value.params["rtp"]) > Fraction(89, 100)

    changes_nothing(create)


def test_a_table_of_exactly_89_percent_is_accepted() -> None:
    assert paytables.check({1: {1: 356}})[1].rtp == Fraction(89, 100)


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    "table",
    [
        {},
        {0: {0: 100}},
        {11: {11: 100}},
        {3: {}},
        {3: {4: 100}},
        {3: {-1: 100}},
        {3: {3: 0}},
        {3: {3: -100}},
        {3: {3: 10**8 + 1}},
    ],
)
def test_what_is_not_a_table_is_refused(operator_a: Operator, table: dict[int, dict[int, int]]) -> None:
    def create() -> None:
        with tenant_context(operator_a), pytest.raises(PaytableInvalid):
            create_paytable(operator=operator_a, name="broken", table=table, actor="test")

    changes_nothing(create)


@pytest.mark.parametrize("text", ["", "3,5", "3.555", "-1", "+1", "1e2", "01", " 1", "1 ", "٣", "²", ".5", "1.", "1\n"])
def test_a_multiplier_that_is_not_a_plain_decimal_is_refused(text: str) -> None:
    with pytest.raises(PaytableInvalid):
        paytables.hundredths_of(text)


@given(st.integers(min_value=1, max_value=10**8 - 1))
def test_a_multiplier_is_the_same_after_being_written_and_read(hundredths: int) -> None:
    assert paytables.hundredths_of(paytables.text_of(hundredths)) == hundredths


def test_the_hash_of_a_table_is_that_of_the_published_vectors() -> None:
    vectors = json.loads((Path(fairness.__file__).parent / "vectors" / "kps1.json").read_text())
    assert vectors["paytables"]
    for vector in vectors["paytables"]:
        table = {
            int(pick): {int(hits): paytables.hundredths_of(pays) for hits, pays in row.items()}
            for pick, row in vector["multipliers"].items()
        }
        assert paytables.hash_of(table).hex() == vector["hash"]


@pytest.mark.usefixtures("db")
def test_the_stored_hash_is_the_hash_of_the_stored_rows(operator_a: Operator) -> None:
    with tenant_context(operator_a):
        active = active_paytable()
        text = {pick: {h: paytables.text_of(x) for h, x in row.items()} for pick, row in multipliers(active).items()}
        assert bytes(active.hash) == rules.paytable_hash(text)


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("numerator", [890_001, 1_000_000, 1_500_000])
def test_the_database_refuses_a_return_above_89_percent_when_python_is_bypassed(
    operator_a: Operator, numerator: int
) -> None:
    with tenant_context(operator_a):
        table = Paytable.objects.create(version=9001, name="by hand", hash=bytes(32))
        with pytest.raises(IntegrityError, match="bets_house_edge"), transaction.atomic():
            PaytablePick.objects.create(
                paytable=table, pick_count=1, rtp_numerator=numerator, rtp_denominator=1_000_000
            )


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize("pays", [True, False])
def test_the_database_refuses_prizes_that_return_other_than_is_stored(operator_a: Operator, pays: bool) -> None:
    """The stored return passes the check; what the prizes pay is 150 %, or there are none."""
    prizes = [PaytableRow(pick_count=1, hit_count=1, multiplier_hundredths=600)] if pays else []
    with tenant_context(operator_a), pytest.raises(IntegrityError, match="do not return what is stored"):
        _write_by_hand(PaytablePick(pick_count=1, rtp_numerator=71, rtp_denominator=80), *prizes)


def _write_by_hand(*rows: PaytablePick | PaytableRow, paytable: Paytable | None = None) -> None:
    """These rows in a new table or this one, and what the database says to them when they are committed."""
    with transaction.atomic(), connection.cursor() as cursor:
        paytable = paytable or Paytable.objects.create(version=9002, name="by hand", hash=bytes(32))
        for row in rows:
            row.paytable = paytable
            row.save()
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(("pick", "hits"), [(1, 0), (10, 4)])
def test_the_database_refuses_another_prize_in_a_table_that_bets_have(
    operator_a: Operator, pick: int, hits: int
) -> None:
    prize = PaytableRow(pick_count=pick, hit_count=hits, multiplier_hundredths=1)
    with tenant_context(operator_a), pytest.raises(IntegrityError, match="do not return what is stored"):
        _write_by_hand(prize, paytable=active_paytable())


@pytest.mark.usefixtures("db")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE bets_paytablerow SET multiplier_hundredths = 1",
        "DELETE FROM bets_paytablerow",
        "TRUNCATE bets_paytablerow CASCADE",
        "UPDATE bets_paytablepick SET rtp_numerator = 1",
        "DELETE FROM bets_paytablepick",
        "UPDATE bets_paytable SET hash = '\\x00'",
        "UPDATE bets_paytable SET name = 'other'",
        "DELETE FROM bets_paytable",
        "TRUNCATE bets_paytable CASCADE",
    ],
)
def test_no_statement_changes_a_table_that_exists(operator_a: Operator, statement: str) -> None:
    with (
        tenant_context(operator_a),
        pytest.raises(DatabaseError),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)


@pytest.mark.usefixtures("db")
def test_two_tables_are_never_active_at_once(operator_a: Operator) -> None:
    with tenant_context(operator_a), pytest.raises(IntegrityError, match="bets_one_active"), transaction.atomic():
        Paytable.objects.create(version=9003, name="by hand", hash=bytes(32), active=True)


@pytest.mark.usefixtures("db")
def test_the_same_table_again_is_the_version_that_exists(operator_a: Operator) -> None:
    with tenant_context(operator_a):
        first = create_paytable(operator=operator_a, name="one", table=SMALL, actor="test")
        second = create_paytable(operator=operator_a, name="two", table=SMALL, actor="test")

    assert second.pk == first.pk
    assert not first.active


@pytest.mark.usefixtures("db")
def test_a_new_table_is_for_new_bets_and_accepted_bets_keep_theirs(operator_a: Operator, standing_game: Game) -> None:
    player = new_player(operator_a, money=100_000)
    old = place(operator_a, player, game=standing_game.code)
    with tenant_context(operator_a):
        before = active_paytable()
        after = create_paytable(operator=operator_a, name="small", table=SMALL, actor="test")
        activate_paytable(operator=operator_a, paytable_id=after.pk, actor="test")

    new = place(operator_a, player, game=standing_game.code)
    api = backend(operator_a)
    refused = api.post("bets", bet_body(operator_a, player, game=standing_game.code, picks=[1, 2]))

    assert (old.paytable_id, old.potential_max_win) == (before.pk, 1_000 * 44)
    assert (new.paytable_id, new.potential_max_win) == (after.pk, 1_000 * 40)
    assert api.get(f"bets/{old.pk}").json()["paytable_id"] == str(before.pk)
    assert api.get(f"bets/{new.pk}").json()["paytable_id"] == str(after.pk)
    assert api.get("paytables/active").json()["hash"] == paytables.hash_of(SMALL).hex()
    assert (refused.status_code, refused.json()["code"]) == (422, "selection_count")
    assert refused.json()["params"] == {"pick_counts": [1, 3]}
    with tenant_context(operator_a):
        assert multipliers(get_paytable(before.pk)) == K88


@pytest.mark.usefixtures("db")
def test_the_api_shows_each_pick_with_its_exact_figures(operator_a: Operator) -> None:
    shown: dict[str, Any] = backend(operator_a).get("paytables/active").json()

    assert {pick["pick_count"]: pick["rtp_exact"] for pick in shown["picks"]} == EXACT
    assert all(float(pick["house_edge"]) >= 0.11 for pick in shown["picks"])
    assert shown["picks"][0]["multipliers"] == {"1": "3.55"}
