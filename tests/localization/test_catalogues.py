"""Nothing that a player or an operator is shown is missing, broken or known to be wrong in any language."""

import csv
import gettext
import importlib
import pkgutil
import re
import unicodedata
from pathlib import Path
from typing import Any

import polib
import pytest
from babel import Locale as CldrLocale
from django.conf import settings
from django.core.management import call_command
from django.utils import translation

from keno_platform.core.errors import Kind
from keno_platform.docs import all_refusals
from keno_platform.http.problems import STATUS
from localization.catalogue import CLIENT_TEXTS
from localization.compilation import compile_catalogue
from localization.models import Locale
from localization.plurals import categories, family_of, number_may_be_a_word
from localization.review_list import GLOSSARY
from localization.services import placeholders

ROOT = Path(settings.BASE_DIR)
TRANSLATED = [code for code, _ in settings.LANGUAGES if code != "en"]
SCRIPTS = {"ar": "ARABIC", "am": "ETHIOPIC", "ti": "ETHIOPIC"}
ROOMS = [
    "operators", "players", "wallet", "rounds", "bets", "banker", "audit", "anchors", "localization", "reports", "play",
    "calls", "webhooks", "reconciliation", "flags", "access", "keno_platform",
]  # fmt: skip


def source(code: str) -> Path:
    return ROOT / "locale" / code / "LC_MESSAGES" / "django.po"


def entries(code: str) -> list[Any]:
    return [entry for entry in polib.pofile(str(source(code))) if not entry.obsolete]


def catalogue(code: str) -> dict[str, str]:
    """What each English text is in a language; of a text with a count, the last form stands for all."""
    return {entry.msgid_plural or entry.msgid: forms(entry)[-1] for entry in entries(code)}


def forms(entry: Any) -> list[str]:
    return list(entry.msgstr_plural.values()) if entry.msgid_plural else [entry.msgstr]


def every_form(code: str) -> list[str]:
    return [text for entry in entries(code) for text in forms(entry)]


def needed() -> set[str]:
    """Every text that must be in each catalogue."""
    for room in ROOMS:
        for found in pkgutil.walk_packages([str(ROOT / room)], prefix=f"{room}."):
            if not {"migrations", "local", "management", "__main__", "backend"} & set(found.name.split(".")):
                importlib.import_module(found.name)
    singles = {text for key, text in CLIENT_TEXTS.items() if not key.endswith(".one") or family_of(key) is None}
    return singles | {one.title for one in all_refusals()}


def forbidden() -> list[tuple[str, str, str]]:
    with (GLOSSARY / "forbidden.csv").open(encoding="utf-8", newline="") as file:
        return [(row["locale"], row["match"], row["text"]) for row in csv.DictReader(file)]


@pytest.mark.parametrize("code", TRANSLATED)
def test_every_text_is_translated(code: str) -> None:
    texts = catalogue(code)
    assert {text for text in needed() if not texts.get(text)} == set()
    assert "" not in every_form(code)


@pytest.mark.parametrize("code", TRANSLATED)
def test_no_catalogue_keeps_a_text_that_nothing_shows(code: str) -> None:
    assert catalogue(code).keys() - needed() == set()


@pytest.mark.parametrize("code", TRANSLATED)
def test_no_translation_waits_as_fuzzy_because_gettext_would_not_show_it(code: str) -> None:
    assert [entry.msgid for entry in polib.pofile(str(source(code))) if entry.fuzzy] == []


@pytest.mark.parametrize("code", TRANSLATED)
def test_translations_have_the_placeholders_of_their_source(code: str) -> None:
    plain = [entry for entry in entries(code) if not entry.msgid_plural]
    wrong = {one.msgid: one.msgstr for one in plain if placeholders(one.msgid) != placeholders(one.msgstr)}
    assert wrong == {}


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_text_with_a_count_has_it_in_every_form_but_where_arabic_says_it_by_a_word(code: str) -> None:
    names = list(categories(code))
    for family in sorted({one for key in CLIENT_TEXTS if (one := family_of(key))}):
        english = CLIENT_TEXTS[f"{family}.one"], CLIENT_TEXTS[f"{family}.other"]
        [entry] = [one for one in entries(code) if (one.msgid, one.msgid_plural) == english]
        assert len(forms(entry)) == len(names)
        for name, text in zip(names, forms(entry), strict=True):
            missing = set(placeholders(english[1])) - set(placeholders(text))
            assert set(placeholders(text)) <= set(placeholders(english[1]))
            assert len(missing) <= number_may_be_a_word(f"{family}.{name}", locale=code), (family, name)


@pytest.mark.parametrize("code", TRANSLATED)
def test_translations_are_in_normal_form_without_stray_spaces(code: str) -> None:
    assert [text for text in every_form(code) if text != unicodedata.normalize("NFC", text).strip()] == []


