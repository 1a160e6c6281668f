"""A reference operator for each module, with keys that it fetches from a server of the tests."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.examples.baobab import Operator, running
from tests.sdk.conftest import scripted
from tests.sdk.signed import House


@pytest.fixture(scope="module")
def operator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operator]:
    house = House()
    with scripted() as keys:
        keys.says(200, house.well_known())
        with running(tmp_path_factory.mktemp("baobab"), house=house, keys_url=keys.url) as one:
            yield one


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path
