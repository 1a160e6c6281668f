"""A seamless operator with its wallet, for all tests of this folder."""

from collections.abc import Iterator
from typing import Any

import pytest

from operators.models import Operator
from operators.selectors import get_operator
from tests.support.fixtures import listening, standing_game, standing_rounds
from tests.support.seamless import Sandbox, free_port, new_seamless_operator

__all__ = ["listening", "standing_game", "standing_rounds"]


@pytest.fixture(scope="session")
def sandbox(django_db_setup: None, django_db_blocker: Any) -> Iterator[Sandbox]:
    """The wallet of the operator `gamma`."""
    port = free_port()
    with django_db_blocker.unblock():
        _, secret = new_seamless_operator("gamma", url=f"http://127.0.0.1:{port}")
    wallet = Sandbox(port, "--hmac-secret", secret, "--late-s", "2.5", "--hold-s", "2.5", "--drip-s", "0.3")
    wallet.start()
    yield wallet
    wallet.stop()


@pytest.fixture
def gamma(sandbox: Sandbox) -> Operator:
    """The seamless operator, as it is now. Needs `db` or `committed`."""
    return get_operator(slug="gamma")
