"""Members of the three-digit lottery at their pages, with a browser that runs no scripts."""

import re
import time
from html import unescape
from typing import Any
from urllib.parse import urlencode

from banker import second_factor
from banker.models import Member, Role
from banker.services.members import MemberTerms, add_member
from operators.models import Operator
from tests.support import lottery
from tests.support.lite import Phone
from tests.support.members import PASSWORD


class Visitor(Phone):
    """A member's phone. A form is the one that has the button that is pressed, where several go to one address."""

    member: Member
    secret: str | None = None

    def press(self, action: str, step: str = "", **fields: str) -> Any:
        """Press a form's button."""
        return self.send(action, **({"step": step} if step else {}), **fields)

    @property
    def said(self) -> str:
        """What the page says, without its markup and without the marks that set amounts apart."""
        words = re.sub(r"<script.*?</script>|<[^>]+>", " ", self.text, flags=re.DOTALL)
        return re.sub(r"\s+", " ", re.sub("[\u2066-\u2069]", "", unescape(words))).replace("\u00a0", " ")

    @property
    def status(self) -> int:
        return int(self.page.status_code)

    @property
    def path(self) -> str:
        return str(self.page.request["PATH_INFO"])

    def get(self, address: str, **query: str) -> Any:
        return self.open(f"{address}?{urlencode(query)}" if query else address)


def member(operator: Operator, role: Role, **facts: Any) -> tuple[Member, str | None]:
    """A member with a password, and an admin's secret."""
    terms = MemberTerms(username=lottery.username(role.value[:5]), role=role, password=PASSWORD, **facts)
    return add_member(operator=operator, terms=terms, actor="tests")


def code_of(secret: str) -> str:
    return second_factor.code_at(secret, int(time.time()) // second_factor.STEP_S)


def signed_in(operator: Operator, role: Role, *, credit: int = 0, language: str = "", **facts: Any) -> Visitor:
    """A member's phone at its first page."""
    found, secret = member(operator, role, **facts)
    if credit:
        lottery.give(operator, found, credit)
    phone = Visitor(f"{operator.slug}.localhost")
    phone.member, phone.secret = found, secret
    phone.open("/lottery")
    phone.send("/lottery/sign-in", username=found.username, password=PASSWORD, code=code_of(secret) if secret else "")
    assert phone.status == 200, phone.said
    if language:
        phone.send("/lottery/language", language=language)
    return phone


def admin(operator: Operator, **facts: Any) -> Visitor:
    return signed_in(operator, Role.ADMIN, **facts)


def collector(operator: Operator, **facts: Any) -> Visitor:
    return signed_in(operator, Role.COLLECTOR, **facts)
