"""What every answer carries, whoever gives it: pages, the API, files, refusals; and what an installation demands."""

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import httpx
import pytest
from django.test import Client
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from operators.models import Operator
from operators.services import issue_key
from tests.docs.snippets import ROOT
from tests.support.production import BY_PROXY, PRODUCTION, in_production
from tests.support.web import Web, web_process

HOST = "alpha.localhost"
YEAR_S = 31_536_000
ASK = """
import json
import django

django.setup()
from django.conf import settings
from django.core import checks
names = (
    "DEBUG SESSION_COOKIE_SECURE CSRF_COOKIE_SECURE SESSION_COOKIE_HTTPONLY SESSION_COOKIE_SAMESITE SESSION_COOKIE_NAME"
    " CSRF_COOKIE_NAME COOKIE_PREFIX SECURE_HSTS_SECONDS SECURE_HSTS_INCLUDE_SUBDOMAINS SECURE_SSL_REDIRECT"
    " SILENCED_SYSTEM_CHECKS X_FRAME_OPTIONS"
).split()
found = checks.run_checks(include_deployment_checks=True)
told = [str(one) for one in found if not one.is_silenced()]
print(json.dumps({"found": told, "settings": {name: getattr(settings, name) for name in names}}))
"""
PAGES = {
    "the client": "/",
    "the page without scripts": "/lite",
    "the lottery's page": "/lottery",
    "the verifier": "/verify",
    "the log-in of staff": "/admin/login/",
    "the API's documentation": "/api/v1/docs",
    "the script of that": "/api/v1/docs?script=",
    "the page of errors": "/api/v1/docs/errors",
    "the API's document": "/api/v1/schema",
    "the sockets' document": "/api/v1/asyncapi.json",
    "a call without a credential": "/api/v1/bets",
    "a call that needs none": "/api/v1/games",
    "the public keys": "/.well-known/keno-keys.json",
    "the state of the process": "/health/live",
    "the state of its parts": "/health/ready",
    "an operator's colours": "/brand.css",
    "texts of the client": "/texts/core/en.json",
    "the service worker": "/sw.js",
    "an address that there is not": "/nothing-here",
    "an address of the API that there is not": "/api/v1/nothing-here",
}
"""One address of each kind. Every one of them is asked of a running web process."""


@pytest.fixture(scope="module")
def web(django_db_setup: None, django_db_blocker: Any, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Web]:
    with (
        django_db_blocker.unblock(),
        web_process(tmp_path_factory.mktemp("web"), **(PRODUCTION | {"KENO_DB_POOL_SIZE": "2"})) as running,
    ):
        yield running


def ask(web: Web, path: str, *, method: str = "GET", **headers: str) -> httpx.Response:
    host = "keno.example" if path.startswith("/admin/") else HOST
    sent = {"Host": host, **BY_PROXY, **{name.replace("_", "-"): value for name, value in headers.items()}}
    return httpx.request(method, web.address + path, headers=sent, timeout=20)


def directives(response: httpx.Response) -> dict[str, str]:
    parts = (part.strip().partition(" ") for part in response.headers["content-security-policy"].split(";"))
    return {name: value for name, _, value in parts}


@cache
def asked_in_production() -> dict[str, Any]:
    """What Django's check finds there, and some settings."""
    told: dict[str, Any] = in_production(ASK)
    return told


def settings_in_production() -> dict[str, Any]:
    found: dict[str, Any] = asked_in_production()["settings"]
    return found


def test_djangos_own_check_of_a_deployment_finds_nothing() -> None:
    assert asked_in_production()["found"] == []


def test_that_check_would_have_found_something() -> None:
    """Control: the same check of an installation without TLS."""
    told = in_production(ASK, KENO_BASE_URL="http://keno.example", KENO_ACCEPTED_RISKS="open-database,plain-http")
    assert {"security.W004", "security.W008", "security.W012", "security.W016"} <= set(
        re.findall(r"security\.W\d+", " ".join(told["found"]))
    )


