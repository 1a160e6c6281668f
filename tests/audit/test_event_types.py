"""The table of events in docs/audit.md is all that the source can put on record, and nothing else."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.contrib import admin
from django.db.models import TextChoices
from django.utils import translation

from approvals.models import State
from audit.editing import AuditedAdmin
from audit.titles import TITLES, title_of
from flags.models import FlagStatus
from tests.audit.event_sources import found_in_source

PAGE = Path(settings.BASE_DIR, "docs", "audit.md")
_TYPE = re.compile(r"[a-z]+(_[a-z]+)*\.[a-z]+(_[a-z]+)*")
BY_STATE: dict[str, tuple[str, type[TextChoices], set[str]]] = {
    "approvals/services/deciding.py: state.value": ("approval", State, {"approved", "failed"}),
    "flags/services.py: f'flag.{status.value}'": ("flag", FlagStatus, {"acknowledged", "dismissed"}),
}
"""Where a type is put together from a state: its subject, and the states that are told there."""
BY_PAGE = "audit/editing.py: f\"{self.opts.model_name}.{('changed' if change else 'created')}\""
"""Where it is put together from the model of an admin page."""


def documented() -> dict[str, str]:
    """Every event of the table, with the room that it comes from."""
    found = {}
    for line in PAGE.read_text(encoding="utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if len(cells) == 3 and cells[0].startswith("`"):
            found |= dict.fromkeys(_whole(re.findall(r"`([^`]+)`", cells[0])), cells[1])
    return found


def _whole(texts: list[str]) -> Iterator[str]:
    """`.closed` after `phase.opened` is `phase.closed`."""
    subject = ""
    for text in texts:
        subject = text.partition(".")[0] or subject
        yield f"{subject}.{text.partition('.')[2]}"


def edited_on_pages() -> Iterator[tuple[str, str]]:
    """(event, room) of every admin page on which fields are edited, and rows added where that is offered."""
    for model, page in admin.site._registry.items():
        if isinstance(page, AuditedAdmin):
            room = type(page).__module__.partition(".")[0]
            yield f"{model._meta.model_name}.changed", room
            if type(page).add_view is AuditedAdmin.add_view:
                yield f"{model._meta.model_name}.created", room


def recorded() -> dict[str, set[str]]:
    """Every event that can be recorded, with the rooms that record it."""
    events = {
        event: {place.partition("/")[0] for place in places} for event, places in found_in_source().events.items()
    }
    for place, (subject, _, states) in BY_STATE.items():
        for state in states:
            events.setdefault(f"{subject}.{state}", set()).add(place.partition("/")[0])
    for event, room in edited_on_pages():
        events.setdefault(event, set()).add(room)
    return events


def test_every_event_that_the_source_can_record_is_in_the_table() -> None:
    assert sorted(set(recorded()) - set(documented())) == []


def test_nothing_is_in_the_table_that_the_source_does_not_record() -> None:
    assert sorted(set(documented()) - set(recorded())) == []


def test_the_table_says_of_each_which_room_it_comes_from() -> None:
    known = recorded()
    wrong = [f"{event}: {room}" for event, room in documented().items() if room not in known.get(event, {room})]
    assert wrong == []


def test_of_every_call_that_records_it_is_known_what() -> None:
    assert sorted(found_in_source().unclear) == sorted([*BY_STATE, BY_PAGE])


def test_states_that_become_events_are_states() -> None:
    for _, choices, states in BY_STATE.values():
        assert states <= set(choices.values)


def test_an_event_is_a_subject_and_what_happened_to_it() -> None:
    assert len(recorded()) > 120
    assert [event for event in recorded() if not _TYPE.fullmatch(event) or len(event) > 64] == []


@pytest.mark.parametrize(
    "event", ["large_win.paid", "phase.opened", "wallet.dead_lettered", "staff.viewed", "operator.suspended"]
)
def test_the_reading_of_the_source_follows_every_way_in_which_events_are_named(event: str) -> None:
    """A function of SQL, a prefix in a function of its own, a literal, a method of a class, and a choice of two."""
    assert found_in_source().events[event]


def test_every_event_has_a_title_of_its_own_and_every_title_is_an_event_s() -> None:
    assert sorted(set(TITLES) ^ set(documented())) == []
    assert len(set(TITLES.values())) == len(TITLES)


@pytest.mark.parametrize("code", [code for code, _ in settings.LANGUAGES])
def test_titles_are_told_in_every_language(code: str) -> None:
    with translation.override(code):
        told = {event: title_of(event) for event in TITLES}
    assert len(set(told.values())) == len(TITLES)
    assert [event for event, title in told.items() if (title == TITLES[event]) != (code == "en")] == []


def test_an_event_that_this_version_does_not_know_is_shown_by_its_own_name() -> None:
    assert title_of("comet.seen") == "comet.seen"
