"""What of operators needs a second pair of eyes: more risk, other rules, and the end of a suspension."""

from collections.abc import Iterable
from typing import Any

from approvals import actions
from approvals.ports import ports
from approvals.shapes import Case, Description, Line, Note, Parties
from keno_platform.core.errors import Kind, NotFound, Refusal, Retry
from operators import selectors
from operators.bound import public_context
from operators.models import Operator, OperatorStatus
from operators.services import resume_operator
from operators.services.terms import (
    change_jurisdiction,
    change_terms,
    held_jurisdiction,
    held_operator,
    loosened,
    shown_term,
)

RAISE, MOVE, RESUME = "operators.raise_limits", "operators.change_jurisdiction", "operators.resume_operator"
PROFILE = "operators.edit_jurisdiction"
NAMES = {
    "max_bet": "highest stake",
    "max_win_per_ticket": "highest win of a ticket",
    "large_wager_from": "large wagers go on record from",
    "large_win_from": "large wins go on record from",
    "jurisdiction": "jurisdiction",
    "region_restrictions": "not offered in",
}


class NothingLooser(Refusal):
    """What is asked for is so already, or only tightens: that needs no approval."""

    code = "nothing_to_approve"
    kind = Kind.CONFLICT
    title = "There is nothing here that needs approval"
    retry = Retry.NEVER


def plug_in() -> None:
    """Called once when Django is ready."""
    for action in (_RAISE, _MOVE, _PROFILE, _RESUME):
        actions.register(action)
    ports.operator_name = lambda operator_id: selectors.get_operator(operator_id=operator_id).name


def _operator(case: Case) -> Operator:
    if case.operator_id is None:
        raise NotFound()
    return selectors.get_operator(operator_id=case.operator_id)


# --- limits, thresholds, jurisdiction ---


def _describe_terms(case: Case) -> Description:
    operator = _operator(case)
    looser = loosened(operator, case.payload)
    if not looser:
        raise NothingLooser()
    return Description(
        subject=f"{operator.name}: {', '.join(NAMES[name] for name in looser)}",
        lines=tuple(_term_line(operator, name, value) for name, value in looser.items()),
        consequence=f"It counts from the next bet of {operator.name}'s players on. Accepted bets keep their terms.",
        confirm=operator.slug,
    )


def _term_line(operator: Operator, name: str, value: Any) -> Line:
    present = operator.jurisdiction_id if name == "jurisdiction" else getattr(operator, name)
    before, after = (_term_text(operator, name, one) for one in (present, value))
    return Line(name=NAMES[name], before=before, after=after)


def _term_text(operator: Operator, name: str, value: Any) -> str:
    shown = shown_term(operator, name, value)
    if isinstance(shown, list):
        return ", ".join(shown) or "nowhere: it is offered everywhere"
    if shown is None:
        return "nothing goes on record"
    return str(shown) if name == "jurisdiction" else f"{shown} {operator.currency_code}"


def _terms_rest_on(case: Case) -> dict[str, Any]:
    if case.operator_id is None:
        raise NotFound()
    operator = held_operator(case.operator_id)
    facts: dict[str, Any] = {}
    for name, value in case.payload.items():
        facts[NAMES[name]] = _term_line(operator, name, value).before
    if profile := case.payload.get("jurisdiction"):
        facts["rules of the new jurisdiction"] = _rules(profile)
    return facts


def _rules(code: str) -> dict[str, Any]:
    profile = held_jurisdiction(code)
    return {one.attname: getattr(profile, one.attname) for one in profile._meta.concrete_fields}


def _carry_out_terms(case: Case, parties: Parties) -> str:
    if case.operator_id is None:
        raise NotFound()
    operator = change_terms(
        operator_id=case.operator_id, wanted=case.payload, actor=parties.decided_by, reason=parties.reason
    )
    return f"{operator.name}: {', '.join(NAMES[name] for name in case.payload)} changed."


