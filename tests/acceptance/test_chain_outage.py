"""The chain's node is stopped for a while in a running installation; `make outage` does the same for ten minutes."""

import pytest

from tests.support.installation import installation
from tests.support.outage import Outage, check

BRIEF = {"KENO_EPOCH_SECONDS": "30", "KENO_EPOCH_LEAD_SECONDS": "12", "KENO_RESULTS_SECONDS": "5"}


@pytest.mark.proof
def test_rounds_go_on_without_the_chain_and_every_root_gets_there_once() -> None:
    with installation(**BRIEF) as front:
        front.wait_for_next_round(patience_s=60)
        outage = Outage(front)
        outage.play_without_the_chain(75)
        print(check(outage))
