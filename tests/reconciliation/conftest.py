"""An operator on the seamless wallet and one on the transfer wallet, each with books of this module's own."""

from typing import Any
from uuid import uuid4

import pytest

from operators.models import Operator, WalletMode
from operators.services import OperatorTerms, create_operator
from tests.support.fixtures import standing_game, standing_rounds

__all__ = ["standing_game", "standing_rounds"]


def make(mode: WalletMode) -> Operator:
    """An operator without any history."""
    slug = f"rec-{uuid4().hex[:10]}"
    terms = OperatorTerms(
        slug=slug,
        name=slug.title(),
        currency_code="KES",
        domain=f"{slug}.localhost",
        min_bet=100,
        max_bet=100_000,
        max_win_per_ticket=1_000_000_000,
    )
    operator, _ = create_operator(terms=terms)
    Operator.objects.filter(pk=operator.pk).update(wallet_mode=mode)
    operator.refresh_from_db()
    return operator


@pytest.fixture(scope="module")
def seamless(django_db_setup: None, django_db_blocker: Any) -> Operator:
    with django_db_blocker.unblock():
        return make(WalletMode.SEAMLESS)


@pytest.fixture(scope="module")
def transfer(django_db_setup: None, django_db_blocker: Any) -> Operator:
    with django_db_blocker.unblock():
        return make(WalletMode.TRANSFER)