def _effect_of_limits(case: Case) -> tuple[Note, ...]:
    """How much more one ticket may cost the house."""
    operator, wanted = _operator(case), case.payload.get("max_win_per_ticket")
    if wanted is None or wanted <= operator.max_win_per_ticket:
        return ()
    more = f"{operator.money(wanted - operator.max_win_per_ticket)} {operator.currency_code}"
    return (Note(text=f"One ticket may win up to {more} more than now."),)


# --- a profile's rules ---


def _describe_profile(case: Case) -> Description:
    profile = selectors.get_jurisdiction(case.subject)
    changed = {name: value for name, value in case.payload.items() if getattr(profile, name) != value}
    if not changed:
        raise NothingLooser()
    return Description(
        subject=f"Jurisdiction {profile} ({profile.code})",
        lines=tuple(
            Line(name=_verbose(name), before=_rule_text(getattr(profile, name)), after=_rule_text(value))
            for name, value in changed.items()
        ),
        consequence=f"These rules count for the next bet of: {_names(_under(case.subject))}; and for sessions that "
        "name this profile themselves.",
        confirm=profile.code,
    )


def _under(code: str) -> list[Operator]:
    return [one for one in selectors.list_operators() if one.jurisdiction_id == code]


def _names(operators: Iterable[Operator]) -> str:
    return ", ".join(one.name for one in operators) or "no operator"


def _verbose(name: str) -> str:
    return name.replace("_", " ")


def _rule_text(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, list):
        return ", ".join(map(str, value)) or "none"
    return "" if value is None else str(value)


def _profile_rests_on(case: Case) -> dict[str, Any]:
    profile = held_jurisdiction(case.subject)
    rules = {_verbose(name): getattr(profile, name) for name in case.payload}
    return {**rules, "operators under it": sorted(one.slug for one in _under(case.subject))}


def _carry_out_profile(case: Case, parties: Parties) -> str:
    profile = change_jurisdiction(
        code=case.subject, wanted=case.payload, actor=parties.decided_by, reason=parties.reason
    )
    return f"The rules of {profile} are changed."


# --- the end of a suspension ---


def _describe_resumption(case: Case) -> Description:
    operator = _operator(case)
    if operator.is_active:
        raise NothingLooser(f"{operator.name} is active already.")
    return Description(
        subject=f"{operator.name}: end of its suspension",
        lines=(Line(name="status", before=str(operator.status), after=str(OperatorStatus.ACTIVE)),),
        consequence=f"Bets of {operator.name}'s players are accepted again from that moment.",
        confirm=operator.slug,
    )


def _resumption_rests_on(case: Case) -> dict[str, Any]:
    if case.operator_id is None:
        raise NotFound()
    return {"status": str(held_operator(case.operator_id).status)}


def _carry_out_resumption(case: Case, parties: Parties) -> str:
    operator = _operator(case)
    with public_context():
        resume_operator(operator=operator, reason=parties.reason, actor=parties.decided_by)
    return f"{operator.name} is active now."


_RAISE = actions.Action(
    code=RAISE,
    title="Raise an operator's limits",
    permission="operators.change_operator",
    describe=_describe_terms,
    fingerprint=_terms_rest_on,
    carry_out=_carry_out_terms,
    effect=_effect_of_limits,
)
_MOVE = actions.Action(
    code=MOVE,
    title="Change where an operator is licensed",
    permission="operators.change_operator",
    describe=_describe_terms,
    fingerprint=_terms_rest_on,
    carry_out=_carry_out_terms,
)
_PROFILE = actions.Action(
    code=PROFILE,
    title="Change a jurisdiction's rules",
    permission="operators.change_jurisdiction",
    describe=_describe_profile,
    fingerprint=_profile_rests_on,
    carry_out=_carry_out_profile,
)
_RESUME = actions.Action(
    code=RESUME,
    title="Lift an operator's suspension",
    permission="operators.change_operator",
    describe=_describe_resumption,
    fingerprint=_resumption_rests_on,
    carry_out=_carry_out_resumption,
)
