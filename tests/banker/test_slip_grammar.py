"""The grammar of bulk slips: what each text means exactly, and that nothing but a refusal comes of any other."""

import time
from contextlib import suppress
from itertools import product

import pytest
from hypothesis import example, given, settings, target
from hypothesis import strategies as st

from banker.slips import BOUNDS, Bounds, Slip, SlipInvalid, parse, render
from banker.slips.numbers import NUMBERS, SETS, count_of, neighbours_of, numbers_of, permutations_of
from keno_platform.core.money import AMOUNT_MAX

WIDE = Bounds(text_max=4_000_000, lines_max=4_000_000, bets_max=4_000_000)


def read(text: str, exponent: int = 2) -> Slip:
    return parse(text, exponent=exponent)


def faults(text: str, exponent: int = 2) -> list[tuple[int, int, str]]:
    with pytest.raises(SlipInvalid) as refused:
        read(text, exponent)
    return [(one.line, one.column, one.mistake.name.lower()) for one in refused.value.faults]


@pytest.mark.parametrize(
    ("text", "shown", "bets", "total"),
    [
        ("123 500", "123 500", 1, 500_00),
        ("000 1", "000 1", 1, 100),
        ("999 1", "999 1", 1, 100),
        ("123=500", "123 500", 1, 500_00),
        ("123*500", "123 500", 1, 500_00),
        ("123x500", "123 500", 1, 500_00),
        ("123X500", "123 500", 1, 500_00),
        ("123 = 500", "123 500", 1, 500_00),
        ("123 * 500", "123 500", 1, 500_00),
        ("123= 500", "123 500", 1, 500_00),
        ("123 =500", "123 500", 1, 500_00),
        ("123\t500", "123 500", 1, 500_00),
        ("  123   500  ", "123 500", 1, 500_00),
        ("123 1.5", "123 1.5", 1, 150),
        ("123 1.50", "123 1.5", 1, 150),
        ("123 500.00", "123 500", 1, 500_00),
        ("123 0.05", "123 0.05", 1, 5),
        ("123 456 789 500", "123 456 789 500", 3, 1500_00),
        ("123 456=500", "123 456 500", 2, 1000_00),
        ("123=500 456*200", "123 500\n456 200", 2, 700_00),
        ("123 500; 456 200", "123 500\n456 200", 2, 700_00),
        ("123=500 456 789 200", "123 500\n456 789 200", 3, 900_00),
        ("123R 500", "123R 500", 6, 3000_00),
        ("123r 500", "123R 500", 6, 3000_00),
        ("112R 500", "112R 500", 3, 1500_00),
        ("111R 500", "111R 500", 1, 500_00),
        ("123R=500", "123R 500", 6, 3000_00),
        ("123 500R200", "123 500R200", 6, 1500_00),
        ("112 500R200", "112 500R200", 3, 900_00),
        ("111 500R200", "111 500R200", 1, 500_00),
        ("123 456=5R2.50", "123 456 5R2.5", 12, 35_00),
        ("1** 100", "1** 100", 100, 10_000_00),
        ("*2* 1", "*2* 1", 100, 100_00),
        ("**3 1", "**3 1", 100, 100_00),
        ("12* 1", "12* 1", 10, 10_00),
        ("*** 1", "*** 1", 1000, 1000_00),
        ("1***100", "1** 100", 100, 10_000_00),
        ("100-120 50", "100-120 50", 21, 1050_00),
        ("123-123 50", "123-123 50", 1, 50_00),
        ("000-999x1", "000-999 1", 1000, 1000_00),
        ("DOUBLE 1", "DOUBLE 1", 270, 270_00),
        ("triple=1", "TRIPLE 1", 10, 10_00),
        ("Series*1", "SERIES 1", 8, 8_00),
        ("123 500\r\n456 200\r\n", "123 500\n456 200", 2, 700_00),
        ("\n\n123 500\n \n456 200\n\n", "123 500\n456 200", 2, 700_00),
        ("123 500\n123 500", "123 500\n123 500", 2, 1000_00),
    ],
)
def test_what_a_slip_means(text: str, shown: str, bets: int, total: int) -> None:
    slip = read(text)
    assert (render(slip), slip.count, slip.total) == (shown, bets, total)
    assert [len(list(slip.bets())), sum(stake for _, _, stake in slip.bets())] == [bets, total]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", [(1, 1, "empty")]),
        (" \n\t\n", [(1, 1, "empty")]),
        ("123", [(1, 1, "stake_missing")]),
        ("12", [(1, 1, "number")]),
        ("12 500", [(1, 1, "number")]),
        ("1234 500", [(1, 1, "number")]),
        ("1 23", [(1, 1, "number")]),
        ("1 23 500", [(1, 1, "number")]),
        ("12O 500", [(1, 1, "number")]),
        ("1l3 500", [(1, 1, "number")]),
        ("12*500", [(1, 1, "number")]),
        ("١٢٣ 500", [(1, 1, "character"), (1, 2, "character"), (1, 3, "character")]),
        ("１２３", [(1, 1, "character"), (1, 2, "character"), (1, 3, "character")]),
        ("²³¹", [(1, 1, "character"), (1, 2, "character"), (1, 3, "character")]),
        ("12\u200b3 500", [(1, 3, "character")]),
        ("\u202e123 500", [(1, 1, "character")]),
        ("123\u00a0500", [(1, 4, "character")]),
        ("\ufeff123 500", [(1, 1, "character")]),
        ("123 500\u2028456 200", [(1, 8, "character")]),
        ("123 500\r456 200", [(1, 8, "character")]),
        ("123 500\n456\x00200", [(2, 4, "character")]),
        ("123 500\x0b456 200", [(1, 8, "character")]),
        ("123×500", [(1, 4, "character")]),
        ("123x1e3", [(1, 5, "stake")]),
        ("123x-5", [(1, 5, "stake")]),
        ("123 -5", [(1, 5, "stake")]),
        ("123 +5", [(1, 5, "stake")]),
        ("123x0", [(1, 5, "stake_zero")]),
        ("123 0.00", [(1, 5, "stake_zero")]),
        ("123 000", [(1, 5, "stake")]),
        ("123 0500", [(1, 5, "stake")]),
        ("123 1_000", [(1, 5, "stake")]),
        ("123x1,5", [(1, 5, "stake")]),
        ("123 1.", [(1, 5, "stake")]),
        ("123 .5", [(1, 5, "stake")]),
        ("123 1.005", [(1, 5, "stake_decimals")]),
        ("123 99999999999999999999", [(1, 5, "stake")]),
        ("123 5R", [(1, 5, "stake")]),
        ("123 5R0", [(1, 5, "stake_zero")]),
        ("123 5R2R1", [(1, 5, "stake")]),
        ("123R 5R2", [(1, 6, "permutations")]),
        ("1** 5R2", [(1, 5, "permutations")]),
        ("100-120=5R2", [(1, 9, "permutations")]),
        ("DOUBLE 5R2", [(1, 8, "permutations")]),
        ("123-456", [(1, 1, "stake_missing")]),
        ("456-123 5", [(1, 1, "range_reversed")]),
        ("123-45 5", [(1, 1, "number")]),
        ("123 - 456 5", [(1, 5, "number")]),
        ("1**R 5", [(1, 1, "number")]),
        ("DOUBLER 5", [(1, 1, "number")]),
        ("# 123 500", [(1, 1, "number")]),
        ("123 500 # mine", [(1, 5 + 4, "number")]),
        ('"123" 500', [(1, 1, "number")]),
        ('"123 500', [(1, 1, "number")]),
        ("=cmd()", [(1, 1, "nothing_before")]),
        ("=1+1", [(1, 1, "nothing_before")]),
        ("123=", [(1, 4, "stake_missing")]),
        ("123==500", [(1, 5, "stake_missing")]),
        ("123=*500", [(1, 5, "stake")]),
        ("123 *500", [(1, 5, "stake")]),
        ("123 500;", [(1, 9, "nothing_before")]),
        ("123 500;;456 200", [(1, 9, "nothing_before")]),
        ("12 500\n123 500\n45 1; 456 x", [(1, 1, "number"), (3, 1, "number"), (3, 11, "stake_missing")]),
    ],
)
def test_what_is_no_slip_is_refused_with_every_line_and_column(text: str, found: list[tuple[int, int, str]]) -> None:
    assert faults(text) == found


