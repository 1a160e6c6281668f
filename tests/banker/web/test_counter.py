"""A collector at the counter: what is typed is shown back, taken once, and found again."""

import re
from typing import Any
from uuid import uuid4

import pytest

from banker.models import Slip
from operators.models import Operator
from operators.tenancy import tenant_context
from tests.support import booth, lottery
from tests.support.booth import Visitor

pytestmark = pytest.mark.usefixtures("committed")
HAND_IN = "/lottery/slips/hand-in"


def check(phone: Visitor, text: str) -> None:
    phone.open("/lottery")
    phone.press(HAND_IN, "check", text=text)


def hand_in(phone: Visitor, text: str, step: str = "whole") -> None:
    check(phone, text)
    phone.press(HAND_IN, step, text=text)


def count(operator: Operator, phone: Visitor) -> int:
    with tenant_context(operator):
        return Slip.objects.filter(member=phone.member).count()


def test_a_slip_is_shown_back_in_canonical_lines_and_taken_when_its_total_is_confirmed(operator_a: Operator) -> None:
    carl = booth.collector(operator_a, credit=1_000_00)
    with lottery.open_phase(operator_a, global_limit=300_00):
        check(carl, "123=100.00; 45* 2")
        assert re.findall(r'<code dir="ltr">([^<]*)</code> <span', carl.text) == ["123 100", "45* 2"]
        assert "Total KES 120.00 11 bets · Balance afterwards: KES 880.00" in carl.said
        assert "KES 100.00 1 bet · Room left: KES 300.00" in carl.said
        assert count(operator_a, carl) == 0, "nothing is taken before it is confirmed"
        carl.press(HAND_IN, "whole", text="123=100.00; 45* 2")
        assert "The slip is taken" in carl.said
        assert lottery.balance(operator_a, carl.member) == 880_00
        carl.open("/lottery")
        assert "Balance KES 880.00" in carl.said


def test_a_form_that_is_sent_twice_is_one_slip(operator_a: Operator) -> None:
    carl = booth.collector(operator_a, credit=100_00)
    with lottery.open_phase(operator_a):
        check(carl, "123 10")
        [form] = [one for one in carl.forms() if one["action"] == HAND_IN]
        sent = {name: values[0] for name, values in form["fields"].items()} | {"text": "123 10", "step": "whole"}
        where = {carl.client.post(HAND_IN, sent, headers={"Host": carl.host})["Location"] for _ in range(3)}
    assert len(where) == 1
    assert count(operator_a, carl) == 1
    assert lottery.balance(operator_a, carl.member) == 90_00


def test_what_is_over_a_limit_is_named_with_what_is_free_and_a_part_is_taken_when_asked_for(
    operator_a: Operator,
) -> None:
    carl = booth.collector(operator_a, credit=1_000_00)
    with lottery.open_phase(operator_a, global_limit=50_00) as phase:
        lottery.limit(operator_a, phase, "124", 0)
        hand_in(carl, "123 80\n124 5\n125 1")
        assert carl.status == 409
        assert "Numbers of this slip are over their limit" in carl.said
        assert "123: asked KES 80.00, free KES 50.00" in carl.said
        assert "124: asked KES 5.00, free KES 0.00" in carl.said
        assert count(operator_a, carl) == 0
        assert "123 80\n124 5\n125 1</textarea>" in carl.text, "what was typed is still there"
        carl.press(HAND_IN, "partial", text="123 80\n124 5\n125 1")
        assert carl.status == 200, carl.said
        assert "Only a part was taken: 123: KES 50.00 of KES 80.00 124: KES 0.00 of KES 5.00" in carl.said
        assert lottery.balance(operator_a, carl.member) == 949_00


def test_mistakes_are_named_with_their_place_and_nothing_can_be_handed_in(operator_a: Operator) -> None:
    carl = booth.collector(operator_a, credit=100_00)
    with lottery.open_phase(operator_a):
        check(carl, "123 5\n12O 5\n7-9 <b>")
        assert "Line 2, place 1: this is not a number from 000 to 999: 12O" in carl.said
        assert "<b>" not in re.sub(r"</?b>", "", carl.text.replace("&lt;b&gt;", "")), "what was typed is text"
        assert 'value="whole"' not in carl.text
        carl.press(HAND_IN, "whole", text="12O 5", total="5.00")
        assert carl.status == 422
        assert count(operator_a, carl) == 0


def test_a_slip_that_changed_after_it_was_shown_is_refused_with_its_own_total(operator_a: Operator) -> None:
    carl = booth.collector(operator_a, credit=100_00)
    with lottery.open_phase(operator_a):
        check(carl, "123 10")
        carl.press(HAND_IN, "whole", text="123 20")
        assert carl.status == 409
        assert "Total: KES 20.00" in carl.said
        carl.press(HAND_IN, "whole", text="123 20")
        assert "The slip is taken" in carl.said


