"""Settings: what they may be, who changes them, and that every process knows it within a second."""

import subprocess
import sys
import time
from collections.abc import Iterator
from itertools import count
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from approvals.models import Request, State
from audit.models import AuditEntry
from configuration import catalogue, registry, selectors, services
from configuration.approvals import CHANGE
from configuration.invariants import INVARIANTS
from configuration.models import Change
from configuration.registry import Between, Setting
from configuration.services import Source
from tests.admin.desk import Desk, page_address, told
from tests.approvals.people import Named, approve, person

SOURCE = Source(actor="staff:test", reason="For a test")
_numbers = count(1)


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    """What another test has set, or taken back with its transaction, is asked for anew."""
    selectors.forget()
    yield
    selectors.forget()


@pytest.fixture
def limit() -> Iterator[Setting[int]]:
    """A setting of the test's own."""
    yield from _registered(sensitive=False)


@pytest.fixture
def grave() -> Iterator[Setting[int]]:
    """A sensitive one."""
    yield from _registered(sensitive=True)


def _registered(*, sensitive: bool) -> Iterator[Setting[int]]:
    one = Setting(
        key=f"tests.limit_{next(_numbers)}_{time.time_ns()}",
        type=int,
        default=5,
        validate=Between(1, 10),
        sensitive=sensitive,
        description="A test's own.",
    )
    yield registry.register(one)
    del registry._settings[one.key]


def put(setting: Setting[Any], value: Any, *, version: int = 0) -> Change:
    return services.set_value(setting, value, version=version, source=SOURCE)


# --- what a setting may be ---


@pytest.mark.parametrize("value", [0, 11, True, "5", 5.0, None])
def test_a_value_of_another_type_or_out_of_range_is_no_value(value: object, limit: Setting[int]) -> None:
    with pytest.raises(ValueError, match="must be"):
        limit.check(value)


@pytest.mark.parametrize(("text", "value"), [("7", 7), (" 7 ", 7), ("1_0", 10)])
def test_a_text_is_read_as_what_it_means(text: str, value: int, limit: Setting[int]) -> None:
    assert limit.read(text) == value


@pytest.mark.parametrize(("text", "value"), [("yes", True), ("Off", False), ("TRUE", True)])
def test_yes_and_no_are_read_in_words(text: str, value: bool) -> None:
    assert Setting(key="t.b", type=bool, default=False, description="").read(text) is value


@pytest.mark.parametrize("text", ["", "x", "7.5", "11", "0x7"])
def test_a_text_that_means_nothing_is_refused(text: str, limit: Setting[int]) -> None:
    with pytest.raises(ValueError, match="must be"):
        limit.read(text)


def test_a_default_passes_its_own_check() -> None:
    with pytest.raises(ValueError, match="1 to 3"):
        Setting(key="t.d", type=int, default=9, validate=Between(1, 3), description="")


def test_a_key_is_registered_once(limit: Setting[int]) -> None:
    with pytest.raises(ValueError, match="already"):
        registry.register(limit)


def test_every_setting_says_what_it_is_for_and_in_which_unit() -> None:
    for one in registry.list_settings():
        assert one.description.endswith("."), one.key
        assert one.key.count(".") == 1, one.key
        assert one.type is not int or one.validate is not None, f"{one.key} has no bounds"


# --- changing ---


