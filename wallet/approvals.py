"""What of money needs a second pair of eyes: credits and rollbacks that the operator's wallet never took."""

from typing import Any
from uuid import UUID

from approvals import actions
from approvals.shapes import Case, Description, Line, Parties
from keno_platform.core.errors import Kind, NotFound, Refusal
from operators.models import Operator
from operators.selectors import get_operator
from operators.tenancy import tenant_context
from wallet.models import CallState, Remedy, WalletCall
from wallet.services.resolutions import Agreed, NotDead, held_call, resolve

RESOLVE = "wallet.resolve_dead_letter"
_AFTERWARDS = {
    Remedy.RETRY: "sent again, for a day",
    Remedy.BY_HAND: "booked here as delivered: the operator has paid in another way",
}


class RemedyUnknown(Refusal):
    """A dead letter is sent again or booked by hand; there is nothing else to ask for."""

    code = "remedy_unknown"
    kind = Kind.INVALID
    title = "There is no such remedy"


def plug_in() -> None:
    """Called once when Django is ready."""
    actions.register(_RESOLVE)


def _operator(case: Case) -> Operator:
    if case.operator_id is None:
        raise NotFound()
    return get_operator(operator_id=case.operator_id)


def _remedy(case: Case) -> Remedy:
    try:
        return Remedy(case.payload["remedy"])
    except (KeyError, ValueError) as error:
        raise RemedyUnknown() from error


def _describe(case: Case) -> Description:
    operator, remedy = _operator(case), _remedy(case)
    with tenant_context(operator):
        call = WalletCall.objects.select_related("player").filter(pk=UUID(case.subject)).first()
    if call is None:
        raise NotFound()
    if call.state != CallState.DEAD:
        raise NotDead()
    amount = f"{operator.money(call.amount)} {operator.currency_code}"
    return Description(
        subject=f"{operator.name}: {call.get_kind_display()} of {amount}",
        lines=(
            Line(name="call", before=str(call.get_state_display()), after=_AFTERWARDS[remedy]),
            Line(name="player", before=str(call.player), after=str(call.player)),
            Line(name="owed to the player here", before=amount, after=_owed(remedy, amount)),
            Line(name="last answer", before=call.error or "none", after=""),
        ),
        consequence=_consequence(remedy, amount, str(call.player)),
        confirm=amount,
        round_id=call.round_id,
        bet_id=call.bet_id,
    )


def _owed(remedy: Remedy, amount: str) -> str:
    return amount if remedy is Remedy.RETRY else "nothing"


def _consequence(remedy: Remedy, amount: str, player: str) -> str:
    if remedy is Remedy.RETRY:
        return f"The operator's wallet is asked again to take {amount} for {player}."
    return f"{amount} for {player} counts as paid, and the wallet is never asked again."


def _rests_on(case: Case) -> dict[str, Any]:
    with tenant_context(_operator(case)):
        call = held_call(UUID(case.subject))
    return {"state": str(call.state), "amount": call.amount, "attempts": call.attempts}


def _carry_out(case: Case, parties: Parties) -> str:
    agreed = Agreed(
        remedy=_remedy(case), reason=parties.reason, requested_by=parties.asked_by, decided_by=parties.decided_by
    )
    resolve(operator=_operator(case), call_id=UUID(case.subject), agreed=agreed)
    return f"The call is {_AFTERWARDS[agreed.remedy]}."


_RESOLVE = actions.Action(
    code=RESOLVE,
    title="Resolve a dead letter",
    permission="wallet.change_resolution",
    permission_to_ask="wallet.add_resolution",
    describe=_describe,
    fingerprint=_rests_on,
    carry_out=_carry_out,
)
