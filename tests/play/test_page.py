"""The player's page: the operator's own on its own domain, small, and nothing in it from anywhere else."""

import gzip
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.contrib.staticfiles import finders
from django.test import Client

from operators.models import Operator
from play.colors import DARK_PAGE, DARK_SURFACE, LIGHT_PAGE, LIGHT_SURFACE
from play.views import MODULES

pytestmark = pytest.mark.django_db
STATIC = Path(__file__).resolve().parents[2] / "play" / "static" / "play"
FIRST_LOAD_MAX = 25_600


def get(path: str, host: str = "alpha.localhost", **extra: Any) -> Any:
    return Client().get(path, headers={"Host": host}, **extra)


def body(path: str) -> bytes:
    """What an address weighs: a file that is served as it is, or an answer."""
    if path.startswith(settings.STATIC_URL):
        found = finders.find(path.removeprefix(settings.STATIC_URL))
        assert found, path
        return Path(found).read_bytes()
    response = get(path)
    assert response.status_code == 200, path
    return bytes(response.content)


def resources(page: str) -> list[str]:
    """What the page has the browser fetch."""
    tags = re.findall(r"<(?:link|script|img)\b[^>]*>", page)
    return [found[1] for tag in tags if (found := re.search(r'(?:href|src)="([^"]+)"', tag))]


def change(operator: Operator, **fields: Any) -> None:
    Operator.objects.filter(pk=operator.pk).update(**fields)


@pytest.mark.parametrize(("slug", "currency", "smallest"), [("alpha", "KES", "1.00"), ("beta", "XOF", "1")])
def test_each_domain_shows_its_own_operator(slug: str, currency: str, smallest: str) -> None:
    page = get("/", f"{slug}.localhost:8000").content.decode()
    assert f"<title>{slug.title()}</title>" in page
    assert f'data-operator="{slug}"' in page
    assert f'data-currency="{currency}"' in page
    assert f'data-min="{smallest}"' in page


@pytest.mark.parametrize("path", ["/", "/brand.css", "/texts/en.json"])
def test_a_host_that_no_operator_has_is_not_found(path: str) -> None:
    assert get(path, "nobody.localhost").status_code == 404


@pytest.mark.parametrize("path", ["/texts/xx.json", "/texts/zz-zz.json"])
def test_a_language_that_is_not_offered_is_not_found(path: str) -> None:
    assert get(path).status_code == 404


def test_the_page_is_in_the_operators_language_whatever_the_browser_asks_for(operator_a: Operator) -> None:
    change(operator_a, default_language="ar")
    response = Client().get("/", headers={"Host": "alpha.localhost", "Accept-Language": "fr"})
    page = response.content.decode()
    assert '<html lang="ar" dir="rtl"' in page
    assert response["Content-Language"] == "ar"
    texts = get("/texts/ar.json").json()
    assert f'data-text="slip.stake">{texts["slip.stake"]}<' in page


@pytest.mark.parametrize("language", [code for code, _ in settings.LANGUAGES])
def test_every_text_that_the_page_names_exists_in_every_language(language: str) -> None:
    texts = get(f"/texts/{language}.json").json()
    page = get("/").content.decode()
    named = set(re.findall(r'data-(?:text|label)="([a-z_.]+)"', page))
    scripts = "".join((STATIC / f"{module}.js").read_text() for module in MODULES)
    named |= set(re.findall(r"\bt\('([a-z_]+\.[a-z_]+)'", scripts))
    named |= set(re.findall(r"(?:text|ready|sending|accepted|unknown): '([a-z_]+\.[a-z_]+)'", scripts))
    assert len(named) > 40
    assert {key for key in named if not texts.get(key)} == set()
    assert {key for key in texts if re.match(r"board\.number(_|$)", key)} >= {
        "board.number",
        "board.number_chosen",
        "board.number_drawn",
        "board.number_hit",
    }


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
    for file in STATIC.iterdir():
        found = set(re.findall(r"\w+://[^\s\"')]+", file.read_text())) - {"http://www.w3.org/2000/svg"}
        assert found == set(), file.name


def test_the_launch_token_in_the_address_is_told_to_nobody() -> None:
    response = get("/?launch=alpha.secret")
    assert response["Referrer-Policy"] == "no-referrer"
    assert response["Cache-Control"] == "no-store"
    assert b"secret" not in response.content


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
    light, dark = (STATIC / "client.css").read_text().split("prefers-color-scheme: dark", 1)
    assert f"--page: {LIGHT_PAGE};" in light
    assert LIGHT_SURFACE == "#ffffff"
    assert "--surface: #fff;" in light
    assert f"--page: {DARK_PAGE};" in dark
    assert f"--surface: {DARK_SURFACE};" in dark


def test_every_module_is_named_in_the_page_so_that_none_waits_for_another() -> None:
    assert {file.stem for file in STATIC.glob("*.js")} == set(MODULES)
    page = get("/").content.decode()
    for module in MODULES:
        assert f'<link rel="modulepreload" href="/static/play/{module}.js">' in page
        imported = re.findall(r"from '([^']+)'", (STATIC / f"{module}.js").read_text())
        assert {name for name in imported if name.removeprefix("./").removesuffix(".js") not in MODULES} == set()


def test_everything_of_the_first_load_weighs_at_most_25_kib() -> None:
    page = get("/").content.decode()
    addresses = {urlsplit(address).path for address in resources(page)}
    assert addresses >= {"/brand.css", "/static/play/client.css", "/static/play/main.js"}
    weights = {address: len(gzip.compress(body(address), 6)) for address in {"/", *addresses}}
    texts = [len(gzip.compress(body(f"/texts/{code}.json"), 6)) for code, _ in settings.LANGUAGES]
    assert sum(weights.values()) + max(texts) <= FIRST_LOAD_MAX, (weights, texts)


@pytest.mark.parametrize("file", sorted(STATIC.glob("*.js")), ids=lambda file: file.name)
def test_modules_are_small(file: Path) -> None:
    assert len(file.read_text().splitlines()) <= 200


def test_the_door_to_the_demo_is_only_in_a_demo(settings: Any) -> None:
    settings.DEMO = False
    assert b'href="/demo"' not in get("/").content
    settings.DEMO = True
    assert b'href="/demo"' in get("/").content


@pytest.mark.parametrize("path", ["/", "/brand.css", "/texts/en.json"])
def test_the_page_is_only_read(path: str) -> None:
    assert Client().post(path, headers={"Host": "alpha.localhost"}).status_code in (403, 405)