@pytest.mark.django_db
class TestAChange:
    def test_counts_at_once_where_it_was_made_and_is_on_record(
        self, limit: Setting[int], django_capture_on_commit_callbacks: Any
    ) -> None:
        assert selectors.value(limit) == 5
        with django_capture_on_commit_callbacks(execute=True):
            put(limit, 7)
        assert selectors.value(limit) == 7
        entry = AuditEntry.objects.filter(event_type="setting.changed").latest("pk")
        assert (entry.actor, entry.before) == ("staff:test", {"value": 5, "version": 0})
        assert ((entry.after or {})["key"], (entry.after or {})["value"]) == (limit.key, 7)

    def test_of_what_somebody_else_changed_meanwhile_is_refused(self, limit: Setting[int]) -> None:
        put(limit, 7)
        with pytest.raises(services.SettingChanged):
            put(limit, 8)
        assert [one.value for one in selectors.history(limit.key)] == [7]

    def test_back_to_the_default_follows_the_default(self, limit: Setting[int]) -> None:
        put(limit, 7)
        put(limit, None, version=1)
        selectors.forget()
        assert selectors.value(limit) == 5
        assert [one.value for one in selectors.history(limit.key)] == [None, 7]

    def test_that_may_not_be_is_refused_and_changes_nothing(self, limit: Setting[int]) -> None:
        for bad in (0, "7", True):
            with pytest.raises(services.SettingInvalid):
                put(limit, bad)
        assert not Change.objects.filter(key=limit.key).exists()

    def test_of_a_sensitive_setting_is_refused_without_an_approval(self, grave: Setting[int]) -> None:
        with pytest.raises(services.SettingIsSensitive):
            put(grave, 7)
        with pytest.raises(IntegrityError, match="configuration_sensitive_approved"), transaction.atomic():
            Change.objects.create(key=grave.key, version=1, value=7, sensitive=True, reason="r", actor="a")

    def test_is_history_that_nobody_rewrites(self, limit: Setting[int]) -> None:
        put(limit, 7)
        for statement in ("UPDATE configuration_change SET value = '9'", "DELETE FROM configuration_change"):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                connection.cursor().execute(statement)

    def test_whose_value_is_no_longer_allowed_does_not_count(self, limit: Setting[int]) -> None:
        Change.objects.create(key=limit.key, version=1, value=99, sensitive=False, reason="r", actor="a")
        selectors.forget()
        assert selectors.value(limit) == limit.default


@pytest.mark.django_db
def test_a_second_is_one_statement_whatever_is_asked(limit: Setting[int]) -> None:
    with CaptureQueriesContext(connection) as queries:
        for one in [*registry.list_settings(), limit]:
            selectors.value(one)
    assert len([one for one in queries if "configuration_change" in one["sql"]]) == 1


# --- four eyes ---


@pytest.mark.django_db(transaction=False)
def test_a_sensitive_setting_is_changed_by_two_people(grave: Setting[int], unique: Named) -> None:
    from approvals import services as approvals

    ann, ben = person(unique("ann")), person(unique("ben"))
    request = approvals.ask(action=CHANGE, subject=grave.key, payload={"value": 9}, person=ann, reason="Because")
    done = approve(request, ben)
    assert done.state == State.APPROVED, done.outcome
    selectors.forget()
    assert selectors.value(grave) == 9
    assert selectors.history(grave.key)[0].approval_id == request.pk
    assert broken(grave.key) == []
    with pytest.raises(services.SettingInvalid):
        approvals.ask(action=CHANGE, subject=grave.key, payload={"value": 9}, person=ann, reason="Again")
    with pytest.raises(services.SettingInvalid):
        approvals.ask(action=CHANGE, subject=grave.key, payload={"value": 11}, person=ann, reason="Too much")


@pytest.mark.django_db
def test_the_invariants_see_a_sensitive_change_that_borrows_another_approval(
    grave: Setting[int], unique: Named
) -> None:
    from approvals import services as approvals

    ann, ben = person(unique("ann")), person(unique("ben"))
    request = approvals.ask(action=CHANGE, subject=grave.key, payload={"value": 9}, person=ann, reason="Because")
    approve(request, ben)
    for number, value in ((2, 10), (4, 9)):
        Change.objects.create(
            key=grave.key, version=number, value=value, sensitive=True, reason="r", actor="a", approval=request
        )
    assert broken(grave.key) == ["I54-sensitive-approved", "I54-settings-without-gaps"]


def broken(key: str) -> list[str]:
    found = []
    for one in INVARIANTS:
        with connection.cursor() as cursor:
            cursor.execute(one.violations)
            found += [one.code] if key in [row[0] for row in cursor.fetchall()] else []
    return sorted(found)


# --- every process ---

