"""Receipts: what stands on them, on a roll, on A4 and as dots, and that nobody can forge one."""

import struct
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings

from banker import selectors
from banker.models import Member, Phase
from banker.reports import printer, receipts
from banker.reports.receipts import Paper, receipt_dots, receipt_pdf
from banker.reports.words import Words
from banker.services.slips import Placed, cancel_slip, placed_slip
from keno_platform.documents import render_pages
from operators.models import Operator
from operators.services import issue_key
from operators.tenancy import tenant_context
from tests.support import lottery
from tests.support.members import Api, new_collector

pytestmark = pytest.mark.usefixtures("committed")
LANGUAGES = [code for code, _ in settings.LANGUAGES]
SIGNATURE = b"\x89PNG\r\n\x1a\n"


@pytest.fixture
def phase(committed: None, operator_a: Operator) -> Iterator[Phase]:
    with lottery.open_phase(operator_a, tod_multiplier=10, global_limit=300_00) as opened:
        yield opened


@pytest.fixture
def carl(committed: None, operator_a: Operator) -> Member:
    return lottery.collector(operator_a, credit=100_000_00)


def words(operator: Operator, language: str = "en") -> Words:
    return Words(operator=operator, language=language)


def page_of(operator: Operator, placed: Placed, language: str = "en") -> dict[str, Any]:
    return receipts._page(placed, words(operator, language))


def test_a_receipt_says_what_was_taken_what_it_pays_and_by_which_code_it_is_known(
    operator_a: Operator, phase: Phase, carl: Member
) -> None:
    placed = lottery.place(operator_a, carl, phase, "123=500 456 789 7.50", partial=True)
    page = page_of(operator_a, placed)
    shown = {name: page[name] for name in ("operator", "phase", "collector", "slip", "bets", "check_code", "cancelled")}
    assert shown == {
        "operator": operator_a.name,
        "phase": phase.name,
        "collector": carl.username,
        "slip": str(placed.slip.pk),
        "bets": "3",
        "check_code": placed.check_code,
        "cancelled": False,
    }
    assert [text for text, _ in page["lines"]] == ["123 500", "456 789 7.5"]
    assert [amount.split("\u00a0")[-1] for _, amount in page["lines"]] == ["500.00", "15.00"]
    assert page["total"].endswith("315.00")
    assert [text for text in page["cuts"] if "123" in text and "300.00" in text and "500.00" in text]
    assert page["pays"] == [
        "The number pays 80 times the stake.",
        "Its permutations pay 10 times the stake.",
    ]


def test_whatever_is_on_a_receipt_is_printed(operator_a: Operator, phase: Phase, carl: Member) -> None:
    """Each value changed by itself makes another picture: none is left out by the template."""
    placed = lottery.place(operator_a, carl, phase, "123=500 456=1", partial=True)
    page = page_of(operator_a, placed) | {"paper": "dots"}
    drawn = render_pages(receipts.PAGE, page, "en", ppi=100)
    other = {
        **dict.fromkeys(("operator", "phase", "collector", "slip", "time", "ends_at", "bets", "total"), "other"),
        "check_code": "ZZZZ7777",
        "lines": [["123 500", "other"]],
        "cuts": ["other"],
        "pays": ["other"],
        "cancelled": True,
        "square": receipts._square("other"),
    }
    assert set(other) == set(page) - {"texts", "paper"}
    same = [
        name
        for name, value in other.items()
        if render_pages(receipts.PAGE, page | {name: value}, "en", ppi=100) == drawn
    ]
    assert same == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_receipt_is_made_in_every_language_and_the_same_slip_gives_the_same_bytes(
    operator_a: Operator, phase: Phase, carl: Member, language: str
) -> None:
    placed = lottery.place(operator_a, carl, phase, "123 1")
    for paper in Paper:
        made = [receipt_pdf(placed, words(operator_a, language), paper=paper) for _ in range(2)]
        assert made[0] == made[1]
        assert made[0].startswith(b"%PDF-")


def test_a_cancelled_slip_says_so_on_its_receipt(operator_a: Operator, phase: Phase, carl: Member) -> None:
    placed = lottery.place(operator_a, carl, phase, "123 1")
    before = receipt_pdf(placed, words(operator_a), paper=Paper.ROLL)
    cancel_slip(operator=operator_a, slip_id=placed.slip.pk, actor="tests")
    with tenant_context(operator_a):
        again = placed_slip(operator_a, selectors.get_slip(placed.slip.pk))
    assert page_of(operator_a, again)["cancelled"]
    assert receipt_pdf(again, words(operator_a), paper=Paper.ROLL) != before


def test_a_slip_of_two_thousand_lines_has_a_receipt_with_every_one_of_them(
    operator_a: Operator, phase: Phase, carl: Member
) -> None:
    text = "\n".join(f"{place % 1000:03d} 0.01" for place in range(2_000))
    placed = lottery.place(operator_a, carl, phase, text)
    assert len(page_of(operator_a, placed)["lines"]) == 2_000
    pages = receipt_dots(placed, words(operator_a))
    assert len(pages) == 10
    assert receipt_pdf(placed, words(operator_a), paper=Paper.SHEET).startswith(b"%PDF-")


def test_no_name_on_a_receipt_is_a_command_to_the_printer_of_pages(
    operator_a: Operator, phase: Phase, carl: Member
) -> None:
    page = page_of(operator_a, lottery.place(operator_a, carl, phase, "123 1")) | {"paper": "dots"}
    for name in ("#panic()", '#read("/manage.py")', "$x$ *b* `c` \\ <a> @b // c", '"', "#{1/0}"):
        render_pages(receipts.PAGE, page | {"operator": name, "phase": name}, "en", ppi=72)


