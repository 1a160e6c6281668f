"""The published vectors, for every test that follows them."""

import json
from pathlib import Path
from typing import Any

import pytest

import fairness


@pytest.fixture(scope="session")
def vectors() -> dict[str, Any]:
    """`fairness/vectors/kps1.json`, which verifiers in other languages read too."""
    path = Path(fairness.__file__).parent / "vectors" / "kps1.json"
    loaded: dict[str, Any] = json.loads(path.read_text("ascii"))
    return loaded