_WATCH = """
import sys, time
import django
django.setup()
from configuration import catalogue, selectors
setting = catalogue.INBOX_CALL_MINUTES
first = selectors.value(setting)
print(first, flush=True)
end = time.monotonic() + 30
while selectors.value(setting) == first:
    if time.monotonic() > end:
        sys.exit("it never changed")
    time.sleep(0.005)
print(selectors.value(setting), time.time(), flush=True)
"""


@pytest.mark.usefixtures("committed")
def test_another_process_knows_a_change_within_a_second() -> None:
    setting = catalogue.INBOX_CALL_MINUTES
    change = selectors.newest_change(setting.key)
    before = services.counts(setting, change)
    after = before % 1000 + 1
    with subprocess.Popen(
        [sys.executable, "-c", _WATCH],
        stdout=subprocess.PIPE,
        text=True,
        cwd=django_settings.BASE_DIR,
        env=_environment(),
    ) as watcher:
        assert watcher.stdout is not None
        assert watcher.stdout.readline().strip() == str(before)
        made = put(setting, after, version=change.version if change else 0)
        changed_at = time.time()
        seen, seen_at = watcher.stdout.readline().split()
    assert int(seen) == after
    assert float(seen_at) - changed_at < selectors.KEPT_S + 0.5, "a second, and what the machine needs to notice"
    put(setting, None, version=made.version)


def _environment() -> dict[str, str]:
    import os

    given = connection.settings_dict
    address = f"postgresql://{given['USER']}@{given['HOST']}:{given['PORT']}/{given['NAME']}"
    return os.environ | {"DATABASE_URL": address, "DJANGO_SETTINGS_MODULE": "keno_platform.settings"}


# --- staff ---


@pytest.mark.usefixtures("committed")
class TestThePages:
    address = "/admin/configuration/change/settings/"

    def test_show_every_setting_with_its_value_default_and_bounds(self, unique: Named) -> None:
        page = Desk(person(unique("ann")).user).get(self.address).content.decode()
        for one in registry.list_settings():
            assert one.key in page
        assert "5 to 480" in page

    def test_change_a_setting_at_once(self, unique: Named, limit: Setting[int]) -> None:
        desk = Desk(person(unique("ann")).user)
        answer = desk.take(f"{self.address}{limit.key}/", value="8", reason="Too many")
        assert answer.status_code == 302
        assert selectors.value(limit) == 8
        assert (
            "must be 1 to 10"
            in desk.take(f"{self.address}{limit.key}/", value="11", reason="Too many").content.decode()
        )
        desk.take(f"{self.address}{limit.key}/", value="", default="on", reason="Back again")
        assert selectors.value(limit) == 5

    def test_a_stale_page_changes_nothing(self, unique: Named, limit: Setting[int]) -> None:
        desk = Desk(person(unique("ann")).user)
        form = desk.begin(f"{self.address}{limit.key}/")
        put(limit, 9)
        answer = desk.client.post(f"{self.address}{limit.key}/", form | {"value": "2", "reason": "Old"})
        assert "setting_changed" in answer.content.decode()
        assert selectors.value(limit) == 9

    def test_ask_for_a_sensitive_one_and_another_approves_it(self, unique: Named, grave: Setting[int]) -> None:
        first, second = Desk(person(unique("ann")).user), Desk(person(unique("ben")).user)
        asked = first.take(f"{self.address}{grave.key}/", value="3", reason="Too many")
        request = Request.objects.latest("pk")
        assert asked["Location"] == page_address(request)
        assert "waits for approval" in first.get(self.address).content.decode()
        assert selectors.value(grave) == 5
        done = second.take(page_address(request, "approve"), reason="Right", confirmation=grave.key)
        assert "Approved and done" in told(done)
        assert selectors.value(grave) == 3

    def test_do_not_let_those_change_who_may_only_look(self, unique: Named, limit: Setting[int]) -> None:
        from access.models import Role

        desk = Desk(person(unique("regulator"), role=Role.REGULATOR).user)
        assert desk.get(self.address).status_code == 200
        assert desk.get(f"{self.address}{limit.key}/").status_code == 403

    def test_an_unknown_key_leads_back(self, unique: Named) -> None:
        answer = Desk(person(unique("ann")).user).get(f"{self.address}no.such_key/")
        assert answer.status_code == 302
