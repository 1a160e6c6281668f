"""What whoever is on call types, and what staff see."""

import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from anchors.models import AlarmCode, Contract, Retirement, Sender, Transaction
from anchors.selectors import anchored, chain_status, find_contract
from anchors.services.sending import send
from tests.anchors.steps import Roots, head_after, only, told
from tests.support.anvil import PUBLISHER, Anvil


def run(capsys: pytest.CaptureFixture[str], *command: str) -> str:
    call_command(*command)
    return capsys.readouterr().out


class TestAnchorRoots:
    def test_it_brings_every_root_to_the_chain(
        self, chain: Anvil, contract: Contract, roots: Roots, capsys: pytest.CaptureFixture[str]
    ) -> None:
        own = roots(3)
        shown = run(capsys, "anchor_roots", "--wait", "20")
        assert shown.splitlines()[-1] == f"final up to {own[-1].seq}, 0 waiting, 0 on their way"
        assert chain.anchored(contract.address) == told(own)

    def test_it_says_what_is_wrong_and_where_to_read_on(
        self, chain: Anvil, contract: Contract, roots: Roots, capsys: pytest.CaptureFixture[str]
    ) -> None:
        roots(1)
        chain.kill()
        with pytest.raises(CommandError, match=r"docs/anchoring\.md"):
            call_command("anchor_roots", "--wait", "0")
        captured = capsys.readouterr()
        assert "1 waiting, 0 on their way; alarms: chain_unreachable" in captured.out
        assert "chain_unreachable: The node cannot be reached" in captured.err

    def test_without_a_chain_it_says_so(self, clean: None, settings: Any) -> None:
        settings.CHAIN_URL = ""
        with pytest.raises(CommandError, match="KENO_CHAIN_URL"):
            call_command("anchor_roots")


class TestDeployContract:
    def test_it_deploys_and_waits_until_that_is_final(
        self, chain: Anvil, settings: Any, capsys: pytest.CaptureFixture[str]
    ) -> None:
        shown = run(capsys, "deploy_contract", "--wait", "20")
        contract = find_contract()
        assert contract is not None
        assert f"{contract.address} on chain 31337 is final since block 1" in shown
        assert chain.ask("eth_getCode", contract.address, "latest") != "0x"
        with pytest.raises(CommandError, match="--move"):
            call_command("deploy_contract")

    def test_moving_goes_on_with_the_sequence_and_keeps_what_the_old_one_proves(
        self, chain: Anvil, contract: Contract, roots: Roots
    ) -> None:
        first = roots(3)
        send()
        call_command("deploy_contract", "--move", "--wait", "20")
        new = find_contract()
        contract.refresh_from_db()
        assert new is not None
        assert contract.retirement == Retirement.MOVED
        head = head_after(bytes(contract.first_head), first)
        assert (new.first_seq, bytes(new.first_head)) == (first[-1].seq + 1, head)
        more = roots(2)
        send()
        assert chain.anchored(contract.address) == told(first)
        assert chain.anchored(new.address) == told(more)
        shown = anchored(root.seq for root in [*first, *more])
        assert [one.contract for one in shown.values()].count(contract.address) == 3
        assert shown[more[-1].seq].head == head_after(head, more)
        assert chain_status().waiting == 0

    def test_moving_to_another_chain(
        self, chain: Anvil, contract: Contract, roots: Roots, settings: Any, tmp_path: Any
    ) -> None:
        first = roots(2)
        send()
        (tmp_path / "other").mkdir()
        other = Anvil(tmp_path / "other", chain_id=99).start()
        try:
            settings.CHAIN_URL = other.url
            call_command("deploy_contract", "--move", "--wait", "20")
            more = roots(2)
            send()
            new = find_contract()
            assert new is not None
            assert new.chain_id == 99
            assert other.anchored(new.address) == told(more)
            assert {one.chain_id for one in anchored(root.seq for root in first).values()} == {31337}
        finally:
            other.stop()

    def test_what_is_on_its_way_is_not_left_behind_unless_it_is_given_up(
        self, chain: Anvil, contract: Contract, roots: Roots
    ) -> None:
        first = roots(1)
        send()
        chain.hold_blocks()
        second = roots(1)
        send()
        with pytest.raises(CommandError, match="1 transactions are on their way"):
            call_command("deploy_contract", "--move")
        with pytest.raises(CommandError, match="not final yet"):
            call_command("deploy_contract", "--move", "--abandon", "--wait", "0")
        assert only(second[0]).status == "failed"
        chain.mine()
        for _ in range(2):
            send()
            chain.mine()
        send()
        new = find_contract()
        assert new is not None
        # The old contract holds it too, which nobody is told: the next one starts after what was final.
        assert chain.anchored(contract.address) == told([*first, *second])
        assert new.first_seq == second[0].seq
        assert chain.anchored(new.address) == told(second)
        assert anchored([second[0].seq])[second[0].seq].contract == new.address

    def test_a_deployment_that_failed_is_told_and_can_be_repeated(self, chain: Anvil) -> None:
        chain.hold_blocks()
        with pytest.raises(CommandError, match="not final yet"):
            call_command("deploy_contract", "--wait", "0")
        chain.ask("anvil_setCode", find_contract().address, "0x00")  # type: ignore[union-attr]  # something stands there
        chain.mine()
        send()
        assert chain_status().alarms == ("deployment_failed",)
        chain.ask("evm_setAutomine", True)
        failed = find_contract()
        call_command("deploy_contract", "--wait", "20")
        assert chain_status().alarms == ()
        assert failed is not None
        failed.refresh_from_db()
        assert failed.retirement == Retirement.FAILED


