"""Long answers go compressed to whoever takes them so; short ones of the API do not pay for it."""

import gzip
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client

from keno_platform.http.middleware import LONG
from rounds.services.games import create_game
from tests.support.bets import backend

pytestmark = pytest.mark.django_db


def get(path: str, secret: str, **headers: str) -> Any:
    return Client().get(path, headers={"Authorization": f"Bearer {secret}", **headers})


def test_a_list_of_many_games_goes_compressed_to_a_browser(operator_a: Any, unique: Callable[[str], str]) -> None:
    for _ in range(25):
        create_game(code=unique("listed"), name="Listed", interval_seconds=10, betting_seconds=7)
    secret = backend(operator_a).secret
    plain = get("/api/v1/games", secret)
    packed = get("/api/v1/games", secret, **{"Accept-Encoding": "gzip"})
    assert len(plain.content) >= LONG
    assert packed["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.content) == plain.content
    assert len(packed.content) < len(plain.content) / 4


def test_a_short_answer_of_the_api_stays_as_it_is(operator_a: Any) -> None:
    answer = get("/api/v1/paytables/active", backend(operator_a).secret, **{"Accept-Encoding": "gzip"})
    assert len(answer.content) < LONG
    assert "Content-Encoding" not in answer