def test_decimals_are_those_of_the_currency() -> None:
    assert read("123 500", exponent=0).total == 500
    assert faults("123 1.5", exponent=0) == [(1, 5, "stake_decimals")]
    assert read("123 1.005", exponent=3).total == 1005


def test_a_mistake_is_quoted_cut_short_and_a_foreign_character_by_its_code_point() -> None:
    with pytest.raises(SlipInvalid) as refused:
        read("x" * 5000 + " 5")
    assert refused.value.params["errors"][0]["text"] == "x" * 16
    with pytest.raises(SlipInvalid) as refused:
        read("\u202e")
    assert refused.value.params["errors"][0]["text"] == "U+202E"


def test_the_bounds_hold_before_anything_is_expanded() -> None:
    assert read("\n".join(["000-999 1"] * 10)).count == BOUNDS.bets_max
    assert faults("\n".join(["000-999 1"] * 10 + ["123 1"])) == [(11, 1, "too_many_bets")]
    assert faults("***=1 " * 1_000) == [(1, 61, "too_many_bets")]
    assert len(read("\n".join(["123 1"] * BOUNDS.lines_max)).items) == BOUNDS.lines_max
    assert faults("\n".join(["123 1"] * (BOUNDS.lines_max + 1))) == [(BOUNDS.lines_max + 1, 1, "too_many_lines")]
    assert faults("123=1 " * (BOUNDS.lines_max + 1)) == [(1, 6 * BOUNDS.lines_max + 1, "too_many_lines")]
    assert faults("1" * (BOUNDS.text_max + 1)) == [(1, 1, "too_long")]
    assert faults("123 9999999999999; ***=9999999999999") == [(1, 20, "total_too_large")]


