"""Which chain an installation has, whose account has money on it, and what the platform is told of it."""

import os
from pathlib import Path

import psutil
import pytest

from keno_platform.local import accounts, children, ethereum, ports, run, supervision
from keno_platform.local.ethereum import ChainNode, Kind
from keno_platform.local.home import Home
from keno_platform.local.programs import describe_chain
from keno_platform.local.run import Servers
from tests.local.nodes import KEY, STRANGERS_KEY, Publisher, prepare, running

PACE = ("KENO_RESULTS_SECONDS", "KENO_EPOCH_SECONDS", "KENO_EPOCH_LEAD_SECONDS", "KENO_EPOCH_KEY_DELAY_SECONDS")


def _servers(chain: ChainNode | None) -> Servers:
    return Servers(postgres=None, valkey=None, chain=chain, database_url="postgresql://x@h/d", redis_url="redis://h/0")


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith("KENO_"):
            monkeypatch.delenv(name)


def test_the_account_is_the_keys() -> None:
    assert ethereum.derive_account("0x" + "1".zfill(64)) == "0x7e5f4552091a69125d5dfcb7b8c2659029395bdf"
    for key in (KEY, STRANGERS_KEY):
        assert ethereum.derive_account(key) == Publisher("", key=key).account.address.lower()


@pytest.mark.parametrize("key", ["", "11" * 32, "0x" + "11" * 31, "0x" + "00" * 32, "0x" + "ff" * 32, "0x" + "g" * 64])
def test_what_is_no_key_is_refused_and_not_shown(tmp_path: Path, key: str) -> None:
    with pytest.raises(children.ServerFailed, match="KENO_CHAIN_KEY is not a private key") as refused:
        ethereum.prepare(home=tmp_path, port=ports.find_free(), key=key)
    assert not key or key not in str(refused.value)


def test_a_key_in_a_file_goes_before_others_as_in_the_settings(tmp_path: Path) -> None:
    file = tmp_path / "key"
    file.write_text(f"{KEY}\n")
    assert ethereum.read_key({"KENO_CHAIN_KEY_FILE": str(file), "KENO_CHAIN_KEY": "a"}, own="b") == KEY
    assert ethereum.read_key({"KENO_CHAIN_KEY": "a"}, own="b") == "a"
    assert ethereum.read_key({}, own="b") == "b"


def test_the_platform_is_told_of_a_chain_of_the_installations_own(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    node = prepare(home.path)
    told = run.make_environment(home, _servers(node), port=8000)
    assert (told["KENO_CHAIN_URL"], told["KENO_CHAIN_DEPLOY"], told["KENO_CHAIN_CONFIRMATIONS"]) == (node.url, "1", "1")
    assert told["KENO_CHAIN_KEY"] == home.read_secrets()["KENO_CHAIN_KEY"]
    monkeypatch.setenv("KENO_CHAIN_CONFIRMATIONS", "3")
    monkeypatch.setenv("KENO_EPOCH_SECONDS", "60")
    chosen = run.make_environment(home, _servers(node), port=8000)
    assert (chosen["KENO_CHAIN_CONFIRMATIONS"], chosen["KENO_EPOCH_SECONDS"]) == ("3", "60")


def test_a_chain_of_the_callers_is_used_as_the_caller_says(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KENO_CHAIN_URL", "https://node.example")
    told = run.make_environment(home, _servers(None), port=8000)
    assert told["KENO_CHAIN_URL"] == "https://node.example"
    assert "KENO_CHAIN_DEPLOY" not in told
    assert "KENO_CHAIN_CONFIRMATIONS" not in told
    assert all(name in told for name in PACE)


def test_a_node_has_no_secret_in_its_reach(home: Home) -> None:
    node, secrets = prepare(home.path), home.read_secrets()
    environment = {**accounts.without_libpq_variables(os.environ), **secrets, "DATABASE_URL": "postgresql://u:word@h/d"}
    with supervision.running(home, [describe_chain(node)], environment=environment) as supervisor:
        children.wait_until(lambda: ethereum.answers(node), what="it", alive=lambda: True, log=home.log("chain"))
        process = psutil.Process(next(each.pid for each in supervisor.list_processes() if each.name == "chain"))
        reach = [*process.environ().values(), *process.cmdline()]
    assert node.account in reach
    assert not [secret for secret in (*secrets.values(), KEY, "word") for text in reach if secret in text]


def test_an_installation_keeps_the_kind_of_its_chain(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert prepare(directory).kind is Kind.OWN
    monkeypatch.setenv("KENO_LOCAL_CHAIN", "anvil")
    with pytest.raises(children.ServerFailed, match="this installation's chain is own: `make reset`"):
        prepare(directory)
    monkeypatch.setenv("KENO_LOCAL_CHAIN", "geth")
    with pytest.raises(children.ServerFailed, match="There is: own, anvil"):
        prepare(directory)


def test_a_chain_of_anvils_without_anvil_says_what_to_do(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ethereum, "_CONTRACTS", directory)
    monkeypatch.setenv("PATH", str(directory))
    monkeypatch.setenv("KENO_LOCAL_CHAIN", "anvil")
    with pytest.raises(LookupError, match="npm ci"):
        prepare(directory)
    monkeypatch.delenv("KENO_LOCAL_CHAIN")
    assert prepare(directory).kind is Kind.OWN


def test_anvil_keeps_the_chain_when_it_is_asked_for(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KENO_LOCAL_CHAIN", "anvil")
    try:
        node = prepare(directory)
    except LookupError:
        pytest.skip("needs anvil, which `npm ci` brings to contracts/")
    with running(node) as started:
        publisher = Publisher(node.url)
        publisher.deploy()
        anchored = publisher.anchor(b"\x01" * 32)
        before = started.read_chain()
    monkeypatch.delenv("KENO_LOCAL_CHAIN")
    with running(prepare(directory)) as again:
        after = again.read_chain()[: len(before)]
        assert [block["hash"] for block in after] == [block["hash"] for block in before]
        assert again.ask("eth_getLogs", {"fromBlock": "0x0"})[0]["blockHash"] == "0x" + anchored["blockHash"].hex()
