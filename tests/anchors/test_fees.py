"""What is paid: fees that follow the chain, rise when a transaction waits too long, and stop at the cap."""

from typing import Any

from anchors.models import Alarm, Contract
from anchors.services.sending import send
from tests.anchors.steps import Roots, alarms, life, of, only, told
from tests.support.anvil import PUBLISHER, Anvil
from tests.support.cutting_proxy import CuttingProxy

GWEI = 10**9


def base_fee(chain: Anvil, gwei: int) -> None:
    chain.ask("anvil_setNextBlockBaseFeePerGas", hex(gwei * GWEI))


def test_an_underpriced_transaction_is_replaced_by_one_that_pays_more(
    chain: Anvil, contract: Contract, settings: Any, roots: Roots
) -> None:
    chain.hold_blocks()
    [root] = roots(1)
    send()
    base_fee(chain, 20)
    chain.mine()
    assert chain.anchored(contract.address) == []
    send()
    assert only(root).status == "broadcast"  # it has not waited long yet
    settings.CHAIN_PATIENCE_SECONDS = 0
    send()
    old, new = of(root)
    assert (old.status, new.status) == ("replaced", "broadcast")
    assert (new.nonce, new.replaces_id) == (old.nonce, old.pk)
    assert new.max_fee_wei >= old.max_fee_wei * 1.125
    assert new.priority_fee_wei >= old.priority_fee_wei * 1.125
    assert 20 * GWEI < new.max_fee_wei <= 100 * GWEI
    settings.CHAIN_PATIENCE_SECONDS = 120
    chain.mine()
    send()
    assert [one.status for one in of(root)] == ["replaced", "final"]
    assert chain.anchored(contract.address) == told([root])


def test_behind_the_first_that_is_replaced_the_others_go_on(
    chain: Anvil, contract: Contract, settings: Any, roots: Roots
) -> None:
    chain.hold_blocks()
    own = roots(3)
    send()
    base_fee(chain, 20)
    chain.mine()
    settings.CHAIN_PATIENCE_SECONDS = 0
    for _ in range(6):
        send()
        chain.mine()
    send()
    assert chain.anchored(contract.address) == told(own)
    assert [of(root)[-1].status for root in own] == ["final"] * 3
    assert len(chain.sent_by(PUBLISHER)) == 1 + 3


def test_of_two_with_one_nonce_the_one_that_the_chain_takes_counts(
    chain: Anvil, contract: Contract, settings: Any, roots: Roots
) -> None:
    """The replacement is lost on its way, and the older one is mined after all."""
    chain.hold_blocks()
    [root] = roots(1)
    send()
    base_fee(chain, 20)
    chain.mine()
    settings.CHAIN_PATIENCE_SECONDS = 0
    send()
    settings.CHAIN_PATIENCE_SECONDS = 120
    old, new = of(root)
    chain.ask("anvil_dropTransaction", new.hash)
    base_fee(chain, 1)
    chain.mine()
    chain.ask("eth_sendRawTransaction", "0x" + bytes(old.raw or b"").hex())
    chain.mine()
    send()
    assert [one.status for one in of(root)] == ["final", "replaced"]
    assert life(old) == ["built", "signed", "broadcast", "replaced", "mined", "final"]
    assert life(new) == ["built", "signed", "broadcast", "replaced"]
    assert chain.anchored(contract.address) == told([root])


def test_bytes_that_became_too_cheap_before_they_left_are_replaced_too(
    proxy: CuttingProxy, chain: Anvil, contract: Contract, settings: Any, roots: Roots
) -> None:
    proxy.cut = "eth_sendRawTransaction"
    [root] = roots(1)
    send()
    proxy.cut = None
    chain.hold_blocks()
    base_fee(chain, 20)
    chain.mine()
    send()
    assert only(root).status == "signed"  # the node does not take it, and it has not waited long yet
    settings.CHAIN_PATIENCE_SECONDS = 0
    send()
    assert [life(one) for one in of(root)] == [["built", "signed", "replaced"], ["built", "signed", "broadcast"]]
    chain.mine()
    send()
    assert alarms() == set()
    assert chain.anchored(contract.address) == told([root])


def test_no_fee_is_offered_above_the_cap(chain: Anvil, contract: Contract, settings: Any, roots: Roots) -> None:
    settings.CHAIN_MAX_FEE_GWEI = 10
    chain.hold_blocks()
    base_fee(chain, 50)
    chain.mine()
    own = roots(2)
    send()
    assert alarms() == {"fee_over_cap"}
    assert [of(root) for root in own] == [[], []]
    assert "10 are allowed" in Alarm.objects.get().detail
    base_fee(chain, 8)
    chain.mine()
    send()
    assert alarms() == set()
    assert {only(root).max_fee_wei for root in own} == {10 * GWEI}  # twice the base fee would be more
    chain.mine()
    send()
    assert chain.anchored(contract.address) == told(own)


def test_no_replacement_goes_above_the_cap_and_the_old_one_goes_on_waiting(
    chain: Anvil, contract: Contract, settings: Any, roots: Roots
) -> None:
    settings.CHAIN_MAX_FEE_GWEI = 5
    settings.CHAIN_PATIENCE_SECONDS = 0
    chain.hold_blocks()
    [root] = roots(1)
    send()
    base_fee(chain, 50)
    chain.mine()
    for _ in range(3):
        send()
    assert alarms() == {"fee_over_cap"}
    assert only(root).status == "broadcast"
    settings.CHAIN_PATIENCE_SECONDS = 120
    base_fee(chain, 1)
    for _ in range(2):  # anvil has thrown it away meanwhile, and gets it again
        chain.mine()
        send()
    assert alarms() == set()
    assert only(root).status == "final"
    assert chain.anchored(contract.address) == told([root])


def test_on_a_chain_that_makes_no_blocks_nothing_is_raised(
    chain: Anvil, contract: Contract, settings: Any, roots: Roots
) -> None:
    settings.CHAIN_PATIENCE_SECONDS = 0
    chain.hold_blocks()
    [root] = roots(1)
    for _ in range(4):
        send()
    assert alarms() == {"chain_stalled"}
    assert only(root).status == "broadcast"
    chain.mine()
    send()
    assert alarms() == set()
    assert only(root).status == "final"
