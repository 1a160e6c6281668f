"""
What can be known of the client's screens without a browser: their texts exist and come with them, and nothing in them
asks for what the page's policy forbids or what would not mirror in Arabic.
"""

import re
from pathlib import Path

import pytest

from localization.catalogue import BUNDLES, CLIENT_TEXTS, keys_of

SOURCES = Path(__file__).resolve().parents[2] / "play" / "client" / "src"
SCREENS = SOURCES / "screens"
PARTS = {
    "responsible": ("screens", "protection"),
    "reality": ("screens", "protection"),
    "limits": ("screens", "protection"),
    "breaks": ("screens", "protection"),
    "meter": ("protection",),
}
"""Screens whose texts are more than the bundle `screens`; see `PARTS` in screens/index.tsx."""
_FIRST_PARTS = "|".join(sorted({key.partition(".")[0] for key in CLIENT_TEXTS}))
_KEY = re.compile(rf"['`]((?:{_FIRST_PARTS})\.[\w.${{}}]+)['`]")
EVENTS = {"bet.placed", "bet.settled", "round.drawn"}
"""What happens in the game has names like texts."""
_PHYSICAL = re.compile(r"(?<![\w-])(?:margin|padding|border|inset)?-?(?:left|right)(?![\w-])")


def modules() -> list[Path]:
    return sorted(path for path in SCREENS.rglob("*.ts*") if path.name != "index.tsx")


def texts_of(module: Path) -> set[str]:
    """The keys that a module may show; `x.${...}` stands for every key that begins so."""
    return set(_KEY.findall(module.read_text(encoding="utf-8"))) - EVENTS


def loaded_with(module: Path) -> set[str]:
    bundles = ("game", *PARTS.get(module.stem, ("screens",)))
    return {key for bundle in bundles for key in keys_of(bundle)}


@pytest.mark.parametrize("module", modules(), ids=lambda path: path.stem)
def test_every_text_of_a_screen_comes_with_it(module: Path) -> None:
    there = loaded_with(module)
    for key in texts_of(module):
        stem = key.partition("${")[0]
        found = any(one.startswith(stem) for one in there) if "${" in key else key in there or f"{key}.other" in there
        assert found, f"{key} is not among the texts that are loaded with {module.name}"


def test_the_texts_of_a_screen_are_found_in_its_source() -> None:
    found = texts_of(SCREENS / "history.tsx")
    assert {"history.more", "bet.won", "history.any_status", "slip.stake"} <= found
    assert "protection.period_${period}" in texts_of(SCREENS / "shared" / "limits.tsx")


def test_no_text_of_the_screens_is_there_for_nothing() -> None:
    asked = {key for path in SOURCES.rglob("*.ts*") for key in texts_of(path)}
    stems = tuple(key.partition("${")[0] for key in asked if "${" in key)
    unused = {
        key
        for key in keys_of("screens")
        if key not in asked and not key.startswith(stems) and key.rpartition(".")[0] not in asked
    }
    assert unused == set()


def test_the_screens_that_need_more_texts_load_them() -> None:
    index = (SCREENS / "index.tsx").read_text(encoding="utf-8")
    for name in ("responsible", "reality"):
        assert f"{name}: ['screens', 'protection']" in index
    assert set(BUNDLES) >= {"game", "screens", "protection"}


@pytest.mark.parametrize("module", modules(), ids=lambda path: path.stem)
def test_no_screen_has_an_inline_style_or_makes_markup_from_text(module: Path) -> None:
    source = module.read_text(encoding="utf-8")
    assert not re.search(r"\bstyle=|\.style\b|innerHTML|insertAdjacentHTML", source)


def test_the_screens_style_sheet_mirrors() -> None:
    sheet = re.sub(r"/\*.*?\*/", "", (SCREENS / "screens.css").read_text(encoding="utf-8"), flags=re.S)
    assert not _PHYSICAL.findall(sheet)
    assert "@media (forced-colors: active)" in sheet


def test_the_rule_for_the_style_sheet_sees_a_breach() -> None:
    for bad in ("margin-left: 4px", "text-align: right", "border-right: 0", "left: 0"):
        assert _PHYSICAL.search(bad)
    assert not _PHYSICAL.search("inset-inline-start: 0; margin-inline-end: 4px")