def test_only_the_list_that_browsers_ship_is_left_to_each_operator() -> None:
    assert settings_in_production()["SILENCED_SYSTEM_CHECKS"] == ["security.W021"]
    assert settings_in_production()["DEBUG"] is False


def test_cookies_are_sent_over_tls_only_to_this_host_alone_and_shown_to_no_script() -> None:
    found = settings_in_production()
    assert found["SESSION_COOKIE_SECURE"] is found["CSRF_COOKIE_SECURE"] is found["SESSION_COOKIE_HTTPONLY"] is True
    assert found["SESSION_COOKIE_NAME"].startswith("__Host-")
    assert found["CSRF_COOKIE_NAME"].startswith("__Host-")
    assert found["COOKIE_PREFIX"] == "__Secure-"
    assert found["SESSION_COOKIE_SAMESITE"] == "Lax"


@pytest.mark.parametrize("kind", sorted(PAGES))
def test_every_kind_of_answer_forbids_sniffing_framing_and_unencrypted_ways(web: Web, kind: str) -> None:
    answer = ask(web, PAGES[kind])
    assert answer.status_code in (200, 401, 404, 503), answer.text[:300]
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["strict-transport-security"] == f"max-age={YEAR_S}; includeSubDomains"
    assert answer.headers["referrer-policy"] in ("same-origin", "no-referrer")
    policy = directives(answer)
    assert policy["default-src"] in ("'none'", "'self'")
    assert policy.get("base-uri", "'none'") == "'none'"
    if kind == "the service worker":  # it frames nothing and is no page
        return
    assert policy["frame-ancestors"] == "'none'"
    assert policy.get("object-src", policy["default-src"]) == "'none'"


@pytest.mark.parametrize("kind", sorted(PAGES))
def test_no_answer_lets_a_script_stand_in_a_page_or_come_from_elsewhere(web: Web, kind: str) -> None:
    policy = directives(ask(web, PAGES[kind]))
    scripts = policy.get("script-src", policy["default-src"])
    assert "'unsafe-inline'" not in scripts
    assert not {"*", "http:", "https:", "data:", "blob:"} & set(scripts.split())
    assert not re.search(r"https?://", scripts)


def test_a_placement_that_goes_past_djangos_handling_carries_the_same(web: Web) -> None:
    answer = ask(web, "/api/v1/bets", method="POST", Content_Type="application/json")
    assert answer.status_code == 401
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["strict-transport-security"] == f"max-age={YEAR_S}; includeSubDomains"
    assert directives(answer)["frame-ancestors"] == "'none'"


def test_no_answer_tells_what_it_is_made_with(web: Web) -> None:
    for path in PAGES.values():
        told = ask(web, path).headers
        assert not {"x-powered-by", "x-aspnet-version"} & set(told)
        assert "django" not in told.get("server", "").lower()


def test_no_other_site_may_read_an_answer(web: Web) -> None:
    for path in ("/api/v1/games", "/api/v1/bets", "/admin/login/", "/"):
        answer = ask(web, path, Origin="https://elsewhere.example")
        assert "access-control-allow-origin" not in answer.headers


def test_a_page_that_was_asked_for_in_the_clear_leads_to_its_encrypted_address(web: Web) -> None:
    for path in ("/", "/admin/login/", "/verify"):
        answer = ask(web, path, X_Forwarded_Proto="http")
        assert answer.status_code == 301
        assert answer.headers["location"] in (f"https://{HOST}{path}", f"https://keno.example{path}")


