"""Admins at their pages: a phase from its draft to its statements, its limits and risk, and the members."""

import re
from uuid import UUID

import pytest

from banker import selectors
from banker.models import Member, Phase, Role
from banker.tasks import keep_time
from operators.models import Operator
from operators.tenancy import tenant_context
from tests.support import booth, lottery
from tests.support.booth import Visitor
from tests.support.members import PASSWORD

pytestmark = pytest.mark.usefixtures("committed")


def made(phone: Visitor, **fields: str) -> str:
    """The address of a new phase."""
    phone.open("/lottery/phases/new")
    phone.send("/lottery/phases/create", name=lottery.username("p"), **fields)
    assert phone.status == 200, phone.said
    return phone.path


def id_of(path: str) -> UUID:
    return UUID(path.rpartition("/")[2])


def the(operator: Operator, path: str) -> Phase:
    with tenant_context(operator):
        return selectors.get_phase(id_of(path))


def test_a_phase_goes_from_its_draft_to_its_statements_under_four_eyes(operator_a: Operator) -> None:
    ann, bob = booth.admin(operator_a), booth.admin(operator_a)
    carl = booth.collector(operator_a, credit=500_00, commission=1000)
    own = made(ann, global_limit="1000", multiplier="70", tod_multiplier="5")
    assert "Draft" in ann.said
    ann.press(f"{own}/open")
    try:
        assert "Open" in ann.said
        lottery.place(operator_a, carl.member, the(operator_a, own), "123 100\n321 10\n777 40")
        bob.open(own)
        assert "Stakes taken KES 150.00" in bob.said
    finally:
        bob.open(own)
        bob.press(f"{own}/close")
    ann.open(own)
    ann.send(f"{own}/result", number="123")
    assert "Another admin must confirm the number that you entered." in ann.said
    assert f"{own}/result/decide" not in [one["action"] for one in ann.forms()]
    bob.open(own)
    assert f"{ann.member.username} entered a number" in bob.said
    assert ">123<" not in bob.text, "whoever confirms it has not seen it"
    bob.send(f"{own}/result/decide", number="124")
    assert bob.status == 409
    bob.send(f"{own}/result/decide", number="123")
    assert "The phase is being settled…" in bob.said
    assert '<meta http-equiv="refresh"' in bob.text
    keep_time()

    bob.open(own)
    said = bob.said
    assert "Taken in KES 150.00 Paid out KES 7,050.00 Net result -KES 6,900.00 Commission KES 15.00" in said
    assert "Slips 1 Bets 3 Winning bets 2" in said
    assert f"{carl.member.username} -KES 6,915.00 Due to the house" in said
    for form, beginning in (("report.pdf", b"%PDF"), ("statements.pdf", b"%PDF"), ("statements.csv", b"collector,")):
        answer = bob.client.get(f"{own}/{form}", headers={"Host": bob.host})
        assert answer.content.startswith(beginning), form
    carl.open("/lottery/account")
    assert "Balance KES 7,415.00" in carl.said
    carl.open("/lottery/slips")
    assert "Won KES 7,050.00" in carl.said
    correct(operator_a, ann, bob, carl, own)


def correct(operator: Operator, ann: Visitor, bob: Visitor, carl: Visitor, own: str) -> None:
    """Another number, proposed and confirmed; what was paid is taken back, and it stands in the account."""
    ann.open(own)
    ann.send(f"{own}/correction", number="777", reason="Misread <b>")
    bob.open(own)
    assert "Reason: Misread <b>" in bob.said
    bob.send(f"{own}/result/decide", number="777")
    assert "123 → 777: taken back KES 7,050.00, paid KES 2,800.00" in bob.said
    carl.open("/lottery/account")
    assert "Balance KES 3,165.00" in carl.said
    assert "Prize taken back" in carl.said
    assert lottery.broken(operator) == {}


def test_a_number_may_be_rejected_and_entered_again(operator_a: Operator) -> None:
    ann, bob = booth.admin(operator_a), booth.admin(operator_a)
    with lottery.open_phase(operator_a) as phase:
        pass
    own = f"/lottery/phases/{phase.pk}"
    ann.open(own)
    ann.send(f"{own}/result", number="٠٠٧")
    bob.open(own)
    bob.send(f"{own}/result/decide", reject="1")
    assert f"{own}/result" in [one["action"] for one in bob.forms()]
    bob.send(f"{own}/result", number="77")
    assert bob.status == 422


