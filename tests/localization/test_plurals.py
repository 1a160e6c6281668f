"""Texts with a count in them: each language has the forms that Unicode gives it, and a number finds its form."""

from typing import Any

import pytest
from django.conf import settings

from localization import catalogue, plurals, selectors
from localization.plurals import categories, category, every_key, family_of, is_key_of, source_of
from localization.selectors import texts_for
from localization.services import TextInvalid, set_text

CODES = [code for code, _ in settings.LANGUAGES]


@pytest.mark.parametrize(
    ("code", "smallest"),
    [
        *((code, {"one": 1, "other": 0}) for code in ("en", "es", "pt", "sw", "om")),
        *((code, {"one": 0, "other": 2}) for code in ("fr", "am", "ti")),
        ("ar", {"zero": 0, "one": 1, "two": 2, "few": 3, "many": 11, "other": 100}),
    ],
)
def test_each_language_has_its_categories_from_their_smallest_numbers_on(code: str, smallest: dict[str, int]) -> None:
    assert categories(code) == smallest


@pytest.mark.parametrize(
    ("code", "count", "form"),
    [("fr", 0, "one"), ("fr", 1_000_000, "other"), ("pt", 0, "other"), ("ar", 103, "few"), ("ar", 111, "many")],
)
def test_a_count_finds_a_form_that_the_language_has(code: str, count: int, form: str) -> None:
    assert category(count, locale=code) == form


def test_only_arabic_has_more_than_two_forms() -> None:
    assert {code for code in CODES if tuple(categories(code)) == ("one", "other")} == set(CODES) - {"ar"}
    assert tuple(categories("ar")) == plurals.CATEGORIES


@pytest.mark.django_db
def test_each_language_is_sent_its_own_forms_and_every_form_is_the_right_one() -> None:
    arabic = {key: text for key, text in texts_for(locale="ar").items() if key.startswith("protection.hours.")}
    assert arabic == {
        "protection.hours.zero": "{count} ساعة",
        "protection.hours.one": "ساعة واحدة",
        "protection.hours.two": "ساعتان",
        "protection.hours.few": "{count} ساعات",
        "protection.hours.many": "{count} ساعة",
        "protection.hours.other": "{count} ساعة",
    }
    swahili = {key: text for key, text in texts_for(locale="sw").items() if key.startswith("protection.hours.")}
    assert swahili == {"protection.hours.one": "Saa {count}", "protection.hours.other": "Saa {count}"}


def test_a_key_that_ends_like_a_form_and_has_no_family_is_a_key_like_any_other(monkeypatch: Any) -> None:
    texts = {"round.one": "One", "bet.one": "{count} bet", "bet.other": "{count} bets"}
    monkeypatch.setattr(plurals, "CLIENT_TEXTS", texts)
    assert [family_of(key) for key in ("round.one", "bet.few", "bet.one", "bet.many")] == [None, "bet", "bet", "bet"]
    assert [source_of(key) for key in ("round.one", "bet.few", "bet.one", "none.at_all")] == [
        "One", "{count} bets", "{count} bet", None,
    ]  # fmt: skip
    assert is_key_of("bet.few", locale="ar")
    assert not is_key_of("bet.few", locale="sw")
    assert set(every_key()) == {"round.one", *(f"bet.{name}" for name in plurals.CATEGORIES)}


@pytest.mark.django_db
def test_staff_can_set_a_form_that_only_arabic_has_and_there_say_the_number_by_a_word() -> None:
    set_text(locale="ar", key="protection.days.few", value="{count} من الأيام", actor="staff")
    set_text(locale="ar", key="protection.days.two", value="يومان اثنان", actor="staff")
    texts = texts_for(locale="ar")
    assert (texts["protection.days.few"], texts["protection.days.two"]) == ("{count} من الأيام", "يومان اثنان")
    for locale, key, value in (
        ("fr", "protection.days.few", "{count} jours"),
        ("fr", "protection.days.one", "un jour"),
        ("ar", "protection.days.many", "أيام"),
        ("ar", "protection.days.two", "{number} يوم"),
    ):
        with pytest.raises(TextInvalid):
            set_text(locale=locale, key=key, value=value, actor="staff")


@pytest.mark.django_db
def test_a_bundle_asked_for_by_the_english_keys_has_all_forms() -> None:
    texts = texts_for(locale="ar", keys=catalogue.keys_of("protection"))
    assert {"protection.hours.few", "protection.days.many"} <= texts.keys()
    assert selectors.texts_for(locale="en", keys=["protection.days.one"]).keys() == {
        "protection.days.one",
        "protection.days.other",
    }
