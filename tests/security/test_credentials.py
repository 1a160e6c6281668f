"""Credentials: how long a wrong one takes, what a session is worth, which passwords are taken, how they compare."""

import ast
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher, make_password
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.test import Client

from access.models import Role, StaffMember
from access.passwords import WORDS
from tests.docs.snippets import ROOT
from tests.support.staff import PASSWORD, code_of_now, new_member

LOGIN, SECOND, HOME = "/admin/login/", "/admin/second-factor/", "/admin/"


@pytest.fixture
def member(db: None) -> StaffMember:
    return new_member("ann", Role.COMPLIANCE)


@pytest.fixture
def slow_hash(member: StaffMember, settings: Any) -> StaffMember:
    """The password hashed as in production; tests have a quick one."""
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.PBKDF2PasswordHasher"]
    member.user.password = make_password(PASSWORD)
    member.user.save()
    return member


@pytest.fixture
def hashed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every text that is hashed as a password from now on, by which nearly all of a log-in's time is told."""
    texts = list[str]()
    encode = PBKDF2PasswordHasher.encode

    def noted(self: PBKDF2PasswordHasher, password: str, *rest: Any, **named: Any) -> str:
        texts.append(password)
        return encode(self, password, *rest, **named)

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", noted)
    return texts


class TestTiming:
    @pytest.mark.parametrize("name", ["ann", "nobody"])
    def test_a_name_that_nobody_has_takes_as_long_as_a_wrong_password(
        self, slow_hash: StaffMember, hashed: list[str], name: str
    ) -> None:
        """One hash of what was typed, whoever it is: nothing else of a log-in takes a thousandth of that time."""
        wrong = "wrong, and long enough"
        Client().get(LOGIN)  # what is loaded with the first request hashes too
        hashed.clear()
        Client().post(LOGIN, {"username": name, "password": wrong})
        assert hashed == [wrong]

    def test_an_account_without_a_role_takes_as_long_too(self, slow_hash: StaffMember, hashed: list[str]) -> None:
        slow_hash.user.is_active = False
        slow_hash.user.save()
        Client().post(LOGIN, {"username": "ann", "password": PASSWORD})
        assert hashed == [PASSWORD]


class TestComparing:
    SECRET = ("secret", "token", "signature", "digest", "password", "mac", "hmac")

    def compared(self) -> list[str]:
        """Every `==` in the product of something that is called like a secret, but for those with a constant."""
        found = []
        for path in sorted(Path(ROOT).rglob("*.py")):
            parts = path.relative_to(ROOT).parts
            if (
                parts[0] in ("tests", "bench", "build", "contracts")
                or parts[0].startswith(".")
                or "node_modules" in parts
            ):
                continue
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Compare) and isinstance(node.ops[0], ast.Eq | ast.NotEq):
                    sides = [node.left, node.comparators[0]]
                    if any(isinstance(side, ast.Constant) for side in sides):
                        continue
                    names = {_name(side) for side in sides}
                    if any(name.endswith(self.SECRET) for name in names):
                        found.append(f"{path.relative_to(ROOT)}: {ast.unparse(node)}")
        return found

    def test_secrets_are_compared_by_what_takes_the_same_time_wherever_they_differ(self) -> None:
        assert [one for one in self.compared() if one not in NO_SECRETS] == []

    def test_every_exception_is_still_in_the_source(self) -> None:
        assert set(NO_SECRETS) <= set(self.compared())


_BY_ITSELF = "both come from whoever asks, who has shown who they are"
_NAME = "the operator's own name for a player"
_HASH = "a hash of what is no secret, to see whether it is whole"
_KIND = "which way of signing"
NO_SECRETS = {
    "access/views/own.py: form.cleaned_data['new_password1'] == form.cleaned_data['old_password']": _BY_ITSELF,
    "audit/verification/signatures.py: message.previous == self._digest": _HASH,
    "bets/api.py: ask.player_token != token": _NAME,
    "examples/operator/notes.py: row['player_token'] == token": _NAME,
    "fairness/messages/result.py: self.beacon_signature == _NO_SIGNATURE": "whether there is one",
    "fairness/messages/result.py: signature == _NO_SIGNATURE": "whether there is one",
    "keno_kit/sandbox/rules.py: known.digest != ask.digest": _HASH,
    "keno_platform/demo/lottery.py: second_factor.open_sealed(bytes(member.totp_sealed or b''), member.pk) == secret": (
        "the demo's own, while it is made"
    ),
    "keno_platform/demo/seamless.py: signing == Signing.HMAC": _KIND,
    "operators/admin/wallets.py: record.signing == Signing.HMAC": _KIND,
    "operators/services/wallets.py: connection.signing != Signing.HMAC": _KIND,
    "operators/services/wallets.py: signing == Signing.HMAC": _KIND,
    "operators/signing.py: connection.signing == Signing.HMAC": _KIND,
    "operators/signing.py: row.kind == Signing.HMAC": _KIND,
    "reconciliation/services.py: digest.hashed.digest() != bytes(getattr(known, f'{form}_sha256'))": _HASH,
    "reports/archive/files.py: hashlib.sha256(text).digest() != sha256": _HASH,
    "wallet/api.py: player_token != self.caller.player_token": _NAME,
}
"""Comparisons whose names only sound like it, with what they compare."""