class TestChainStatus:
    def test_it_tells_how_it_stands(
        self, chain: Anvil, contract: Contract, roots: Roots, capsys: pytest.CaptureFixture[str]
    ) -> None:
        own = roots(2)
        send()
        shown = run(capsys, "chain_status")
        assert f"final up to    {own[-1].seq}\n" in shown
        assert f"contract       {contract.address}\n" in shown
        assert PUBLISHER in shown

    def test_an_alarm_makes_it_exit_with_1(
        self, chain: Anvil, contract: Contract, roots: Roots, capsys: pytest.CaptureFixture[str]
    ) -> None:
        roots(1)
        chain.kill()
        send()
        with pytest.raises(SystemExit) as ended:
            call_command("chain_status", "--json")
        assert ended.value.code == 1
        told_json = json.loads(capsys.readouterr().out)
        assert told_json["alarms"] == ["chain_unreachable"]
        assert told_json["waiting"] == 1
        with pytest.raises(SystemExit):
            call_command("chain_status")
        assert "  chain_unreachable: The node cannot be reached since 20" in capsys.readouterr().out

    def test_nobody_sending_is_an_alarm_too(self, chain: Anvil, contract: Contract) -> None:
        assert chain_status().alarms == ()
        Sender.objects.update(tried_at="2026-01-01T00:00:00Z")
        assert chain_status().alarms == (AlarmCode.SENDER_SILENT,)


def page(client: Client, model: str, key: object | None = None, query: str = "") -> str:
    name = f"admin:anchors_{model}_{'changelist' if key is None else 'change'}"
    answer = client.get(reverse(name, args=None if key is None else [key]) + query)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_staff_see_where_roots_stand_and_the_life_of_every_transaction(
    chain: Anvil, contract: Contract, roots: Roots, unique: Any
) -> None:
    [final] = roots(1)
    send()
    chain.hold_blocks()
    [pending] = roots(1)
    send()
    client = Client()
    client.force_login(User.objects.create_superuser(unique("boss")))
    shown = page(client, "root")
    assert "final" in shown
    assert "pending" in shown
    assert f"transaction {only(pending).pk} (broadcast)" in page(client, "root", pending.seq)
    one = only(final)
    life = page(client, "transaction", one.pk)
    for step in ("built", "signed", "broadcast", "mined", "final"):
        assert f"<td>{step}</td>" in life
    assert str(one.hash) in life
    assert str(one.hash) in page(client, "transaction", one.pk)
    for term in (one.hash, final.seq, one.pk):
        assert f"/{one.pk}/change/" in page(client, "transaction", query=f"?q={term}")
    assert contract.address in page(client, "contract")
    assert contract.address in page(client, "contract", contract.pk)
    assert f"/{one.pk}/change/" in page(client, "transaction", query=f"?contract__id__exact={contract.pk}")
    chain.kill()
    send()
    assert "chain_unreachable" in page(client, "alarm")


def test_staff_change_nothing(chain: Anvil, contract: Contract, unique: Any) -> None:
    client = Client()
    client.force_login(User.objects.create_superuser(unique("boss")))
    one = Transaction.objects.filter(contract=contract).get()
    for model, key in (("transaction", one.pk), ("contract", contract.pk)):
        assert client.post(reverse(f"admin:anchors_{model}_change", args=[key]), {"note": "x"}).status_code == 403
        assert client.post(reverse(f"admin:anchors_{model}_delete", args=[key]), {"post": "yes"}).status_code == 403
        assert client.get(reverse(f"admin:anchors_{model}_add")).status_code == 403
