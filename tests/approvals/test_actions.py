"""Each kind of change from the question to what it did, with its exact effect."""

from datetime import timedelta
from fractions import Fraction
from typing import Any

import pytest

from approvals import services
from approvals.models import Request, State
from approvals.services import Person
from approvals.shapes import Comparison, Description, Note, Table, blocks_of, description_of
from audit.models import AuditEntry
from bets import paytables
from bets.approvals import ACTIVATE
from bets.paytables import K88
from bets.selectors import active_paytable
from bets.services.paytables import PaytableActive, create_paytable
from operators.approvals import MOVE, PROFILE, RAISE, RESUME, NothingLooser
from operators.jurisdictions import Jurisdiction
from operators.models import Operator, OperatorStatus
from operators.selectors import get_operator
from operators.services import suspend_operator
from operators.tenancy import tenant_context
from rounds.approvals import PUBLISH, VOID
from rounds.models import EpochKey, RoundStatus
from rounds.services.results import EpochKeyNotDue
from rounds.services.voiding import RoundNotVoidable
from tests.approvals.people import Named, approve
from tests.support.bets import balance, new_player, place
from tests.support.rounds import Timing, again, commit_rounds, drive, new_game, open_round, wait_until

pytestmark = pytest.mark.usefixtures("committed")
MEANER = {1: {1: 350}, 2: {1: 100, 2: 840}}


def ask(action: str, subject: str, by: Person, operator: Operator | None = None, **payload: Any) -> Request:
    return services.ask(
        action=action,
        subject=subject,
        operator_id=operator.pk if operator else None,
        payload=payload,
        person=by,
        reason="A good reason",
    )


def described(request: Request) -> Description:
    return description_of(request.description)


def sides(request: Request) -> dict[str, tuple[str, str]]:
    return {line.name: (line.before, line.after) for line in described(request).lines}


# --- paytables ---


def test_a_paytable_is_activated_with_its_exact_return_before_and_after(
    new_operator: Operator, ann: Person, ben: Person
) -> None:
    with tenant_context(new_operator):
        made = create_paytable(operator=new_operator, name="Meaner", table=MEANER, actor="test")
        before = active_paytable()
    request = ask(ACTIVATE, str(made.pk), ann, new_operator)
    assert sides(request)["active version"] == (str(before), "Meaner (version 2)")
    assert sides(request)["return to player"][1] == "87.5000 to 88.4810 %"

    picture, figures, simulated, prizes = blocks_of(request.effect)
    assert isinstance(picture, Comparison)
    exact = paytables.statistics(1, K88[1]).rtp
    assert Fraction(figures_of(figures, "1")[3]) == exact == Fraction(71, 80)
    assert figures_of(figures, "1")[1:5] == ("88.7500 %", "87.5000 %", "71/80", "7/8")
    assert figures_of(figures, "4")[1:3] == (f"{_percent(4)} %", "not offered")
    assert picture.pairs[0].before == "88.7500"
    assert picture.limit == "89.0000"
    assert isinstance(simulated, Note)
    assert "never simulated" in simulated.text
    assert isinstance(prizes, Table)
    assert ("1", "1", "3.55", "3.5", "changed") in prizes.rows
    assert ("10", "0", "2", "nothing", "changed") in prizes.rows
    assert ("2", "2", "8.4", "8.4", "") in prizes.rows

    done = approve(request, ben)
    assert done.state == State.APPROVED
    with tenant_context(new_operator):
        assert active_paytable() == made
    assert AuditEntry.objects.filter(event_type="paytable.activated").latest("pk").actor == ben.name
    with pytest.raises(PaytableActive):
        ask(ACTIVATE, str(made.pk), ann, new_operator)


def _percent(pick: int) -> str:
    rtp = paytables.statistics(pick, K88[pick]).rtp
    millionths = rtp.numerator * 1_000_000 // rtp.denominator
    return f"{millionths // 10_000}.{millionths % 10_000:04d}"


def figures_of(block: object, pick: str) -> tuple[str, ...]:
    assert isinstance(block, Table)
    [row] = [row for row in block.rows if row[0] == pick]
    return row


def test_a_paytables_request_fails_when_another_one_was_activated_meanwhile(
    new_operator: Operator, ann: Person, ben: Person
) -> None:
    with tenant_context(new_operator):
        one = create_paytable(operator=new_operator, name="One", table={1: {1: 300}}, actor="test")
        two = create_paytable(operator=new_operator, name="Two", table={1: {1: 310}}, actor="test")
    first, second = (ask(ACTIVATE, str(table.pk), ann, new_operator) for table in (one, two))
    assert approve(first, ben).state == State.APPROVED
    failed = approve(second, ben)
    assert (failed.state, "active version" in failed.outcome) == (State.FAILED, True)
    with tenant_context(new_operator):
        assert active_paytable() == one


# --- operators ---


def test_limits_are_raised_by_two_and_what_only_tightens_needs_nobody_else(
    new_operator: Operator, ann: Person, ben: Person
) -> None:
    request = ask(RAISE, new_operator.slug, ann, new_operator, max_bet=20_000, max_win_per_ticket=2_000_000)
    assert sides(request)["highest win of a ticket"] == ("10000.00 KES", "20000.00 KES")
    [note] = blocks_of(request.effect)
    assert isinstance(note, Note)
    assert "10000.00 KES more" in note.text
    approve(request, ben)
    now = get_operator(operator_id=new_operator.pk)
    assert (now.max_bet, now.max_win_per_ticket) == (20_000, 2_000_000)
    with pytest.raises(NothingLooser):
        ask(RAISE, new_operator.slug, ann, new_operator, max_bet=15_000)