def test_at_most_a_hundred_mistakes_are_told() -> None:
    assert len(faults("x 5\n" * 1_000)) == 100
    assert len(faults("é" * 1_000)) == 100


@pytest.mark.parametrize(
    "piece",
    ["1", "123 ", "123=1 ", "123*", "*", "R", "123R", "1R", "DOUBLE", "x", " ", "1.", ";", "=", "-", "123-", "é"],
)
def test_a_megabyte_without_a_newline_is_read_in_linear_time(piece: str) -> None:
    def seconds(size: int) -> float:
        text = piece * (size // len(piece))
        began = time.process_time()
        with suppress(SlipInvalid):
            parse(text, exponent=2, bounds=WIDE)
        return time.process_time() - began

    seconds(1_000)
    small, large = min(seconds(125_000) for _ in range(2)), seconds(1_000_000)
    assert large < 5
    assert large < max(small * 40, 0.25), f"eight times the text took {large / small:.0f} times as long"


def test_each_set_of_numbers_is_what_it_is_called() -> None:
    every = ["".join(digits) for digits in product("0123456789", repeat=3)]
    assert list(NUMBERS) == every
    assert [len(SETS[name]) for name in ("DOUBLE", "TRIPLE", "SERIES")] == [270, 10, 8]
    assert SETS["SERIES"] == ("012", "123", "234", "345", "456", "567", "678", "789")
    assert permutations_of("123") == ("123", "132", "213", "231", "312", "321")
    assert (permutations_of("112"), permutations_of("111")) == (("112", "121", "211"), ("111",))
    assert [neighbours_of(one) for one in ("123", "000", "999")] == [("122", "124"), ("999", "001"), ("998", "000")]


plain = st.sampled_from(NUMBERS)
ranges = st.tuples(plain, plain).map(lambda pair: f"{min(pair)}-{max(pair)}")
patterns = st.text("0123456789*", min_size=3, max_size=3)
selections = st.one_of(plain, plain.map(lambda one: f"{one}R"), ranges, patterns, st.sampled_from(sorted(SETS)))
stakes = st.integers(1, 10**6).map(lambda minor: f"{minor // 100}.{minor % 100:02d}")
entries = st.one_of(
    st.builds(lambda some, mark, stake: " ".join(some) + mark + stake,
              st.lists(selections, min_size=1, max_size=4), st.sampled_from([" ", "=", " = ", " * ", "= "]), stakes),
    st.builds(lambda some, stake, others: " ".join(some) + f" {stake}R{others}",
              st.lists(plain, min_size=1, max_size=4), stakes, stakes),
)  # fmt: skip
slips = st.lists(st.tuples(entries, st.sampled_from(["\n", ";", "\r\n", "\n\n"])), min_size=1, max_size=6).map(
    lambda parts: "".join(f"{entry}{separator}" for entry, separator in parts).rstrip(";\r\n")
)
pieces = st.sampled_from(
    ["123", "12", "1", "R", "r", "*", "=", "x", "-", ";", " ", "\t", "\n", "\r\n", ".", "5", "0", "500", "DOUBLE",
     "1**", "\u0661", "\u00b2", "\u200b", "\ufeff", "\x00", "\ud800", ",", '"', "#", "e", "_", "+"]
)  # fmt: skip


@given(selections)
def test_a_selections_size_is_known_without_making_it(selection: str) -> None:
    assert count_of(selection) == len(numbers_of(selection)) == len(set(numbers_of(selection)))


@given(slips)
def test_what_was_written_by_the_grammar_is_read_and_reads_the_same_when_shown_back(text: str) -> None:
    slip = parse(text, exponent=2, bounds=WIDE)
    shown = render(slip)
    assert parse(shown, exponent=2, bounds=WIDE) == slip
    assert render(parse(shown, exponent=2, bounds=WIDE)) == shown
    assert len(shown) <= len(text)
    bets = list(slip.bets())
    assert (slip.count, slip.total) == (len(bets), sum(stake for _, _, stake in bets))
    assert all(number in NUMBERS and 0 < stake <= AMOUNT_MAX for _, number, stake in bets)


@given(st.one_of(st.text(), st.lists(pieces, max_size=60).map("".join), st.binary().map(lambda b: b.decode("latin-1"))))
@example("123 5R5 R")
@example("***=" * 3)
@settings(max_examples=400)
def test_any_text_is_a_slip_or_refused_and_never_anything_else(text: str) -> None:
    """`target` leads the search to texts of which much is understood, where the unusual paths are."""
    slip, found = outcome(text)
    if slip is None:
        target(-float(len(found)), label="few mistakes")
        assert 1 <= len(found) <= 100
        assert all(one["line"] >= 1 and one["column"] >= 1 for one in found)
        assert str(found).isascii()
        return
    target(float(len(slip.items)), label="items understood")
    assert 1 <= slip.count <= BOUNDS.bets_max
    assert read(render(slip)) == slip


def outcome(text: str) -> tuple[Slip | None, list[dict[str, int]]]:
    try:
        return read(text), []
    except SlipInvalid as refusal:
        return None, refusal.params["errors"]
