"""Nodes that are away, frozen, dripping, talking nonsense, without memory, or on another chain."""

import logging
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from anchors.chain import Chain
from anchors.models import Alarm, AlarmCode, Contract, Retirement, Transaction
from anchors.rpc import CALL_S, Line, NodeFailed, OutOfTime
from anchors.selectors import anchored, find_contract
from anchors.services.sending import send
from keno_platform.local import ports
from tests.anchors.steps import Roots, alarms, deploy_here, of, told
from tests.support.anvil import PUBLISHER, PUBLISHER_KEY, Anvil

ANEW = ("--timestamp", "1700000000")
"""Another first block than the one of before, even within the same second."""


class TestANodeThatIsAway:
    def test_roots_wait_for_a_stopped_node_and_go_when_it_is_back(
        self, chain: Anvil, settings: Any, roots: Roots
    ) -> None:
        chain.stop()
        chain.start(remember=True)
        contract = deploy_here()
        first = roots(2)
        send()
        chain.stop()
        more = roots(3)
        for _ in range(3):
            send()
        assert alarms() == {"chain_unreachable"}
        assert [of(root) for root in more] == [[]] * 3
        chain.start(remember=True)
        send()
        assert alarms() == set()
        assert chain.anchored(contract.address) == told([*first, *more])

    def test_an_alarm_is_logged_when_it_begins_and_when_it_ends(
        self, chain: Anvil, contract: Contract, caplog: pytest.LogCaptureFixture
    ) -> None:
        chain.kill()
        for _ in range(3):
            send()
        assert [record.levelno for record in caplog.records] == [logging.ERROR]
        assert "chain_unreachable" in caplog.text
        chain.start()
        send()
        assert "alarm chain_unreachable is over" in caplog.text
        assert Alarm.objects.get(code=AlarmCode.CHAIN_UNREACHABLE).ended_at is not None

    def test_a_frozen_node_hangs_nothing(self, chain: Anvil, contract: Contract, roots: Roots) -> None:
        own = roots(3)
        chain.freeze()
        try:
            begun = time.monotonic()
            send()
            assert time.monotonic() - begun < 8
            assert alarms() == {"chain_frozen"}
        finally:
            chain.thaw()
        send()
        assert alarms() == set()
        assert chain.anchored(contract.address) == told(own)

    def test_a_node_that_drips_is_cut_off_in_time(self) -> None:
        """Each byte comes within a second, so that a deadline for each read would never end it."""
        with _dripping(b"") as port, Line(f"http://127.0.0.1:{port}") as line:
            begun = time.monotonic()
            with pytest.raises(NodeFailed) as failed:
                line.post(b"{}")
            assert failed.value.code == AlarmCode.CHAIN_FROZEN
            assert time.monotonic() - begun < CALL_S + 1

    def test_a_body_that_drips_is_cut_off_too(self) -> None:
        beginning = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
        with _dripping(beginning) as port, Line(f"http://127.0.0.1:{port}", seconds=0.7) as line:
            begun = time.monotonic()
            with pytest.raises(OutOfTime):
                line.post(b"{}")
            assert time.monotonic() - begun < 1.7

    def test_a_pass_has_a_deadline_for_all_of_its_calls(self, anvil: Anvil) -> None:
        with Line(anvil.url, seconds=0.2) as line:
            chain = Chain(line)
            with pytest.raises(OutOfTime):
                _look_for_ever(chain)

    @pytest.mark.parametrize(
        "answer",
        [
            b"HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n",
            b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\n<html>",
            b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nnull",
            b'HTTP/1.1 200 OK\r\nContent-Length: 38\r\n\r\n{"jsonrpc":"2.0","id":0,"result":"0x"}',
            b"not HTTP at all\r\n\r\n",
        ],
        ids=["busy", "html", "null", "nonsense", "noise"],
    )
    def test_whatever_a_node_answers_becomes_an_alarm(
        self, clean: None, settings: Any, answer: bytes, roots: Roots
    ) -> None:
        with _answering(answer) as port:
            settings.CHAIN_URL = f"http://user:secret@127.0.0.1:{port}/key-in-the-path"
            settings.CHAIN_KEY = PUBLISHER_KEY
            send()
        [alarm] = Alarm.objects.all()
        assert alarm.code in ("chain_unreachable", "chain_refuses")
        assert "secret" not in alarm.detail
        assert "key-in" not in alarm.detail


def _look_for_ever(chain: Chain) -> None:
    while True:
        chain.look(PUBLISHER)


