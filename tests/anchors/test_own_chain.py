"""The chain that comes with the platform takes roots as any other does, and loses none."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from anchors.models import Contract
from anchors.selectors import anchored
from anchors.services.sending import anchor_until_done
from keno_platform.local import children, ethereum, ports
from keno_platform.local.ethereum import ChainNode
from tests.anchors.steps import Roots, alarms, deploy_here, told
from tests.support.anvil import PUBLISHER_KEY, Anvil


@pytest.fixture
def node(clean: None, tmp_path: Path, settings: Any) -> ChainNode:
    """A chain of the platform's own, which is not running yet."""
    made = ethereum.prepare(home=tmp_path / "chain", port=ports.find_free(), key=PUBLISHER_KEY)
    settings.CHAIN_URL, settings.CHAIN_KEY, settings.CHAIN_CONTRACT = made.url, PUBLISHER_KEY, ""
    settings.CHAIN_DEPLOY, settings.CHAIN_CONFIRMATIONS = True, 1
    return made


@contextmanager
def running(node: ChainNode, *, end: str) -> Iterator[Anvil]:
    """The running node, for the same questions as anvil."""
    log = node.home / "log"
    with log.open("ab") as output:
        process = children.start(node.command(), output=output)
    try:
        alive = process.poll
        children.wait_until(
            lambda: ethereum.answers(node), what="the chain", alive=lambda: alive() is None, log=log, patience_s=30
        )
        yield Anvil(node.home, port=node.port)
    finally:
        if end == "kill":
            process.kill()
        children.stop(process)
        process.wait()


def test_roots_stand_on_it_and_still_do_after_it_was_killed(node: ChainNode, roots: Roots) -> None:
    with running(node, end="kill"):
        contract: Contract = deploy_here()
        first = roots(3)
        assert anchor_until_done(seconds=30)
    with running(node, end="stop") as chain:
        more = roots(2)
        assert anchor_until_done(seconds=30)
        assert chain.anchored(contract.address) == told([*first, *more])
        for root in (*first, *more):
            one = anchored([root.seq])[root.seq]
            receipt = chain.ask("eth_getTransactionReceipt", one.transaction)
            block = chain.ask("eth_getBlockByHash", one.block_hash, False)
            assert (receipt["blockHash"], int(block["timestamp"], 16)) == (one.block_hash, one.block_time)
    assert alarms() == set()
