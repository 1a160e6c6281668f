"""A chain for each test, settings that point to it, and roots to send there."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from anchors.models import Contract, Root
from tests.anchors import steps
from tests.support.anvil import PUBLISHER_KEY, Anvil
from tests.support.cutting_proxy import CuttingProxy, cutting_proxy


@pytest.fixture
def anvil(tmp_path: Path) -> Iterator[Anvil]:
    """A chain that makes a block for each transaction."""
    chain = Anvil(tmp_path)
    try:
        yield chain.start()
    finally:
        chain.stop()


@pytest.fixture
def clean(committed: None) -> Iterator[None]:
    """No contract in use, no alarm and no lease, before and after; and whatever happened, every invariant holds."""
    steps.clear()
    yield
    assert steps.broken_invariants() == {}
    steps.clear()


@pytest.fixture
def chain(anvil: Anvil, clean: None, settings: Any) -> Anvil:
    """The test's own chain, which the platform is told of; nothing is deployed."""
    settings.CHAIN_URL = anvil.url
    settings.CHAIN_KEY = PUBLISHER_KEY
    settings.CHAIN_CONTRACT = ""
    settings.CHAIN_DEPLOY = False
    settings.CHAIN_CONFIRMATIONS = 1
    settings.CHAIN_MAX_FEE_GWEI = 100
    settings.CHAIN_PATIENCE_SECONDS = 120
    settings.CHAIN_BALANCE_MIN_GWEI = 10_000_000
    return anvil


@pytest.fixture
def contract(chain: Anvil) -> Contract:
    """A contract on the test's chain that goes on after the roots of earlier tests; its deployment is final."""
    return steps.deploy_here()


@pytest.fixture
def proxy(chain: Anvil, contract: Contract, settings: Any) -> Iterator[CuttingProxy]:
    """A line to the test's chain that can be cut."""
    with cutting_proxy(chain.url) as between:
        settings.CHAIN_URL = between.url
        yield between


@pytest.fixture
def roots() -> Callable[[int], list[Root]]:
    """Registers so many new roots."""
    return steps.register
