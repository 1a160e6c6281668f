"""Every word of the members' pages comes from the catalogues, in nine languages, and no text is left over."""

import re
from decimal import Decimal
from pathlib import Path

import pytest
from django.conf import settings

from banker.slips.shapes import Mistake
from banker.web.visits import UTC
from banker.web.words import Words
from localization.catalogue import PARTS
from operators.models import Operator
from tests.support import booth, lottery
from wallet.models import BANKER, Kind

ROOT = Path(settings.BASE_DIR) / "banker"
TEMPLATES = sorted((ROOT / "templates" / "lottery").glob("*.html"))
SCRIPTS = sorted((ROOT / "static" / "lottery").glob("*.js"))
PAGES = sorted((ROOT / "web").glob("*.py"))
NAMES = {key.removeprefix("lottery.") for key in PARTS["lottery"]}
LANGUAGES = [code for code, _ in settings.LANGUAGES]
FORMATS = {"CSV", "PDF", "ESC", "POS"}
pytestmark = pytest.mark.usefixtures("committed")


def markup(path: Path) -> str:
    return re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<!doctype[^>]*>", "", path.read_text(), flags=re.DOTALL)


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda one: one.name)
def test_no_template_has_words_of_its_own(path: Path) -> None:
    between = re.findall(r">([^<>]*)(?=<)", markup(path))
    words = [text.strip() for text in between if set(re.findall(r"[^\W\d_]{2,}", text)) - FORMATS]
    assert words == []
    spoken = re.findall(r"""\b(?:aria-label|title|alt|placeholder)=["']([^"']*)["']""", markup(path))
    assert [text for text in spoken if re.search(r"[^\W\d_]{2,}", text)] == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda one: one.name)
def test_every_text_that_a_template_names_is_one(path: Path) -> None:
    assert {name for name in re.findall(r"\bt\.([a-z_]+)", path.read_text()) if name not in NAMES} == set()


def test_every_text_is_shown_somewhere() -> None:
    shown = {name for path in TEMPLATES for name in re.findall(r"\bt\.([a-z_]+)", path.read_text())}
    code = "\n".join(path.read_text() for path in PAGES)
    shown |= set(re.findall(r'"([a-z_]+)"', code))
    kinds = tuple(re.findall(r'f"([a-z]+_)\{', code))
    assert {"fault_", "kind_", "state_", "role_", "field_"} <= set(kinds)
    plain = {name.partition(".")[0] for name in NAMES}
    assert {name for name in plain if name not in shown and not name.startswith(kinds)} == set()


def test_every_mistake_and_every_movement_has_its_text() -> None:
    assert {f"fault_{one.name.lower()}" for one in Mistake} == {one for one in NAMES if one.startswith("fault_")} - {
        "fault_at"
    }
    assert {f"kind_{Kind(one).name.lower()}" for one in BANKER} == {one for one in NAMES if one.startswith("kind_")}


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda one: one.name)
def test_no_script_says_anything_of_its_own(path: Path) -> None:
    script = re.sub(r"/\*.*?\*/|(?<!:)//[^\n]*", "", path.read_text(), flags=re.DOTALL)
    assert re.findall(r"textContent = ['\"`][^'\"`${]*[a-z]{2}", script) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_is_whole_in_every_language(operator_a: Operator, language: str) -> None:
    ann, carl = booth.admin(operator_a, language=language), booth.collector(operator_a, language=language, credit=5_00)
    with lottery.open_phase(operator_a) as phase:
        slip = lottery.place(operator_a, carl.member, phase, "123 1").slip
        own = f"/lottery/phases/{phase.pk}"
        visits = [
            (ann, "/lottery/members", f"/lottery/members/{carl.member.pk}", "/lottery/members/new"),
            (ann, "/lottery/phases/new", own, f"{own}/map", f"{own}/liabilities", f"{own}/limits"),
            (ann, f"{own}/numbers/123", "/lottery", "/lottery/password", "/lottery/slips"),
            (carl, "/lottery", f"/lottery?slip={slip.pk}", f"/lottery/slips/{slip.pk}", "/lottery/account"),
            (carl, f"/lottery/slips/{slip.pk}/receipt", "/lottery/slips"),
        ]
        for phone, *addresses in visits:
            for one in addresses:
                phone.open(one)
                assert phone.status == 200, (one, phone.said)
                assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}">' in phone.text
                left = re.sub(r'data-text="[^"]*"|<script.*?</script>', "", phone.text, flags=re.DOTALL)
                assert re.findall(r"\{[a-z]+\}", left) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("slug", ["alpha", "beta"])
def test_the_pattern_of_amounts_writes_them_as_the_server_does(language: str, slug: str) -> None:
    from operators.selectors import get_operator

    words = Words(operator=get_operator(slug=slug), language=language, zone=UTC)
    pattern = words.money_pattern()
    for minor in (0, 5, 99, 100, 99_999, 100_000, 123_456_789, 10**15):
        assert written(pattern, minor) == words.money(minor)


def written(pattern: dict[str, object], minor: int) -> str:
    """What the script does, in a few lines."""
    exponent = int(str(pattern["exponent"]))
    digits = str(minor).rjust(exponent + 1, "0")
    whole, decimals = (digits[:-exponent], digits[-exponent:]) if exponent else (digits, "")
    grouped = f"{Decimal(whole):,}".replace(",", str(pattern["group"]))
    return f"{pattern['before']}{grouped}{pattern['point']}{decimals}{pattern['after']}"
