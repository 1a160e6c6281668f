"""The public page that checks a draw: on every host, in every language, complete before the network may be cut."""

import gzip
import json
import re
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

import fairness.errors
from fairness.checks import CHECKS
from localization.catalogue import CLIENT_TEXTS
from localization.services import set_text
from operators.models import Operator
from play.verify import LIBRARY, SCRIPTS, SHARED_TEXTS, page_texts

pytestmark = pytest.mark.django_db
PLAY = Path(__file__).resolve().parents[2] / "play"
STATIC = PLAY / "static" / "verify"
LANGUAGES = [code for code, _ in settings.LANGUAGES]
PAGE_SCRIPTS_MAX, LIBRARY_MAX, BUNDLE_MAX = 10_496, 35_840, 36_864
PAGE_MAX = 12_288
"""Bytes of each part, compressed file by file as it is sent."""
NEVER_SHOWN = {"CheckSkipped", "NetworkInvalid", "RulesMalformed", "SignatureInvalid"}
"""Names in the library that no document can bring to the page: options of the command line, or told as another."""


def get(query: str = "", host: str = "localhost", **headers: str) -> Any:
    return Client().get(f"/verify{query}", headers={"Host": host, **headers})


def scripts() -> dict[str, str]:
    """The page's own scripts and those of its library, without what is from others."""
    return {file.name: file.read_text() for file in STATIC.rglob("*.js") if file.name != "noble.js"}


@pytest.mark.parametrize("host", ["localhost:8000", "alpha.localhost:8000", "beta.localhost"])
def test_the_page_is_there_on_every_host_without_a_credential(host: str, operator_a: Operator) -> None:
    response = get(host=host)
    assert response.status_code == 200
    assert "Set-Cookie" not in response.headers
    assert "<h1>Check a round</h1>" in response.content.decode()


def test_the_page_is_only_read() -> None:
    assert Client().post("/verify", headers={"Host": "localhost"}).status_code in (403, 405)


@pytest.mark.parametrize(
    ("query", "accepted", "shown"),
    [
        ("?lang=ar", "fr", "ar"),
        ("?lang=xx", "fr", "fr"),
        ("", "fr-CA,fr;q=0.9,en;q=0.5", "fr"),
        ("", "de, am;q=0.5", "am"),
        ("", "de", "sw"),
        ("", "*", "sw"),
        ("", "", "sw"),
    ],
)
def test_the_language_is_the_one_asked_for_else_the_browsers_else_the_operators(
    operator_a: Operator, query: str, accepted: str, shown: str
) -> None:
    Operator.objects.filter(pk=operator_a.pk).update(default_language="sw")
    headers = {"Accept-Language": accepted} if accepted else {}
    response = get(query, host="alpha.localhost", **headers)
    direction = "rtl" if shown == "ar" else "ltr"
    assert f'<html lang="{shown}" dir="{direction}">' in response.content.decode()
    assert response["Content-Language"] == shown
    assert "Accept-Language" in response["Vary"]


def test_a_host_of_no_operator_speaks_english_to_a_stranger() -> None:
    assert '<html lang="en" dir="ltr">' in get().content.decode()