@pytest.mark.parametrize(("code", "script"), SCRIPTS.items())
def test_translations_are_in_the_script_of_their_language(code: str, script: str) -> None:
    def foreign(text: str) -> bool:
        letters = [one for one in re.sub(r"\{[^{}]*\}", "", text) if one.isalpha()]
        return bool(letters) and not any(unicodedata.name(one).startswith(script) for one in letters)

    assert [text for text in every_form(code) if foreign(text)] == []


@pytest.mark.parametrize(("code", "match", "text"), forbidden())
def test_no_catalogue_has_a_text_that_is_known_to_be_wrong(code: str, match: str, text: str) -> None:
    def is_wrong(candidate: str) -> bool:
        return candidate == text if match == "whole" else text in candidate

    assert [found for found in every_form(code) if is_wrong(found)] == []


@pytest.mark.parametrize("code", TRANSLATED)
def test_a_term_of_the_glossary_is_translated_as_the_glossary_says(code: str) -> None:
    texts = catalogue(code)
    with (GLOSSARY / f"{code}.csv").open(encoding="utf-8", newline="") as file:
        terms = {row["english"]: row["term"] for row in csv.DictReader(file)}
    assert len(terms) > 80
    assert {term: texts[term] for term in terms.keys() & texts.keys() if texts[term] != terms[term]} == {}


@pytest.mark.parametrize("code", ["am", "ti"])
def test_ethiopic_texts_end_and_pause_with_ethiopic_marks(code: str) -> None:
    assert [text for text in every_form(code) if re.search(r"[\u1200-\u137f][.,;:]( |$)", text)] == []


@pytest.mark.parametrize("code", TRANSLATED)
def test_digits_are_latin_in_every_text(code: str) -> None:
    assert [text for text in every_form(code) if any(one.isdecimal() and not one.isascii() for one in text)] == []


@pytest.mark.parametrize("code", TRANSLATED)
def test_plural_forms_split_numbers_as_unicode_says(code: str) -> None:
    header = polib.pofile(str(source(code))).metadata["Plural-Forms"]
    count, rule = re.fullmatch(r"nplurals=(\d); plural=(.*);", header).groups()  # type: ignore[union-attr]
    form = gettext.c2py(rule)
    # Bare `pt` is Brazilian for Unicode; the catalogue is European Portuguese.
    category = CldrLocale.parse({"pt": "pt_PT"}.get(code, code)).plural_form
    pairs = {(form(number), category(number)) for number in range(1000)}
    assert len(pairs) == int(count) == len({one for one, _ in pairs}) == len({one for _, one in pairs})


@pytest.mark.parametrize("code", TRANSLATED)
def test_each_compiled_catalogue_is_what_its_source_compiles_to(code: str) -> None:
    assert source(code).with_suffix(".mo").read_bytes() == polib.pofile(str(source(code))).to_binary()


def test_compiling_again_writes_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    call_command("compile_catalogues")
    assert capsys.readouterr().out == ""


def test_a_changed_source_is_compiled_anew(tmp_path: Path) -> None:
    po = tmp_path / "django.po"
    po.write_text('msgid "Round"\nmsgstr "Manche"\n', encoding="utf-8")
    assert compile_catalogue(po)
    assert not compile_catalogue(po)
    po.write_text('msgid "Round"\nmsgstr "Tour"\n', encoding="utf-8")
    assert compile_catalogue(po)
    assert [path.name for path in sorted(tmp_path.iterdir())] == ["django.mo", "django.po"]
    assert polib.mofile(str(po.with_suffix(".mo"))).find("Round").msgstr == "Tour"


@pytest.mark.parametrize("code", TRANSLATED)
def test_django_shows_the_translations(code: str) -> None:
    with translation.override(code):
        assert translation.gettext("Betting closed") == catalogue(code)["Betting closed"] != "Betting closed"
        assert translation.get_language_bidi() == (code == "ar")


def test_the_table_of_texts_and_the_settings_know_the_same_languages() -> None:
    assert [(one.value, str(one.label)) for one in Locale] == [(code, str(name)) for code, name in settings.LANGUAGES]


def test_every_refusal_has_a_code_of_its_own_a_meaning_a_title_and_a_status() -> None:
    needed()
    refusals = all_refusals()
    codes = [one.code for one in refusals]
    assert sorted(set(codes)) == codes
    assert all(re.fullmatch(r"[a-z][a-z_]*[a-z]", code) for code in codes)
    assert [one for one in refusals if not (one.__doc__ or "").strip() or not one.title] == []
    assert {one.kind for one in refusals} <= set(STATUS) == set(Kind)
