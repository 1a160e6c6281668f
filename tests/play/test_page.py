"""The player's page: the operator's own on its own domain, small, and nothing in it from anywhere else."""

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from operators.models import Operator
from play.building import DIRECTORY, read_build
from play.colors import DARK_PAGE, DARK_SURFACE, LIGHT_PAGE, LIGHT_SURFACE

pytestmark = pytest.mark.django_db
STATIC = Path(__file__).resolve().parents[2] / "play" / "static" / "play"
CLIENT = Path(__file__).resolve().parents[2] / "play" / "client" / "src"


def get(path: str, host: str = "alpha.localhost", **extra: Any) -> Any:
    return Client().get(path, headers={"Host": host}, **extra)


def resources(page: str) -> list[str]:
    """What the page has the browser fetch."""
    tags = re.findall(r"<(?:link|script|img)\b[^>]*>", page)
    return [found[1] for tag in tags if (found := re.search(r'(?:href|src)="([^"]+)"', tag))]


def change(operator: Operator, **fields: Any) -> None:
    Operator.objects.filter(pk=operator.pk).update(**fields)


@pytest.mark.parametrize("slug", ["alpha", "beta"])
def test_each_domain_shows_its_own_operator(slug: str) -> None:
    page = get("/", f"{slug}.localhost:8000").content.decode()
    assert f"<title>{slug.title()}</title>" in page
    assert f'data-operator="{slug}"' in page


@pytest.mark.parametrize("path", ["/", "/brand.css", "/texts/game/en.json"])
def test_a_host_that_no_operator_has_is_not_found(path: str) -> None:
    assert get(path, "nobody.localhost").status_code == 404


@pytest.mark.parametrize("path", ["/texts/game/xx.json", "/texts/game/zz-zz.json"])
def test_a_language_that_is_not_offered_is_not_found(path: str) -> None:
    assert get(path).status_code == 404


def test_the_page_is_in_the_operators_language_whatever_the_browser_asks_for(operator_a: Operator) -> None:
    change(operator_a, default_language="ar")
    response = Client().get("/", headers={"Host": "alpha.localhost", "Accept-Language": "fr"})
    page = response.content.decode()
    assert '<html lang="ar" dir="rtl"' in page
    assert response["Content-Language"] == "ar"
    texts = get("/texts/game/ar.json").json()
    assert f'<p class="door" id="loading">{texts["page.loading"]}</p>' in page


def test_an_operators_name_cannot_become_markup(operator_a: Operator) -> None:
    change(operator_a, name='"><script>alert(1)</script>')
    assert "<script>alert" not in get("/").content.decode()


def test_the_policy_lets_nothing_in_from_elsewhere_and_nothing_inline() -> None:
    response = get("/", "alpha.localhost:8000")
    policy = dict(part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == "'self'"
    assert policy["connect-src"] == "'self' ws://alpha.localhost:8000 wss://alpha.localhost:8000"
    assert policy["img-src"] == "'self'"
    assert policy["frame-ancestors"] == policy["base-uri"] == policy["form-action"] == "'none'"
    assert "unsafe" not in response["Content-Security-Policy"]
    page = response.content.decode()
    assert re.findall(r"<script(?![^>]*\bsrc=)|<style|\sstyle=|\son[a-z]+=", page) == []


def test_the_page_its_styles_and_its_scripts_name_no_other_address() -> None:
    page = get("/").content.decode()
    assert all(address.startswith("/") and not address.startswith("//") for address in resources(page))
    files = [file for file in (*STATIC.glob("*.svg"), *DIRECTORY.iterdir()) if file.suffix in (".svg", ".js", ".css")]
    assert len(files) > 10
    for file in files:
        found = set(re.findall(r"\w+://[^\s\"'`)]+", file.read_text()))
        assert {address for address in found if not address.startswith("http://www.w3.org/")} == set(), file.name


def test_the_launch_token_in_the_address_is_told_to_nobody() -> None:
    response = get("/?launch=alpha.secret")
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "no-store"
    # Only the ways to the page without scripts, on this same host, go on with it.
    assert response.content.count(b"secret") == response.content.count(b"/lite?launch=alpha.secret")


@pytest.mark.parametrize(
    ("logo", "shown", "sources"),
    [
        ("/static/play/atlas.svg", "/static/play/atlas.svg", "'self'"),
        ("https://cdn.example.com/a.svg", "https://cdn.example.com/a.svg", "'self' https://cdn.example.com"),
        ("http://cdn.example.com/a.svg", "/static/play/keno.svg", "'self'"),
        ("//cdn.example.com/a.svg", "/static/play/keno.svg", "'self'"),
        ("https://a.example; script-src *", "/static/play/keno.svg", "'self'"),
        ("https://user@a.example/a.svg", "/static/play/keno.svg", "'self'"),
        ("javascript:alert(1)", "/static/play/keno.svg", "'self'"),
        ("", "/static/play/keno.svg", "'self'"),
    ],
)
def test_a_logo_is_shown_from_here_or_from_one_https_server(
    operator_a: Operator, logo: str, shown: str, sources: str
) -> None:
    change(operator_a, logo_url=logo)
    response = get("/")
    assert f'class="logo" src="{shown}"' in response.content.decode()
    assert f"img-src {sources};" in response["Content-Security-Policy"]


def test_the_brand_sheet_carries_the_operators_colors(operator_a: Operator) -> None:
    change(operator_a, primary_color="#FFD000")
    sheet = get("/brand.css")
    assert sheet["Content-Type"] == "text/css"
    assert "--brand:#ffd000;--on-brand:#000000" in sheet.content.decode()


def test_the_colors_that_contrast_is_reckoned_against_are_those_of_the_style_sheet() -> None:
    light, dark = (CLIENT / "styles" / "base.css").read_text().split("prefers-color-scheme: dark", 1)
    assert f"--page: {LIGHT_PAGE};" in light
    assert LIGHT_SURFACE == "#ffffff"
    assert "--surface: #fff;" in light
    assert f"--page: {DARK_PAGE};" in dark
    assert f"--surface: {DARK_SURFACE};" in dark


def test_everything_that_the_game_begins_with_is_named_in_the_page_so_that_nothing_waits_for_another() -> None:
    page, build = get("/").content.decode(), read_build()
    assert f'<script type="module" src="{build.script}"></script>' in page
    assert all(f'<link rel="modulepreload" href="{file}">' in page for file in build.imports)
    assert all(f'<link rel="stylesheet" href="{sheet}">' in page for sheet in build.styles)
    assert len(build.imports) >= 1
    assert len(build.styles) == 1


def test_the_service_worker_keeps_nothing_of_a_player() -> None:
    response = get("/sw.js")
    assert (response["Content-Type"], response["Cache-Control"]) == ("text/javascript", "no-cache")
    script = response.content.decode()
    assert read_build().script in script
    assert "/api/" not in script
    assert not any(left in script for left in ("{{", "{%", "&#"))


def test_a_browser_that_asks_for_an_icon_by_itself_is_led_to_ours() -> None:
    response = get("/favicon.ico")
    assert (response.status_code, response["Location"]) == (302, "/static/play/keno.svg")


def test_the_door_to_the_demo_is_only_in_a_demo(settings: Any) -> None:
    settings.DEMO = False
    assert b" data-demo" not in get("/").content
    settings.DEMO = True
    assert b" data-demo" in get("/").content


@pytest.mark.parametrize("path", ["/", "/brand.css", "/favicon.ico", "/texts/game/en.json"])
def test_the_page_is_only_read(path: str) -> None:
    assert Client().post(path, headers={"Host": "alpha.localhost"}).status_code in (403, 405)