def test_the_policy_runs_and_loads_nothing_from_elsewhere_and_nothing_inline() -> None:
    response = get()
    policy = dict(part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'none'"
    assert policy["script-src"] == policy["style-src"] == policy["img-src"] == "'self'"
    assert policy["base-uri"] == policy["form-action"] == policy["frame-ancestors"] == "'none'"
    assert policy["require-trusted-types-for"] == "'script'"
    # A chain's node is the visitor's choice: encrypted, or on the visitor's own machine.
    assert policy["connect-src"] == "'self' https: http://localhost:* http://*.localhost:* http://127.0.0.1:*"
    assert "unsafe" not in response["Content-Security-Policy"]
    assert response["Referrer-Policy"] == "no-referrer"
    page = response.content.decode()
    inline = re.findall(r"<script(?![^>]*\bsrc=)[^>]*>|<style|\sstyle=|\son[a-z]+=", page)
    assert inline == ['<script id="texts" type="application/json">'], "data may stand in the page, scripts may not"


def test_the_page_its_styles_and_its_scripts_name_no_other_address() -> None:
    page = get().content.decode()
    assert all(address.startswith("/static/") for address in re.findall(r'(?:src|href)="([^"]+)"', page))
    for file in (*STATIC.rglob("*.js"), *STATIC.rglob("*.css")):
        own = file.read_text() if file.name != "noble.js" else file.read_text().partition("*/")[2]
        assert set(re.findall(r"\w+://[^\s\"')`]+", own)) == set(), file.name


def test_everything_that_the_page_will_run_is_named_in_it() -> None:
    page = get().content.decode()
    assert {file.stem for file in STATIC.glob("*.js")} - {"noble"} == set(SCRIPTS)
    assert {file.stem for file in (STATIC / "kps1").glob("*.js")} == set(LIBRARY)
    preloaded = set(re.findall(r'<link rel="modulepreload" href="/static/([^"]+)"', page))
    for file in STATIC.rglob("*.js"):
        imported = re.findall(r"(?:\bfrom |\bimport\()'(\.[^']+)'", file.read_text())
        found = {str((file.parent / name).resolve().relative_to(STATIC.parent)) for name in imported}
        assert found <= preloaded, file.name
    assert {f"verify/{name}.js" for name in (*SCRIPTS, "noble")} <= preloaded


def test_the_page_is_small_and_the_curves_wait_behind_it() -> None:
    def weight(*texts: str) -> int:
        return sum(len(gzip.compress(text.encode(), 6)) for text in texts)

    page_scripts = [(STATIC / f"{name}.js").read_text() for name in SCRIPTS]
    assert weight(*page_scripts) <= PAGE_SCRIPTS_MAX
    assert weight(*((STATIC / "kps1" / f"{name}.js").read_text() for name in LIBRARY)) <= LIBRARY_MAX
    assert weight((STATIC / "noble.js").read_text()) <= BUNDLE_MAX
    pages = [get(f"?lang={code}").content.decode() for code in LANGUAGES]
    assert max(map(weight, pages)) <= PAGE_MAX
    # Only the library stands on the curves, and it comes after the page is there.
    waiting = {"folder", "library"}
    at_once = "".join((STATIC / f"{name}.js").read_text() for name in SCRIPTS if name not in waiting)
    assert not re.search(r"from '.*(?:library|folder|noble|evidence|verify|rpc)\.js'", at_once)
    assert "import('./library.js')" in at_once
    assert '/noble.js" fetchpriority="low">' in pages[0]


def test_the_library_knows_no_page() -> None:
    for file in (STATIC / "kps1").glob("*.js"):
        page_only = r"\b(?:window|localStorage|sessionStorage|querySelector|getElementById|addEventListener|location)\b"
        assert not re.search(page_only, file.read_text()), file.name


@pytest.mark.parametrize("file", sorted(STATIC.rglob("*.js")), ids=lambda file: file.name)
def test_modules_are_small(file: Path) -> None:
    if file.name != "noble.js":
        lines = file.read_text().splitlines()
        assert len(lines) <= 200
        assert max(map(len, lines)) <= 120


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_text_that_the_page_names_is_there_in_every_language(language: str) -> None:
    texts = page_texts(language)
    named = set(re.findall(r"\bt\('([a-z_.]+)'", "".join(scripts().values())))
    named |= {"verify.unproven_network", "verify.unproven_none", "verify.unproven_chain", "verify.unproven_local_chain"}
    named |= {f"verify.state_{state}" for state in ("passed", "skipped", "failed")}
    named |= {f"verify_check.{check.id.replace('-', '_')}" for check in CHECKS}
    template = (PLAY / "templates" / "play" / "verify.html").read_text()
    named |= set(re.findall(r"\{\{ text\.([a-z_]+\.[a-z_]+) \}\}", template))
    assert len(named) > 60
    assert {key for key in named if not texts.get(key)} == set()
    assert "{{" not in get(f"?lang={language}").content.decode()


def test_every_error_that_a_document_can_bring_has_a_sentence() -> None:
    vectors = json.loads((PLAY.parent / "fairness" / "vectors" / "documents.json").read_text())
    names = {one["expect"] for one in (*vectors["cases"], *vectors["mutations"])} - {"accept"}
    library = "".join(text for text in scripts().values())
    names |= {name for name in re.findall(r"'([A-Z][A-Za-z]+)'", library) if hasattr(fairness.errors, name)}
    malformed = {kind.__name__ for kind in fairness.errors.MessageMalformed.__subclasses__()}
    assert malformed <= set(re.findall(r"'(\w+)'", (STATIC / "results.js").read_text()))
    for name in names - malformed - NEVER_SHOWN:
        assert f"verify_error.{re.sub('(?<=[a-z])(?=[A-Z])', '_', name).lower()}" in CLIENT_TEXTS, name


def test_every_reason_for_leaving_a_check_open_has_a_sentence() -> None:
    library = "".join(file.read_text() for file in (STATIC / "kps1").glob("*.js"))
    reasons = set(re.findall(r"skipped\('([a-z_]+)'", library)) | {"unrevealed", "void", "betting"}
    chosen = {"signed_only", "no_bls"}  # the command line's options, which the page does not have
    assert {f"verify_skip.{reason}" for reason in reasons - chosen} <= CLIENT_TEXTS.keys()


def test_no_text_of_the_page_is_left_over() -> None:
    own = {key for key in CLIENT_TEXTS if key.startswith("verify")}
    template = (PLAY / "templates" / "play" / "verify.html").read_text()
    everything = template + "".join(scripts().values())
    plain = {key for key in own if key.startswith("verify.")}
    assembled = {key for key in plain if key.split(".")[1].startswith(("state_", "unproven_"))}
    assert {key for key in plain - assembled if key not in everything} == set()
    assert own - plain == {key for key in own if key.startswith(("verify_check.", "verify_skip.", "verify_error."))}


def test_the_players_client_is_not_sent_the_texts_of_this_page(operator_a: Operator) -> None:
    sent = Client().get("/texts/game/en.json", headers={"Host": "alpha.localhost"}).json()
    assert not any(key.startswith("verify") for key in sent)
    assert set(SHARED_TEXTS) <= sent.keys()


def test_no_operator_has_words_of_its_own_on_what_a_check_found(operator_a: Operator) -> None:
    key = "verify_error.numbers_not_by_draw"
    set_text(locale="en", key=key, value="All is well.", operator_id=operator_a.pk, actor="test")
    page = get(host="alpha.localhost").content.decode()
    assert "All is well." not in page
    assert CLIENT_TEXTS[key] in page