def test_a_balance_that_does_not_cover_the_slip_is_said_before_it_is_sent(operator_a: Operator) -> None:
    carl = booth.collector(operator_a, credit=10_00)
    with lottery.open_phase(operator_a):
        check(carl, "123 12.50")
        assert "Your balance lacks KES 2.50." in carl.said
        assert 'value="whole"' not in carl.text
        carl.press(HAND_IN, "whole", text="123 12.50", total="12.50")
        assert (carl.status, count(operator_a, carl)) == (409, 0)


def test_the_part_of_the_page_that_its_script_asks_for_has_the_same_lines(operator_a: Operator) -> None:
    carl = booth.collector(operator_a, credit=100_00)
    with lottery.open_phase(operator_a):
        carl.open("/lottery")
        token = next(one for one in carl.forms() if one["action"] == HAND_IN)["fields"]["csrfmiddlewaretoken"][0]
        fields = {"text": "123 10", "csrfmiddlewaretoken": token}
        part = carl.client.post("/lottery/slips/read", fields, headers={"Host": carl.host}).content.decode()
    assert '<code dir="ltr">123 10</code>' in part
    assert '<input type="hidden" name="total" value="10.00">' in part
    assert "<html" not in part


def test_slips_are_listed_shown_printed_and_taken_back(operator_a: Operator) -> None:
    carl, dora = booth.collector(operator_a, credit=100_00), booth.collector(operator_a)
    with lottery.open_phase(operator_a) as phase:
        hand_in(carl, "123R 1")
        slip = carl.path
        carl.open("/lottery/slips")
        assert f'href="{slip}"' in carl.text
        assert f"{phase.name} KES 6.00" in carl.said
        carl.open(f"{slip}/receipt")
        [code] = re.findall(r'<b dir="ltr">([A-Z2-7]{8})</b>', carl.text)
        assert "<li>123R 1</li>" in carl.text
        for printed, beginning in (("pdf", b"%PDF"), ("escpos", b"\x1b@")):
            answer = carl.client.get(f"{slip}/receipt.{printed}", headers={"Host": carl.host})
            assert answer.content.startswith(beginning)
        carl.open(slip)
        assert code in carl.text
        assert dora.get(slip).status_code == 404
        carl.press(f"{slip}/cancel")
        assert "Taken back" in carl.said
        assert f"{slip}/cancel" not in carl.text
        assert lottery.balance(operator_a, carl.member) == 100_00
        carl.get("/lottery", slip=slip.rpartition("/")[2])
        assert "123R 1</textarea>" in carl.text, "the same again"


def test_older_slips_stand_behind_a_link_and_each_stands_once(operator_a: Operator) -> None:
    carl = booth.collector(operator_a, credit=100_00)
    with lottery.open_phase(operator_a) as phase:
        made = {f"/lottery/slips/{lottery.place(operator_a, carl.member, phase, '123 1').slip.pk}" for _ in range(30)}
    carl.open("/lottery/slips")
    first = re.findall(r'class="item" href="([^"]+)"', carl.text)
    [older] = re.findall(r'href="(\?before=[^"]+)"', carl.text)
    carl.open(f"/lottery/slips{older}")
    rest = re.findall(r'class="item" href="([^"]+)"', carl.text)
    assert (len(first), len(rest)) == (25, 5)
    assert {*first, *rest} == made
    assert "?before=" not in carl.text


def test_without_an_open_phase_the_counter_says_so(operator_b: Operator) -> None:
    carl = booth.collector(operator_b)
    assert "No phase is open" in carl.said
    assert HAND_IN not in [one["action"] for one in carl.forms()]


def test_the_account_has_the_balance_and_every_movement(operator_a: Operator) -> None:
    carl = booth.collector(operator_a, credit=100_00, commission=1250)
    with lottery.open_phase(operator_a) as phase:
        lottery.place(operator_a, carl.member, phase, "123 40")
        carl.open("/lottery/account")
    assert "Balance KES 60.00 Commission 12.5%" in carl.said
    assert f"Slip handed in {phase.name} −KES 40.00" in carl.said
    assert "Credit given +KES 100.00" in carl.said
    day = re.findall(r'name="to"[^>]*value="([^"]+)"', carl.text)[0]
    paper: Any = carl.client.get(f"/lottery/account.pdf?from={day}&to={day}", headers={"Host": carl.host})
    assert paper.content.startswith(b"%PDF")
    assert carl.get("/lottery/account.pdf", **{"from": "x", "to": day}).status_code == 400


def test_a_strangers_slip_and_one_that_never_was_look_the_same(operator_a: Operator) -> None:
    carl = booth.collector(operator_a)
    carl.open(f"/lottery/slips/{uuid4()}")
    assert carl.status == 404
    assert "Not found" in carl.said
