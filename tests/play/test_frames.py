"""Who may show the client in a frame: the origins that the operator names, by the page's policy, and nobody else."""

from typing import Any

import pytest
from django.test import Client

from operators.models import Operator

pytestmark = pytest.mark.django_db
CASINO = "https://casino.example"


def get(path: str) -> Any:
    return Client().get(path, headers={"Host": "alpha.localhost"})


def allow(operator: Operator, *origins: str) -> None:
    Operator.objects.filter(pk=operator.pk).update(frame_ancestors=list(origins))


def ancestors_of(response: Any) -> str:
    policy: dict[str, str] = dict(part.strip().split(" ", 1) for part in response["Content-Security-Policy"].split(";"))
    return policy["frame-ancestors"]


def test_without_a_word_of_the_operator_nobody_may() -> None:
    response = get("/")
    assert ancestors_of(response) == "'none'"
    assert response["X-Frame-Options"] == "DENY"
    assert 'data-ancestors=""' in response.content.decode()


def test_origins_that_the_operator_names_may_and_the_header_that_cannot_name_them_is_gone(operator_a: Operator) -> None:
    allow(operator_a, CASINO, "http://127.0.0.1:9100")
    response = get("/")
    assert ancestors_of(response) == f"{CASINO} http://127.0.0.1:9100"
    assert "X-Frame-Options" not in response
    assert f'data-ancestors="{CASINO} http://127.0.0.1:9100"' in response.content.decode()


def test_one_operators_origins_are_not_anothers(operator_a: Operator, operator_b: Operator) -> None:
    allow(operator_a, CASINO)
    response = Client().get("/", headers={"Host": "beta.localhost"})
    assert ancestors_of(response) == "'none'"
    assert response["X-Frame-Options"] == "DENY"


@pytest.mark.parametrize("path", ["/verify", "/admin/login/", "/api/v1/docs"])
def test_every_other_page_stays_out_of_frames(operator_a: Operator, path: str) -> None:
    allow(operator_a, CASINO)
    response = get(path)
    assert response.status_code == 200
    assert response["X-Frame-Options"] == "DENY"
    assert CASINO not in response.get("Content-Security-Policy", "")


@pytest.mark.parametrize(
    "origin", ["*", "https:", "'self'", "https://a.example; script-src *", "https://*.example", "data:", "https://a/b"]
)
def test_what_is_no_plain_origin_never_reaches_the_policy(operator_a: Operator, origin: str) -> None:
    allow(operator_a, origin)
    response = get("/")
    assert ancestors_of(response) == "'none'"
    assert response["X-Frame-Options"] == "DENY"
    allow(operator_a, origin, CASINO)
    assert ancestors_of(get("/")) == CASINO


def test_the_client_sets_no_cookie_so_that_a_browser_that_blocks_them_changes_nothing(operator_a: Operator) -> None:
    allow(operator_a, CASINO)
    client = Client()
    for path in ("/", "/brand.css", "/texts/game/en.json"):
        assert not client.get(path, headers={"Host": "alpha.localhost"}).cookies
    body = {"launch_token": "alpha.x"}
    assert not client.post("/api/v1/sessions/enter", body, content_type="application/json").cookies
