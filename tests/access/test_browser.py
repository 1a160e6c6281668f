"""
Getting in, in a browser: the way is walked with the keys and clicks of a person, on a phone and on a desktop, in light
and dark. Nothing is serious for axe, and no page is wider than its screen. With PICTURES=dir each page is kept.
"""

import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from django.contrib.auth.hashers import make_password

from access import codes, services
from access.models import Authenticator, Role
from access.services import MemberTerms
from tests.browser.chromium import Page
from tests.browser.conftest import _served, chromium, page
from tests.desk.test_browser import SCREENS, faults
from tests.support.staff import ACTOR

__all__ = ["chromium", "page"]
pytestmark = pytest.mark.usefixtures("committed")


@pytest.fixture(scope="module")
def web(
    chromium: int, django_db_setup: None, django_db_blocker: object, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """The real web server on the test's database; asked for after the browser."""
    with django_db_blocker.unblock(), _served(tmp_path_factory.mktemp("web") / "log") as port:  # type: ignore[attr-defined]
        yield f"http://localhost:{port}"


@pytest.mark.parametrize(("screen", "scheme"), [("phone", "light"), ("desktop", "dark")])
def test_a_new_member_gets_in_with_password_and_phone(
    page: Page, web: str, unique: Callable[[str], str], screen: str, scheme: str
) -> None:
    member, password = services.create_member(terms=MemberTerms(name=unique("ann"), role=Role.COMPLIANCE), actor=ACTOR)
    member.user.password = make_password(password, hasher="pbkdf2_sha256")  # the server knows no quicker one
    member.user.save()
    width, height = SCREENS[screen]
    page.show(width=width, height=height, prefers_color_scheme=scheme)
    found: dict[str, list[str]] = {}

    def look(name: str) -> None:
        page.until(f"document.documentElement.classList.contains('dark') === {str(scheme == 'dark').lower()}")
        page.listen(0.3)
        if folder := os.environ.get("PICTURES"):
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.picture(Path(folder) / f"access-{name}-{screen}-{scheme}.png")
        if serious := faults(page):
            found[name] = serious
        assert page.value("document.documentElement.scrollWidth - innerWidth") <= 0, (name, "is too wide")

    page.send("Network.clearBrowserCookies")
    page.open(f"{web}/admin/")
    page.until("document.querySelector('[name=username]') && document.readyState === 'complete'")
    look("log-in")
    fill(page, username=str(member), password=password)
    page.until("location.pathname === '/admin/enrol/' && document.querySelector('.access-qr svg')")
    look("enrol")
    key = codes.from_text(page.text("#key"))
    fill(page, code=codes.code_at(key, codes.present_step()))
    page.until("document.querySelectorAll('.access-codes li').length === 10")
    look("backup-codes")
    backup = page.text(".access-codes li")
    page.open(f"{web}/admin/access/")
    page.until("document.body.textContent.includes('here, now')")
    look("my-access")
    page.open(f"{web}/admin/confirm/?next=/admin/access/")
    page.until("document.querySelector('[name=code]')")
    look("confirm")
    fill(page, password=password, code=backup)
    page.until("location.pathname === '/admin/access/' && document.querySelector('#logout-form')")
    page.value("document.querySelector('#logout-form').submit()")
    page.until("!document.querySelector('#logout-form')")
    Authenticator.objects.filter(user=member.user).update(last_step=-1)
    page.open(f"{web}/admin/login/")
    fill(page, username=str(member), password=password)
    page.until("location.pathname === '/admin/second-factor/'")
    look("second-factor")
    fill(page, code=codes.code_at(key, codes.present_step()))
    page.until("location.pathname === '/admin/password_change/' && document.querySelector('#logout-form')")
    look("first-password")
    own = "five tall giraffes, dancing"
    fill(page, old_password=password, new_password1=own, new_password2=own)
    page.until("location.pathname === '/admin/password_change/done/'")
    page.open(f"{web}/admin/")
    page.until("location.pathname === '/admin/' && document.querySelector('#logout-form')")
    assert found == {}, json.dumps(found, indent=2)
    assert [one for one in page.problems if "Content Security Policy" in one] == []


def fill(page: Page, **answers: str) -> None:
    """Type into the fields of these names, and press Enter in the last."""
    for name, text in answers.items():
        page.until(f"document.querySelector('[name={name}]')")
        page.value(f"document.querySelector('[name={name}]').focus()")
        page.send("Input.insertText", text=text)
    page.press("Enter", text="\r")
