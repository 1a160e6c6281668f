"""Every word that a player sees comes from the catalogues: none stands in a script, a template or a server's answer."""

import re
from pathlib import Path

import pytest
from django.conf import settings

from localization.catalogue import CLIENT_TEXTS, PARTS
from localization.plurals import family_of

ROOT = Path(settings.BASE_DIR)
SOURCES = sorted((ROOT / "play" / "client" / "src").rglob("*.ts*"))
TEMPLATES = sorted((ROOT / "play" / "templates").rglob("*.html"))
WORD = r"[^\W\d_]{2,}"
SPOKEN = ("aria-label", "aria-description", "title", "placeholder", "alt", "label", "aria-valuetext", "content")
NAMES = {"Keno", "RTP"}
EVENTS = {
    *("balance.refresh", "bet.accepted", "bet.placed", "bet.settled", "limit.reached", "open.handled"),
    *("protection.changed", "round.drawn", "round.opened", "round.voided", "session.ended", "session.expired"),
}
"""What a socket or the page around this one says; shown to nobody."""


def without_comments(script: str) -> str:
    return re.sub(r"/\*.*?\*/|(?<![:\w'\"`/])//[^\n]*", "", script, flags=re.DOTALL)


def words_in_markup(script: str) -> list[str]:
    """Text between tags, and what attributes say that are shown or spoken."""
    between = re.findall(r">([^<>{}=;()]*)</", without_comments(script))
    attributes = re.findall(rf"""\b(?:{"|".join(SPOKEN)})=["']([^"'{{}}]*)["']""", script)
    return [text.strip() for text in (*between, *attributes) if re.search(WORD, text)]


def keys_named(script: str) -> set[str]:
    """Keys that are written out whole: between quotes, of a family of keys that there is."""
    families = {key.partition(".")[0] for key in CLIENT_TEXTS}
    found = re.findall(r"""['"`]([a-z_]+\.[a-z_]+)['"`]""", without_comments(script))
    return {key for key in found if key.partition(".")[0] in families and not key.endswith((".ts", ".js", ".css"))}


def is_text(key: str) -> bool:
    return key in CLIENT_TEXTS or f"{key}.other" in CLIENT_TEXTS


@pytest.mark.parametrize("path", [one for one in SOURCES if one.suffix == ".tsx"], ids=lambda one: one.name)
def test_no_component_of_the_client_has_words_of_its_own(path: Path) -> None:
    assert words_in_markup(path.read_text(encoding="utf-8")) == []


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda one: one.name)
def test_no_template_of_the_player_has_words_of_its_own(path: Path) -> None:
    page = re.sub(r"\{#.*?#\}|\{%.*?%\}|\{\{.*?\}\}|<!--.*?-->|<!doctype[^>]*>", "", path.read_text(), flags=re.DOTALL)
    page = re.sub(r"<(script|style|svg)\b.*?</\1>", "", page, flags=re.DOTALL)
    between = re.findall(r">([^<>]*)(?=<)", page)
    assert [text.strip() for text in between if set(re.findall(WORD, text)) - NAMES] == []
    spoken = re.findall(rf"""\b(?:{"|".join(SPOKEN[:-1])})=["']([^"']*)["']""", page)
    assert [text for text in spoken if re.search(WORD, text.removeprefix("https://"))] == []


@pytest.mark.parametrize("path", SOURCES, ids=lambda one: one.name)
def test_every_key_that_the_client_names_is_a_text(path: Path) -> None:
    script = path.read_text(encoding="utf-8")
    assert {key for key in keys_named(script) - EVENTS if not is_text(key)} == set()


def test_every_text_of_the_client_is_named_somewhere_or_of_a_kind_that_is_put_together() -> None:
    scripts = "\n".join(without_comments(path.read_text(encoding="utf-8")) for path in SOURCES)
    served = "\n".join(
        path.read_text(encoding="utf-8") for room in ("play", "reconciliation") for path in pages_of(room)
    )
    assembled = tuple(re.findall(r"`([a-z_]+\.[a-z_]*)\$\{", scripts) + re.findall(r'f"([a-z_]+\.[a-z_]*)\{', served))
    texts = {family_of(key) or key for part in ("page", "game", "screens", "protection", "lite") for key in PARTS[part]}
    assert {key for key in texts if key not in scripts + served and not key.startswith(assembled)} == set()


def pages_of(room: str) -> list[Path]:
    return [*(ROOT / room).rglob("*.py"), *(ROOT / room).rglob("*.html")]


def test_the_search_for_words_finds_them() -> None:
    assert words_in_markup("<b>Save this</b>") == ["Save this"]
    assert words_in_markup("<i>{t('a.b')}</i> <p>× 12</p>") == []
    assert words_in_markup("""<input placeholder="Type here" />""") == ["Type here"]
    assert keys_named("t('slip.stake') + './page.ts'") == {"slip.stake"}