def test_what_is_wrong_with_a_new_phase_is_named_and_what_was_typed_stays(operator_a: Operator) -> None:
    ann = booth.admin(operator_a)
    ann.open("/lottery/phases/new")
    ann.send("/lottery/phases/create", name="Feb", starts_at="2030-02-01T10:00", ends_at="2030-02-01T09:00")
    assert ann.status == 422
    assert "The phase's details are not valid End" in ann.said
    assert 'value="2030-02-01T09:00"' in ann.text
    ann.send("/lottery/phases/create", name="Feb", multiplier="2000")
    assert "The number itself pays" in ann.said


def test_times_are_typed_and_shown_by_the_clock_of_the_device(operator_a: Operator) -> None:
    ann = booth.admin(operator_a)
    ann.client.cookies["lottery_zone"] = "Africa/Nairobi"
    own = made(ann, starts_at="2030-02-01T10:00", ends_at="2030-02-01T18:30")
    found = the(operator_a, own)
    assert (found.starts_at.hour, found.ends_at.hour, found.ends_at.minute) == (7, 15, 30)
    assert "18:30 EAT" in ann.said
    ann.client.cookies["lottery_zone"] = "../../etc/passwd"
    ann.open(own)
    assert "15:30 UTC" in ann.said


def test_the_end_of_an_open_phase_is_moved_and_one_that_has_passed_is_not(operator_a: Operator) -> None:
    ann = booth.admin(operator_a)
    with lottery.open_phase(operator_a) as phase:
        own = f"/lottery/phases/{phase.pk}"
        ann.open(own)
        ann.send(f"{own}/end", ends_at="2031-01-01T12:00")
        assert the(operator_a, own).ends_at.year == 2031
        ann.send(f"{own}/end", ends_at="2020-01-01T12:00")
        assert ann.status == 422
        assert the(operator_a, own).ends_at.year == 2031


def test_limits_of_many_numbers_are_set_barred_and_cleared_and_count_at_once(operator_a: Operator) -> None:
    ann = booth.admin(operator_a)
    carl = lottery.collector(operator_a, credit=1_000_00)
    with lottery.open_phase(operator_a, global_limit=500_00) as phase:
        lottery.place(operator_a, carl, phase, "120 100")
        change = f"/lottery/phases/{phase.pk}/limits/change"
        ann.open(f"/lottery/phases/{phase.pk}/limits")
        ann.press(change, "set", numbers="12* 007", max_amount="250")
        assert "This counts at once." in ann.said
        rooms = {"120": 150_00, "129": 250_00, "007": 250_00, "130": 500_00}
        assert free(operator_a, phase, *rooms) == rooms
        ann.press(change, "bar", numbers="129", max_amount="")
        ann.press(change, "clear", numbers="007", max_amount="")
        ann.press(change, "all", global_limit="600", numbers="")
        rooms = {"120": 150_00, "129": 0, "007": 600_00, "130": 600_00}
        assert free(operator_a, phase, *rooms) == rooms
        assert re.search(r">129</b><span class=\"end\"><span class=\"badge\">Barred", ann.text)
        for wrong in ("1**  2**", "9-1", "12", "100-099", "'"):
            ann.press(change, "set", numbers=wrong, max_amount="1")
            assert ann.status == 422, wrong
        ann.press(change, "set", numbers="123", max_amount="1,2,3")
        assert ann.status == 422
        assert free(operator_a, phase, *rooms) == rooms


def free(operator: Operator, phase: Phase, *numbers: str) -> dict[str, int]:
    with tenant_context(operator):
        return selectors.rooms(phase, numbers)


def test_the_heat_map_shows_every_number_as_hot_as_it_is(operator_a: Operator) -> None:
    ann, carl = booth.admin(operator_a), lottery.collector(operator_a, credit=10_000_00)
    with lottery.open_phase(operator_a, global_limit=100_00) as phase:
        lottery.limit(operator_a, phase, "999", 0)
        lottery.place(operator_a, carl, phase, "500 100; 501 90; 502 75; 503 50; 504 25; 505 10; 506 1; 507 0.50")
        own = f"/lottery/phases/{phase.pk}"
        ann.open(f"{own}/map")
        cells = dict(re.findall(r'<i data-n="(\d{3})" data-heat="(.)">', ann.text))
        assert len(cells) == 1000
        hot = {"500": "7", "501": "6", "502": "5", "503": "4", "504": "3", "505": "2", "506": "1", "507": "1"}
        assert {number: level for number, level in cells.items() if level != "0"} == hot | {"999": "x"}
        shown = re.findall(r'class="cell" href="[^"]+/(\d{3})" data-n="\1"', ann.text)
        assert shown == [f"{number}" for number in range(500, 600)], "the hottest hundred"
        assert "500 KES 100.00 KES 8,000.00 100%" in ann.said
        ann.get(f"{own}/map", block="9", by="top")
        assert 'data-n="999" data-heat="x" aria-label="999: staked' in ann.text
        ann.open(f"{own}/numbers/503")
        assert "Stakes taken KES 50.00 Bets 1 Limit KES 100.00 Room left: KES 50.00" in ann.said
        assert ann.get(f"{own}/numbers/1234").status_code == 404