def test_a_threshold_that_goes_or_rises_records_less_and_needs_two(
    new_operator: Operator, ann: Person, ben: Person
) -> None:
    Operator.objects.filter(pk=new_operator.pk).update(large_win_from=50_000)
    request = ask(RAISE, new_operator.slug, ann, new_operator, large_win_from=None)
    assert sides(request)["large wins go on record from"] == ("500.00 KES", "nothing goes on record")
    approve(request, ben)
    assert get_operator(operator_id=new_operator.pk).large_win_from is None
    with pytest.raises(NothingLooser):
        ask(RAISE, new_operator.slug, ann, new_operator, large_win_from=10)


def test_an_operator_moves_to_another_jurisdiction_by_two_and_only_under_the_rules_that_were_shown(
    new_operator: Operator, ann: Person, ben: Person, unique: Named
) -> None:
    profile = Jurisdiction.objects.create(code=unique("j")[-16:], name="Land")
    request = ask(MOVE, new_operator.slug, ann, new_operator, jurisdiction=profile.code, region_restrictions=[])
    assert sides(request)["jurisdiction"] == ("default", profile.code)
    Jurisdiction.objects.filter(pk=profile.pk).update(minimum_age=16)
    failed = approve(request, ben)
    assert (failed.state, "rules of the new jurisdiction" in failed.outcome) == (State.FAILED, True)
    approve(ask(MOVE, new_operator.slug, ann, new_operator, jurisdiction=profile.code), ben)
    assert get_operator(operator_id=new_operator.pk).jurisdiction_id == profile.code


def test_a_profiles_rules_are_changed_by_two(ann: Person, ben: Person, unique: Named) -> None:
    profile = Jurisdiction.objects.create(code=unique("j")[-16:], name="Land")
    request = ask(PROFILE, profile.code, ann, minimum_age=16, autobet_allowed=False)
    assert sides(request) == {"minimum age": ("18", "16"), "autobet allowed": ("yes", "no")}
    assert approve(request, ben).state == State.APPROVED
    profile.refresh_from_db()
    assert (profile.minimum_age, profile.autobet_allowed) == (16, False)
    bad = approve(ask(PROFILE, profile.code, ann, loosening_hours=1), ben)
    assert (bad.state, "operator_invalid" in bad.outcome) == (State.FAILED, True)


def test_a_suspension_is_lifted_by_two(new_operator: Operator, ann: Person, ben: Person) -> None:
    with pytest.raises(NothingLooser):
        ask(RESUME, new_operator.slug, ann, new_operator)
    suspend_operator(operator=new_operator, reason="test", actor="test")
    request = ask(RESUME, new_operator.slug, ann, new_operator)
    assert get_operator(operator_id=new_operator.pk).status == OperatorStatus.SUSPENDED
    approve(request, ben)
    assert get_operator(operator_id=new_operator.pk).is_active
    entry = AuditEntry.objects.filter(event_type="operator.resumed", operator_id=new_operator.pk).latest("pk")
    assert (entry.actor, entry.after) == (ben.name, {"status": "active", "reason": "A good reason"})


# --- rounds ---


def test_a_round_is_void_by_two_who_see_the_stakes_in_it(operator_a: Operator, ann: Person, ben: Person) -> None:
    player = new_player(operator_a, money=100_000)
    one = open_round(new_game(), timing=Timing(betting=10.0))
    place(operator_a, player, round_id=one.pk)
    request = ask(VOID, str(one.pk), ann)
    [table] = blocks_of(request.effect)
    assert isinstance(table, Table)
    assert (operator_a.name, "1", "10.00 KES") in table.rows
    done = approve(request, ben)
    assert done.state == State.APPROVED, done.outcome
    assert (again(one).status, again(one).void_reason) == (RoundStatus.VOID, "A good reason")
    drive([one])
    assert balance(operator_a, player) == 100_000
    with pytest.raises(RoundNotVoidable):
        ask(VOID, str(one.pk), ann)


def test_a_round_that_was_drawn_meanwhile_stays_as_it_is(ann: Person, ben: Person) -> None:
    one = open_round(new_game())
    request = ask(VOID, str(one.pk), ann)
    drive([one])
    failed = approve(request, ben)
    assert failed.state == State.FAILED
    assert again(one).status == RoundStatus.REVEALED


def test_an_epochs_key_is_published_before_its_time_by_two_and_never_while_a_round_could_take_bets(
    ann: Person, ben: Person, settings: Any
) -> None:
    settings.EPOCH_KEY_DELAY_SECONDS = 900
    rounds = commit_rounds(new_game(), count=2, timing=Timing(betting=0.4))
    epoch = rounds[0].epoch
    with pytest.raises(EpochKeyNotDue):
        ask(PUBLISH, str(epoch.pk), ann)
    drive(rounds)
    wait_until(epoch.ends_at + timedelta(milliseconds=5))
    request = ask(PUBLISH, str(epoch.pk), ann)
    assert not EpochKey.objects.filter(epoch=epoch).exists()
    assert approve(request, ben).state == State.APPROVED
    assert len(bytes(EpochKey.objects.get(epoch=epoch).key)) == 32
    with pytest.raises(EpochKeyNotDue):
        ask(PUBLISH, str(epoch.pk), ann)