def _name(node: ast.expr) -> str:
    """What a side of a comparison is called."""
    match node:
        case ast.Name(id=name):
            return name.lower()
        case ast.Attribute(attr=name):
            return name.lower()
        case ast.Call(func=function):
            return _name(function)
        case ast.Subscript(slice=ast.Constant(value=str(name))):
            return name.lower()
    return ""


class TestSessions:
    def test_a_session_that_somebody_else_planted_is_of_no_use_to_them(self, member: StaffMember) -> None:
        thief, victim = Client(), Client()
        thief.get(LOGIN)
        thief.post(LOGIN, {"username": "ann", "password": PASSWORD})  # a session of theirs, half-way in
        planted = thief.cookies["sessionid"].value
        victim.cookies["sessionid"] = planted
        victim.post(LOGIN, {"username": "ann", "password": PASSWORD})
        victim.post(SECOND, {"code": code_of_now()})
        assert victim.get(HOME).status_code == 200
        assert victim.cookies["sessionid"].value != planted
        assert thief.get(HOME).status_code == 302

    def test_a_session_cannot_be_named_by_its_user(self, member: StaffMember) -> None:
        client = Client()
        client.cookies["sessionid"] = "a" * 32
        client.post(LOGIN, {"username": "ann", "password": PASSWORD})
        assert client.cookies["sessionid"].value != "a" * 32

    def test_logging_out_tells_the_browser_to_forget_pages(self, member: StaffMember) -> None:
        client = Client()
        client.force_login(member.user)
        answer = client.post("/admin/logout/")
        assert answer["Clear-Site-Data"] == '"cache", "storage"'
        assert client.get(HOME).status_code == 302

    def test_an_act_from_another_site_is_refused(self, member: StaffMember) -> None:
        client = Client(enforce_csrf_checks=True)
        client.force_login(member.user)
        assert client.post("/admin/access/log-out-elsewhere/").status_code == 403


class TestPasswords:
    @pytest.mark.parametrize(
        "password",
        [
            *("kenoplatform2026!", "Password-123456", "P@ssw0rd12345", "qwertyuiop123", "aaaaaaaaaaaa", "abcabcabcabc"),
            *("adminadminadmin", "123456789012", "Liverpool2026", "iloveyou12345", "ann-ann-ann-1", "alpha-alpha-1"),
            *("lotteryAdmin99", "elevenchars", "welcome2keno2026"),
        ],
    )
    def test_one_that_would_be_tried_here_first_is_refused(self, member: StaffMember, password: str) -> None:
        with pytest.raises(ValidationError):
            validate_password(password, member.user)

    @pytest.mark.parametrize(
        "password",
        [
            *("five tall giraffes, dancing", "correct horse battery", "q8Zr2mVw5KcT1", "ዐሥራ ሁለት ቀጭኔዎች ሮጡ"),
            *(
                "only lower case, no digits",
                "Nairobi-Blue-Kettle-9",
                "Wm4 " * 2 + "tall giraffes and one kettle " * 3,
                " spaces count too  ",
            ),
        ],
    )
    def test_any_other_of_twelve_characters_and_more_is_taken_whatever_it_is_made_of(
        self, member: StaffMember, password: str
    ) -> None:
        validate_password(password, member.user)

    def test_it_counts_exactly_as_it_was_typed_to_the_last_of_a_hundred_characters(self, member: StaffMember) -> None:
        long = "Five tall giraffes " * 6
        member.user.set_password(long)
        member.user.save()
        assert Client().post(LOGIN, {"username": "ann", "password": long})["Location"] == SECOND
        for almost in (long[:-1], long.lower(), long.strip()):
            assert Client().post(LOGIN, {"username": "ann", "password": almost}).status_code == 200

    def test_the_page_of_the_documents_names_every_word(self) -> None:
        page = Path(ROOT, "docs", "security.md").read_text(encoding="utf-8")
        assert [word for word in sorted(WORDS) if f"`{word}`" not in page] == []

    def test_no_account_is_there_before_somebody_makes_it(self) -> None:
        """Nothing that is installed makes one: neither a migration nor a fixture."""
        made = [
            str(path.relative_to(ROOT))
            for path in Path(ROOT).glob("*/migrations/*.py")
            if any(
                word in path.read_text(encoding="utf-8") for word in ("create_user", "create_superuser", "set_password")
            )
        ]
        assert made == []