def test_the_liabilities_answer_what_a_number_would_cost_and_what_to_lay_off(operator_a: Operator) -> None:
    ann, carl = booth.admin(operator_a), lottery.collector(operator_a, credit=10_000_00)
    with lottery.open_phase(operator_a, tod_multiplier=10) as phase:
        lottery.place(operator_a, carl, phase, "123 100; 321 10; 888 30")
        own = f"/lottery/phases/{phase.pk}/liabilities"
        ann.open(own)
        assert "123 KES 8,100.00 -KES 7,960.00" in ann.said
        ann.get(own, number="321")
        assert "Would be paid KES 1,800.00 The house keeps -KES 1,660.00" in ann.said
        ann.get(own, bears="2400")
        assert "123 KES 8,000.00 KES 70.00 Total KES 70.00" in ann.said
        ann.get(own, bears="9000")
        assert "No number would be paid more." in ann.said
        assert ann.get(own, number="12").status_code == 422
        for form, beginning in (("csv", b"number,"), ("pdf", b"%PDF")):
            answer = ann.client.get(f"/lottery/phases/{phase.pk}/risk.{form}", headers={"Host": ann.host})
            assert answer.content.startswith(beginning)
        assert ann.get(f"/lottery/phases/{phase.pk}/secrets.csv").status_code == 404


def test_a_collector_is_added_credited_once_and_let_go(operator_a: Operator) -> None:
    ann = booth.admin(operator_a)
    agent, _ = booth.member(operator_a, Role.COLLECTOR, commission=2000)
    ann.open("/lottery/members/new")
    name = lottery.username("new")
    fields = {"username": name, "password": PASSWORD, "parent": str(agent.pk), "commission": "25"}
    ann.send("/lottery/members/add", **fields)
    assert ann.status == 422, "more than the agent above has"
    ann.send("/lottery/members/add", **fields | {"commission": "7,5"})
    own = ann.path
    assert f"Commission 7.5% · Agent above {agent.username}" in ann.said
    [form] = [one for one in ann.forms() if one["action"] == f"{own}/credit"]
    sent = {field: values[0] for field, values in form["fields"].items()} | {"amount": "120,50", "step": "give"}
    for _ in range(2):
        ann.client.post(f"{own}/credit", sent, headers={"Host": ann.host})
    ann.open(own)
    assert "Balance KES 120.50" in ann.said
    ann.press(f"{own}/credit", "take", amount="121")
    assert ann.status == 409
    assert "Balance: KES 120.50" in ann.said
    ann.send(f"{own}/commission", commission="8")
    assert "Commission 8%" in ann.said
    with_them(operator_a, ann, own, name)


def with_them(operator: Operator, ann: Visitor, own: str, name: str) -> None:
    """The new collector signs in; another password, and being let go, end its session."""
    phone = Visitor("alpha.localhost")
    for password in (PASSWORD, "another long password"):
        phone.open("/lottery")
        phone.send("/lottery/sign-in", username=name, password=password)
        assert "Balance" in phone.said
        if password == PASSWORD:
            ann.send(f"{own}/password", password="another long password")
        else:
            ann.open(own)
            ann.press(f"{own}/stand", "deactivate")
        phone.open("/lottery/account")
        assert phone.status == 401
    assert "Not active" in ann.said
    with tenant_context(operator):
        assert not Member.objects.get(username=name).active


def test_an_admin_makes_no_admin_and_lets_no_admin_back(operator_a: Operator) -> None:
    ann = booth.admin(operator_a)
    other, _ = booth.member(operator_a, Role.ADMIN)
    own = f"/lottery/members/{other.pk}"
    ann.open(own)
    actions = {one["action"] for one in ann.forms()}
    assert actions.isdisjoint({f"{own}/password", f"{own}/credit", f"{own}/commission"})
    ann.press(f"{own}/stand", "deactivate")
    assert f"{own}/stand" not in {one["action"] for one in ann.forms()}
