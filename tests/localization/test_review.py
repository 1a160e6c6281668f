"""What no native speaker has read is listed, and where it matters an operator's second language stands in its place."""

import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client

from localization import review, review_list
from localization.catalogue import CLIENT_TEXTS, PARTS
from localization.selectors import errors_language, texts_for, texts_version
from localization.services import set_text
from operators.models import Operator

FAIR = "error.unexpected"
PLAIN = "slip.place_bet"
LIMIT = "protection.limits"


@pytest.fixture
def signatures(tmp_path: Path, monkeypatch: Any) -> Iterator[Path]:
    """A folder of signatures of its own."""
    monkeypatch.setattr(review, "SIGNED", tmp_path)
    review.signed.cache_clear()
    yield tmp_path
    review.signed.cache_clear()


def sign(folder: Path, locale: str, pairs: list[tuple[str, str]]) -> None:
    with (folder / f"{locale}.csv").open("w", encoding="utf-8", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["source", "translation", "reviewer", "date"])
        rows.writerows([*pair, "A. Reader", "2026-11-21"] for pair in pairs)
    review.signed.cache_clear()


@pytest.mark.django_db
@pytest.mark.parametrize("locale", ["am", "ti", "om"])
def test_the_second_language_stands_for_what_is_unread_on_fairness_errors_and_protection(locale: str) -> None:
    own, shown, english = (texts_for(locale=locale), texts_for(locale=locale, second="en"), texts_for(locale="en"))
    assert [shown[key] for key in (FAIR, LIMIT, "verify_error.payout_wrong")] == [
        english[key] for key in (FAIR, LIMIT, "verify_error.payout_wrong")
    ]
    assert shown[PLAIN] == own[PLAIN] != english[PLAIN]
    assert shown["protection.days.other"] == english["protection.days.other"]
    assert own[FAIR] != english[FAIR]


@pytest.mark.django_db
def test_a_language_with_other_forms_lends_the_ones_that_it_has() -> None:
    assert texts_for(locale="ti", second="ar")["protection.days.other"] == "{count} يوم"
    assert texts_for(locale="ti", second="ar").keys() == texts_for(locale="ti").keys()


@pytest.mark.django_db
@pytest.mark.parametrize("locale", ["en", "fr", "es", "pt", "ar", "sw"])
def test_other_languages_speak_for_themselves(locale: str) -> None:
    assert texts_for(locale=locale, second="am") == texts_for(locale=locale)
    assert errors_language(locale=locale, second="am") == locale


@pytest.mark.django_db
def test_a_signature_brings_a_text_back_and_a_changed_wording_loses_it(signatures: Path) -> None:
    own, english = texts_for(locale="ti")[FAIR], CLIENT_TEXTS[FAIR]
    sign(signatures, "ti", [(english, own)])
    assert texts_for(locale="ti", second="en")[FAIR] == own
    sign(signatures, "ti", [(english, own + "?")])
    assert texts_for(locale="ti", second="en")[FAIR] == english
    sign(signatures, "ti", [(english + "?", own)])
    assert texts_for(locale="ti", second="en")[FAIR] == english


@pytest.mark.django_db
def test_what_staff_has_set_needs_no_signature_and_the_second_languages_own_words_are_lent(operator_a: Any) -> None:
    set_text(locale="om", key=FAIR, value="Rakkoon uumame", operator_id=operator_a.pk, actor="staff")
    set_text(locale="am", key=LIMIT, value="ገደቦችዎ", operator_id=operator_a.pk, actor="staff")
    shown = texts_for(locale="om", operator_id=operator_a.pk, second="am")
    assert (shown[FAIR], shown[LIMIT]) == ("Rakkoon uumame", "ገደቦችዎ")


def test_errors_are_asked_for_in_the_second_language_until_all_their_titles_are_signed(signatures: Path) -> None:
    assert errors_language(locale="am") == "am"
    assert errors_language(locale="am", second="sw") == "sw"
    waiting = [one for one in review_list.waiting("am") if one.source in review.refusal_titles()]
    pairs = [(one.source, one.translation) for one in waiting]
    sign(signatures, "am", pairs[1:])
    assert errors_language(locale="am", second="sw") == "sw"
    sign(signatures, "am", pairs)
    assert errors_language(locale="am", second="sw") == "am"


@pytest.mark.django_db
def test_the_client_gets_the_operators_second_language_and_the_language_for_errors(operator_a: Operator) -> None:
    def sent(locale: str) -> Any:
        return Client().get(f"/texts/game/{locale}.json", headers={"Host": "alpha.localhost"}).json()

    before, version = sent("ti"), texts_version(operator_id=operator_a.pk)
    Operator.objects.filter(pk=operator_a.pk).update(second_language="am")
    after = sent("ti")
    assert after.pop("@errors") == "am"
    assert "@errors" not in before
    assert "@errors" not in sent("sw")
    assert after[FAIR] == sent("am")[FAIR] != before[FAIR]
    assert texts_version(operator_id=operator_a.pk, second="am") != version


def test_the_list_has_every_unread_text_once_and_the_doubtful_ones_first(signatures: Path) -> None:
    found = review_list.waiting("ti")
    doubts = [bool(one.doubt) for one in found]
    assert any(doubts)
    assert doubts == sorted(doubts, reverse=True)
    plain = {text for key, text in CLIENT_TEXTS.items()} & {one.source for one in found}
    assert {CLIENT_TEXTS[key] for key in PARTS["game"]} <= plain
    seed = [one for one in found if one.source == CLIENT_TEXTS["fair.commitment"]]
    assert len(seed) == 1
    assert "unsure of" in seed[0].doubt
    sign(signatures, "ti", [(one.source, one.translation) for one in found[:5]])
    assert review_list.waiting("ti") == found[5:]


def test_the_build_prints_how_much_waits_and_what_is_in_doubt(signatures: Path) -> None:
    out = io.StringIO()
    call_command("texts_for_review", stdout=out)
    lines = out.getvalue().splitlines()
    heads = [line for line in lines if "wait for a native reviewer" in line]
    assert [line[:3] for line in heads] == ["am:", "ti:", "om:"]
    assert CLIENT_TEXTS["fair.commitment"] in out.getvalue()


def test_the_table_that_a_reviewer_fills_in_can_be_kept_as_signatures(signatures: Path) -> None:
    out = io.StringIO()
    call_command("texts_for_review", "--csv", "--all", "--locale", "om", stdout=out)
    (signatures / "om.csv").write_text(out.getvalue(), encoding="utf-8", newline="")
    review.signed.cache_clear()
    assert review_list.waiting("om") == []


def test_every_signature_that_is_kept_is_of_a_present_wording_and_names_its_reader() -> None:
    for path in sorted(review.SIGNED.glob("*.csv")):
        assert path.stem in review.UNREVIEWED
        with path.open(encoding="utf-8", newline="") as file:
            assert all(row["reviewer"] and row["date"] for row in csv.DictReader(file))


def test_every_key_that_is_named_as_sensitive_is_a_text() -> None:
    assert set(review.SENSITIVE_KEYS) <= CLIENT_TEXTS.keys()
    assert {key.partition(".")[0] for key in CLIENT_TEXTS} >= {"connection", "error", "fair", "money", "verify"}


def test_all_languages_that_wait_are_languages_of_the_client() -> None:
    assert set(review.UNREVIEWED) <= dict(settings.LANGUAGES).keys()
