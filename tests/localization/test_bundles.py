"""How the client gets its texts: in parts, under addresses that hold for ever or are asked again."""

import gzip
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from localization.catalogue import BUNDLES, CLIENT_TEXTS, PARTS, keys_of
from localization.selectors import texts_for, texts_version
from localization.services import remove_text, set_text
from operators.models import Operator

pytestmark = pytest.mark.django_db
CODES = [code for code, _ in settings.LANGUAGES]


def get(path: str, host: str = "alpha.localhost") -> Any:
    return Client().get(path, headers={"Host": host})


@pytest.mark.parametrize("bundle", BUNDLES)
@pytest.mark.parametrize("code", CODES)
def test_a_bundle_has_the_texts_of_its_parts_and_no_others(operator_a: Operator, bundle: str, code: str) -> None:
    response = get(f"/texts/{bundle}/{code}.json")
    assert response.json() == texts_for(locale=code, operator_id=operator_a.pk, keys=keys_of(bundle))
    assert response["Content-Language"] == code


def test_no_text_is_in_two_parts_and_every_text_is_sent_by_a_bundle_or_with_a_page() -> None:
    assert sum(len(part) for part in PARTS.values()) == len(CLIENT_TEXTS)
    in_bundles = {part for parts in BUNDLES.values() for part in parts}
    assert PARTS.keys() - in_bundles == {"lite", "verify", "papers", "reports", "events", "lottery"}


@pytest.mark.parametrize("path", ["/texts/verify/en.json", "/texts/game/xx.json", "/texts/lite/en.json"])
def test_what_is_no_bundle_or_no_language_is_not_found(operator_a: Operator, path: str) -> None:
    assert get(path).status_code == 404


def test_a_host_that_no_operator_has_gets_no_texts() -> None:
    assert get("/texts/game/en.json", "nobody.localhost").status_code == 404


def test_under_the_present_version_an_answer_is_kept_for_ever_and_under_any_other_not(operator_a: Operator) -> None:
    version = texts_version(operator_id=operator_a.pk)
    assert get(f"/texts/game/en.json?v={version}")["Cache-Control"] == "public, max-age=31536000, immutable"
    assert get("/texts/game/en.json?v=older")["Cache-Control"] == "no-cache"
    assert get("/texts/game/en.json")["Cache-Control"] == "no-cache"


def test_the_page_names_the_version_and_a_new_text_is_shown_at_the_next_start(operator_a: Operator) -> None:
    def version() -> str:
        page = get("/").content.decode()
        return str(page.split('data-texts="')[1].split('"')[0])

    before = version()
    set_text(locale="sw", key="slip.place_bet", value="Bashiri", operator_id=operator_a.pk, actor="staff")
    after = version()
    assert before != after
    assert get(f"/texts/game/sw.json?v={after}").json()["slip.place_bet"] == "Bashiri"
    remove_text(locale="sw", key="slip.place_bet", operator_id=operator_a.pk, actor="staff")
    assert version() == before


def test_another_operators_text_changes_no_version_of_this_one_and_a_public_one_changes_all(
    operator_a: Operator, operator_b: Operator
) -> None:
    before = texts_version(operator_id=operator_a.pk)
    set_text(locale="sw", key="slip.place_bet", value="Bashiri", operator_id=operator_b.pk, actor="staff")
    assert texts_version(operator_id=operator_a.pk) == before
    set_text(locale="sw", key="slip.place_bet", value="Cheza", actor="staff")
    assert texts_version(operator_id=operator_a.pk) != before


def test_the_first_texts_are_small_in_every_language(operator_a: Operator) -> None:
    sizes = {code: len(gzip.compress(get(f"/texts/game/{code}.json").content, 6)) for code in CODES}
    assert max(sizes.values()) <= 4_096, sizes
