"""The demo's three-digit lottery: two admins, two collectors with credit, and a phase that is open."""

import secrets
from datetime import timedelta
from typing import Any

from cryptography.exceptions import InvalidTag
from django.contrib.auth.hashers import check_password

from banker import second_factor, selectors, services
from banker.models import Member, Role
from banker.services.credentials import renew_second_factor, set_password
from banker.services.members import MemberTerms, add_member, move_credit
from banker.services.phases import PhaseTerms, close_due
from banker.services.slips import Asked, place_slip
from keno_platform.core import clock, ids
from keno_platform.demo.brands import Brand
from keno_platform.demo.making import ACTOR, minor
from operators.models import Operator
from operators.selectors import primary_domain
from operators.tenancy import tenant_context

ADMINS = ("amara", "bello")
"""Two, because what one enters as the winning number another confirms."""
COLLECTORS = ("chidi", "dalia")
COMMISSION = 1000
CREDIT = "50000"
PHASE = timedelta(days=1)
SLIPS = ("123 500\n456=250\n12* 20", "789R 60\n100-110 30\n123 400")


def ensure_lottery(operator: Operator, brand: Brand, known: dict[str, Any]) -> dict[str, Any]:
    """Make what is missing, and say how to sign in. Passwords and secrets are those of the last run while they hold."""
    before = {each["username"]: each for each in known.get("members", [])}
    admins = [_member(operator, name, Role.ADMIN, before.get(name, {})) for name in ADMINS]
    collectors = [_member(operator, name, Role.COLLECTOR, before.get(name, {})) for name in COLLECTORS]
    for each in collectors:
        _give_credit(operator, brand, _find(operator, each["username"]))
    _ensure_open_phase(operator)
    return {"operator": operator.slug, "domain": primary_domain(operator), "members": admins + collectors}


def _give_credit(operator: Operator, brand: Brand, member: Member) -> None:
    amount = minor(brand.currency, CREDIT)
    move_credit(operator=operator, member_id=member.pk, amount=amount, key=f"demo:{member.username}", actor=ACTOR)


def _find(operator: Operator, username: str) -> Member:
    with tenant_context(operator):
        return selectors.members().get(username=username)


def _member(operator: Operator, username: str, role: Role, known: dict[str, str]) -> dict[str, str]:
    with tenant_context(operator):
        member = selectors.members().filter(username=username).first()
    password = known.get("password") or secrets.token_hex(6)
    secret: str | None = known.get("second_factor")
    if member is None:
        commission = COMMISSION if role is Role.COLLECTOR else 0
        terms = MemberTerms(username=username, role=role, password=password, commission=commission)
        _, secret = add_member(operator=operator, terms=terms, actor=ACTOR)
    else:
        if not check_password(password, member.password_hash or ""):
            set_password(operator=operator, member_id=member.pk, password=password, actor=ACTOR)
        if member.is_admin and not _is_second_factor(member, secret):
            _, secret = renew_second_factor(operator=operator, member_id=member.pk, actor=ACTOR)
    described = {"username": username, "role": role.value, "password": password}
    return {**described, "second_factor": secret} if secret else described


def _is_second_factor(member: Member, secret: str | None) -> bool:
    try:
        return second_factor.open_sealed(bytes(member.totp_sealed or b""), member.pk) == secret
    except (InvalidTag, ValueError):
        return False


def _ensure_open_phase(operator: Operator) -> None:
    """One that takes slips for a day, with two slips in it, so that the heat map has something to show."""
    close_due(operator)  # the last run's may have ended while nothing ran
    with tenant_context(operator):
        if selectors.find_open_phase() is not None:
            return
    now = clock.now()
    terms = PhaseTerms(name=f"Demo {now:%Y-%m-%d %H:%M:%S}", starts_at=now, ends_at=now + PHASE, tod_multiplier=4)
    phase = services.create_phase(operator=operator, terms=terms, actor=ACTOR)
    services.open_phase(operator=operator, phase_id=phase.pk, actor=ACTOR)
    for name, text in zip(COLLECTORS, SLIPS, strict=True):
        asked = Asked(phase_id=phase.pk, text=text)
        place_slip(operator=operator, member=_find(operator, name), asked=asked, key=ids.uuid7_text())