def test_the_bytes_for_a_thermal_printer_draw_the_page_dot_by_dot(
    operator_a: Operator, phase: Phase, carl: Member
) -> None:
    [png] = receipt_dots(lottery.place(operator_a, carl, phase, "123 1"), words(operator_a, "am"))
    rows = list(printer.rows_of(png))
    sent = printer.escpos([png])
    assert sent.startswith(printer.START)
    assert sent.endswith(printer.FEED + printer.CUT)
    drawn, at = [], len(printer.START)
    while sent[at : at + 4] == b"\x1dv0\x00":
        across, down = struct.unpack("<HH", sent[at + 4 : at + 8])
        assert across == 384 // 8
        assert down <= printer.ROWS_AT_ONCE
        drawn += [sent[at + 8 + across * line : at + 8 + across * (line + 1)] for line in range(down)]
        at += 8 + across * down
    assert sent[at:] == printer.FEED + printer.CUT
    assert len(drawn) == len(rows) > 400
    for row, dots in zip(rows, drawn, strict=True):
        bits = f"{int.from_bytes(dots, 'big'):0384b}"
        assert [place for place, bit in enumerate(bits) if bit == "1"] == [
            place for place, value in enumerate(row[:384]) if value < 160
        ]
    assert any(any(dots) for dots in drawn), "there is ink"


def png_of(rows: list[bytes], filters: list[int], *, channels: int) -> bytes:
    """A PNG written here, with one filter for each row, to be read by the code under test."""
    width, packed, before = len(rows[0]) // channels, bytearray(), bytes(len(rows[0]))
    for row, kind in zip(rows, filters, strict=True):
        packed.append(kind)
        for place, value in enumerate(row):
            left = row[place - channels] if place >= channels else 0
            corner = before[place - channels] if place >= channels else 0
            up = before[place]
            guess = left + up - corner
            nearest = min((left, up, corner), key=lambda one, guess=guess: abs(guess - one))  # type: ignore[misc]
            packed.append((value - (0, left, up, (left + up) // 2, nearest)[kind]) & 255)
        before = row
    kind = {1: 0, 3: 2, 4: 6}[channels]
    header = struct.pack(">IIBBBBB", width, len(rows), 8, kind, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(bytes(packed))), (b"IEND", b""))
    return SIGNATURE + b"".join(
        struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data)) for name, data in parts
    )


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_picture_is_read_whichever_filters_its_rows_have(channels: int) -> None:
    import random

    chance = random.Random(channels)
    rows = [bytes(chance.randrange(256) for _ in range(20 * channels)) for _ in range(25)]
    png = png_of(rows, [place % 5 for place in range(25)], channels=channels)
    assert list(printer.rows_of(png)) == [row[::channels] for row in rows]


@pytest.mark.parametrize(
    "wrong", [b"", b"GIF89a", SIGNATURE + struct.pack(">I4sIIBBBBB", 13, b"IHDR", 1, 1, 16, 6, 0, 0, 0)]
)
def test_what_is_no_such_picture_is_refused(wrong: bytes) -> None:
    with pytest.raises(printer.NotAPicture):
        list(printer.rows_of(wrong))


@pytest.fixture
def backend(committed: None, operator_a: Operator) -> Api:
    return Api(issue_key(operator=operator_a, label="tests", actor="tests")[1])


def test_a_collector_gets_receipts_of_its_own_slips_over_http(backend: Api, phase: Phase) -> None:
    carl, _ = new_collector(backend, credit="100.00")
    dora, _ = new_collector(backend, credit="1.00")
    slip = carl.post("slips", {"phase_id": str(phase.pk), "text": "123 5", "total": "5.00"})
    own = f"slips/{slip['slip_id']}"
    assert carl.get(f"{own}/receipt.pdf").startswith(b"%PDF-")
    assert carl.get(f"{own}/receipt.pdf?paper=a4") != carl.get(f"{own}/receipt.pdf")
    assert carl.get(f"{own}/receipt.pdf", language="ar") != carl.get(f"{own}/receipt.pdf")
    assert carl.get(f"{own}/receipt.escpos").startswith(b"\x1b@")
    assert carl.refused("GET", f"{own}/receipt.pdf?paper=letter") == (422, "parameter_invalid")
    for path in ("receipt.pdf", "receipt.escpos"):
        assert dora.refused("GET", f"{own}/{path}") == (404, "slip_not_found")


def test_a_receipt_is_genuine_by_its_code_and_by_no_other(backend: Api, operator_a: Operator, phase: Phase) -> None:
    carl, _ = new_collector(backend, credit="100.00")
    slip = carl.post("slips", {"phase_id": str(phase.pk), "text": "123 5", "total": "5.00"})
    code = slip["check_code"]
    check = f"slips/{slip['slip_id']}/check"
    for typed in (code, code.lower(), f" {code[:4]} {code[4:]} "):
        answer = carl.post(check, {"check_code": typed})
        assert (answer["genuine"], answer["slip"]["total"], answer["slip"]["won"]) == (True, "5.00", "0.00")
    other = "A" if code[0] != "A" else "B"
    for typed in (other + code[1:], code[:-1], "", "\u0661" * 8, code + code):
        assert carl.post(check, {"check_code": typed}) == {"genuine": False, "slip": None}
    dora, _ = new_collector(backend, credit="1.00")
    assert dora.refused("POST", check, {"check_code": code}) == (404, "slip_not_found")
