"""Staff protect a player: a limit, a break, its lifting. Each is done by the service, and on record."""

import pytest

from operators.models import Operator
from operators.tenancy import tenant_context
from players.models import Exclusion, PlayerLimit
from players.selectors import exclusion_in_force
from tests.admin.desk import Desk, page_address, told
from tests.admin.test_steps import last_entry
from tests.support.bets import new_player

pytestmark = pytest.mark.usefixtures("committed")


def test_a_limit_of_the_operator_is_set_as_a_decimal(desk: Desk, operator_a: Operator) -> None:
    desk.pick(operator_a)
    player = new_player(operator_a)
    address = page_address(player, "limit")
    assert desk.take(address, place="loss:week", amount="12.50").status_code == 302
    with tenant_context(operator_a):
        made = PlayerLimit.objects.get(player=player)
    assert (made.kind, made.period, made.source, made.amount) == ("loss", "week", "operator", 1250)
    assert made.actor == f"staff:{desk.user.username}"
    assert last_entry("limit.set").actor == made.actor
    answer = desk.take(address, place="session:session", amount="1.5")
    assert answer.status_code == 200, "minutes are whole"
    assert desk.take(address, place="session:session", amount="90").status_code == 302
    page = desk.get(page_address(made)).content.decode()
    assert "12.50 KES" in page


def test_a_break_is_begun_and_lifted_and_a_self_exclusion_never_is(desk: Desk, operator_a: Operator) -> None:
    desk.pick(operator_a)
    player = new_player(operator_a)
    address = page_address(player, "shut_out")
    assert desk.take(address, length="cool_off:24", reason="asked\nby phone").status_code == 302
    with tenant_context(operator_a):
        own = Exclusion.objects.get(player=player)
    assert (own.source, own.reason) == ("operator", "asked by phone")
    assert desk.take(page_address(own, "lift"), reason="a mistake").status_code == 302
    assert last_entry("player.exclusion_lifted").actor == f"staff:{desk.user.username}"
    assert desk.take(address, length="self_exclusion:forever", reason="a letter").status_code == 302
    with tenant_context(operator_a):
        theirs = exclusion_in_force(player)
    assert theirs is not None
    assert (theirs.source, theirs.until) == ("player", None)
    answer = desk.take(page_address(theirs, "lift"), reason="please")
    assert "Only a break that the operator began itself" in (answer.content.decode() + told(answer))
    with tenant_context(operator_a):
        assert exclusion_in_force(player) == theirs
