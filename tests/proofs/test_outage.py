"""`make outage`: the demo plays for MINUTES (10) while its chain's node is stopped; then the node comes back."""

import json
import os

import pytest

from tests.support.installation import installation
from tests.support.outage import Outage, check

MINUTES = float(os.environ.get("MINUTES", "10"))


@pytest.mark.proof
def test_rounds_go_on_without_the_chain_and_every_root_gets_there_once() -> None:
    with installation() as front:
        front.wait_for_next_round(patience_s=60)
        outage = Outage(front)
        outage.play_without_the_chain(MINUTES * 60)
        print(json.dumps(check(outage), indent=2))
