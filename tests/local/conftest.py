"""A directory for servers and a home in it, both gone after the test."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from keno_platform.local import leftovers
from keno_platform.local.home import Home
from keno_platform.local.testing import temporary_home


@pytest.fixture
def directory() -> Iterator[Path]:
    with temporary_home() as path:
        yield path


@pytest.fixture
def home(directory: Path) -> Iterator[Home]:
    made = Home(directory)
    made.make()
    yield made
    leftovers.stop(made)