@pytest.mark.parametrize(("method", "path"), [("GET", "/api/v1/games"), ("POST", "/api/v1/bets"), ("GET", "/api/v1/x")])
def test_a_call_in_the_clear_is_refused_and_led_nowhere(web: Web, method: str, path: str) -> None:
    answer = ask(web, path, method=method, X_Forwarded_Proto="http", Authorization="Bearer ko_disclosed-by-this")
    assert answer.status_code == 400
    assert "location" not in answer.headers
    told = answer.json()
    assert told["code"] == "malformed_request"
    assert "https://" in told["detail"]
    assert told["request_id"] == answer.headers["x-request-id"]


def test_a_socket_in_the_clear_is_not_opened(web: Web) -> None:
    place = web.address.replace("http://", "ws://") + "/ws/v1/player"
    with pytest.raises(InvalidStatus) as refused:
        connect(place, additional_headers={"X-Forwarded-Proto": "http"}, origin="https://keno.example").close()  # type: ignore[arg-type]
    assert refused.value.response.status_code == 403


def test_what_machines_ask_inside_needs_no_detour(web: Web) -> None:
    for path in ("/health/live", "/.well-known/keno-keys.json"):
        assert ask(web, path, X_Forwarded_Proto="http").status_code == 200


def test_a_method_that_echoes_is_not_answered(web: Web) -> None:
    for path in ("/", "/api/v1/games", "/api/v1/bets", "/admin/login/"):
        answer = ask(web, path, method="TRACE", Authorization="Bearer ko_echo-me")
        assert answer.status_code in (401, 405), path
        assert "echo-me" not in answer.text


def test_a_host_that_is_not_ours_gets_nothing_of_ours(web: Web) -> None:
    answer = ask(web, "/admin/login/", Host="elsewhere.example")
    assert answer.status_code == 400
    assert "elsewhere.example" not in answer.text


def test_a_file_comes_as_a_file_under_a_name_that_we_made(committed: None, operator_a: Operator) -> None:
    _, key = issue_key(operator=operator_a, label="downloads", actor="test")
    period = "from=2026-11-01T00:00:00Z&to=2026-11-02T00:00:00Z"
    answer = Client().get(f"/api/v1/reports/turnover.csv?{period}", headers={"Authorization": f"Bearer {key}"})
    assert answer.status_code == 200, answer.content[:300]
    assert answer["Content-Disposition"] == 'attachment; filename="turnover-20261101-20261102.csv"'
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["Content-Security-Policy"].startswith("default-src 'none'")


def test_staff_come_in_by_the_houses_own_host_alone(web: Web) -> None:
    assert ask(web, "/admin/login/").status_code == 200
    for path in ("/admin/login/", "/admin/", "/admin/rounds/round/"):
        assert ask(web, path, Host=HOST).status_code == 404


def test_directories_and_the_projects_own_files_are_not_served(web: Web) -> None:
    for path in ("/static/", "/static/play/", "/.git/config", "/manage.py", "/static/../manage.py", "/.env"):
        assert ask(web, path).status_code == 404, path


def test_no_code_of_ours_runs_text_as_code() -> None:
    """Neither Python's nor the browser's."""
    listed = subprocess.run(
        ["git", "ls-files", "*.py", "*.ts", "*.js"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = []
    for name in listed.stdout.splitlines():
        if name.startswith(("tests/", "bench/", "contracts/", "examples/")) or not Path(ROOT, name).exists():
            continue
        text = Path(ROOT, name).read_text(encoding="utf-8")
        if re.search(
            r"(?<![\w.])(eval|exec|new Function|Template|from_string|pickle\.loads?|yaml\.load|os\.system)\s*\(", text
        ):
            found.append(name)
    assert found == []


def test_a_wrong_environment_says_nothing_of_what_it_is() -> None:
    """A start that is refused goes to a log."""
    done = subprocess.run(
        [sys.executable, "manage.py", "check"],
        cwd=ROOT,
        env={
            "PATH": "/usr/bin:/bin",
            "DATABASE_URL": "postgresql://k:hunter22@db/x",
            "REDIS_URL": "redis://:hunter23@r/0",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert "hunter" not in json.dumps([done.stdout, done.stderr])