@contextmanager
def _dripping(beginning: bytes) -> Iterator[int]:
    """A server that sends a byte every fifth of a second, for ever."""
    end = threading.Event()

    def serve(peer: socket.socket) -> None:
        peer.sendall(beginning)
        while not end.wait(0.2):
            peer.sendall(b"H")

    with _serving(serve, end) as port:
        yield port


@contextmanager
def _answering(answer: bytes) -> Iterator[int]:
    """A server that answers every request with the same bytes."""
    end = threading.Event()

    def serve(peer: socket.socket) -> None:
        while peer.recv(65_536):
            peer.sendall(answer)

    with _serving(serve, end) as port:
        yield port


@contextmanager
def _serving(serve: Any, end: threading.Event) -> Iterator[int]:
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    port = ports.find_free()
    listener.bind(("127.0.0.1", port))
    listener.listen()
    peers: list[socket.socket] = []

    def accept() -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            peers.append(peer)
            try:
                serve(peer)
            except OSError:
                continue

    thread = threading.Thread(target=accept)
    thread.start()
    try:
        yield port
    finally:
        end.set()
        for peer in peers:
            peer.close()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


class TestANodeWithoutMemory:
    def test_a_chain_of_ones_own_gets_contract_and_roots_again(self, chain: Anvil, settings: Any, roots: Roots) -> None:
        old = deploy_here()
        own = roots(4)
        send()
        before = anchored(root.seq for root in own)
        chain.kill()
        chain.start(*ANEW)
        settings.CHAIN_DEPLOY = True
        more = roots(1)
        send()
        new = find_contract()
        assert new is not None
        assert new != old
        assert (new.first_seq, bytes(new.first_head)) == (old.first_seq, bytes(old.first_head))
        assert chain.anchored(new.address) == told([*own, *more])
        after = anchored(root.seq for root in [*own, *more])
        assert {one.contract for one in after.values()} == {new.address}
        assert [after[seq].head for seq in before] == [one.head for one in before.values()]
        # What stood on the old chain is still on record, as it was.
        old.refresh_from_db()
        assert old.retirement == Retirement.FORGOTTEN
        kept = Transaction.objects.filter(contract=old, root__isnull=False, status="final")
        assert sorted(one.hash or "" for one in kept) == sorted(one.transaction for one in before.values())
        assert alarms() == set()

    def test_a_chain_with_the_same_beginning_and_no_contract_is_noticed_too(
        self, chain: Anvil, contract: Contract, settings: Any, roots: Roots
    ) -> None:
        own = roots(2)
        send()
        chain.ask("anvil_setCode", contract.address, "0x")
        send()
        assert alarms() == {"contract_missing"}
        settings.CHAIN_DEPLOY = True
        send()
        assert alarms() == set()
        new = find_contract()
        assert new is not None
        assert new.genesis == contract.genesis
        assert chain.anchored(new.address) == told(own)

    def test_the_same_address_on_a_chain_that_began_anew_is_no_confusion(
        self, chain: Anvil, contract: Contract, settings: Any, roots: Roots
    ) -> None:
        """The first contract of a key has the same address on every chain."""
        own = roots(2)
        send()
        chain.ask("anvil_reset")
        chain.ask("anvil_setNonce", PUBLISHER, "0x0")
        settings.CHAIN_DEPLOY = True
        send()
        new = find_contract()
        assert new is not None
        assert (new.address, new.pk > contract.pk) == (contract.address, True)
        assert chain.anchored(new.address) == told(own)

    def test_elsewhere_it_is_an_alarm_and_nothing_is_sent(self, chain: Anvil, contract: Contract, roots: Roots) -> None:
        own = roots(2)
        send()
        chain.kill()
        chain.start(*ANEW)
        more = roots(2)
        send()
        assert alarms() == {"chain_changed"}
        assert chain.sent_by(PUBLISHER) == []
        assert [of(root) for root in more] == [[], []]
        assert len(anchored(root.seq for root in own)) == 2  # what was final stays final

    def test_a_foreign_chain_gets_nothing(
        self, chain: Anvil, contract: Contract, tmp_path: Path, settings: Any, roots: Roots
    ) -> None:
        own = roots(1)
        send()
        more = roots(2)
        foreign = Anvil(tmp_path, chain_id=1337).start()
        try:
            settings.CHAIN_URL = foreign.url
            send()
            assert alarms() == {"chain_changed"}
            assert foreign.sent_by(PUBLISHER) == []
        finally:
            foreign.stop()
        settings.CHAIN_URL = chain.url
        send()
        assert alarms() == set()
        assert chain.anchored(contract.address) == told([*own, *more])
