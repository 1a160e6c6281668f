"""A round from its commitment to its result on a real chain, and what a stranger with a verifier makes of it."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from anchors.services.sending import anchor_until_done
from keno_platform.local.programs import PROJECT
from operators.models import Operator
from rounds.models import Anchoring, Game, Round, SeedLog
from rounds.proofs import round_proof
from rounds.selectors import get_round_for_proof
from rounds.services.results import make_tree, publish_epoch_keys
from tests.anchors.conftest import anvil, chain, clean, contract
from tests.support.anvil import PUBLISHER, Anvil
from tests.support.bets import backend, new_player, place
from tests.support.rounds import Timing, again, commit_rounds, drive, new_game, wait_until

__all__ = ["anvil", "chain", "clean", "contract"]
pytestmark = pytest.mark.usefixtures("contract")


def _demanding() -> Game:
    game = new_game(network="local")
    Game.objects.filter(pk=game.pk).update(anchoring=Anchoring.REQUIRED)
    return Game.objects.get(pk=game.pk)


def _anchored_round(**timing: float) -> Round:
    """Committed, on the chain, and open."""
    one = commit_rounds(_demanding(), timing=Timing(opens_in=4.0, **timing))[0]
    assert anchor_until_done(seconds=30)
    wait_until(one.opens_at)
    drive([one], "open")
    return again(one)


def _verify(chain: Anvil, tmp_path: Path, documents: dict[str, Any], *options: str) -> Any:
    """The command line's verdict on these documents, from files."""
    for name, document in documents.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(document))
    command = [sys.executable, "-m", "fairness", "verify", str(tmp_path / "round.json"), "--rpc", chain.url, *options]
    if "bet" in documents:
        command += ["--bet", str(tmp_path / "bet.json")]
    return subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=False)


def test_a_round_on_the_chain_passes_every_check_of_the_command_line(
    chain: Anvil, operator_a: Operator, tmp_path: Path, settings: Any
) -> None:
    settings.EPOCH_KEY_DELAY_SECONDS = 0
    one = _anchored_round(betting=1.0)
    assert one.signed_only is False
    caller = backend(operator_a)
    bet = place(operator_a, new_player(operator_a, money=10_000), round_id=one.pk)
    drive([one])
    make_tree(even_if_few=True)
    wait_until(one.epoch.ends_at)
    publish_epoch_keys()
    assert anchor_until_done(seconds=30)

    documents = {"round": round_proof(get_round_for_proof(one.pk)), "bet": caller.get(f"bets/{bet.pk}/proof").json()}
    verdict = _verify(chain, tmp_path, documents, "--strict")
    assert verdict.returncode == 0, verdict.stdout + verdict.stderr
    assert "13 checks passed" in verdict.stdout

    shown = caller.get(f"rounds/{one.pk}").json()
    assert shown["commitment_status"] == "anchored"
    sent = {receipt["transactionHash"] for receipt in chain.sent_by(PUBLISHER)}
    assert {shown["blockchain_commit_reference"], shown["blockchain_reveal_reference"]} <= sent
    log = SeedLog.objects.get(round_id=one.pk)
    assert log.commit_tx_reference == shown["blockchain_commit_reference"]
    assert log.reveal_tx_reference == shown["blockchain_reveal_reference"]

    documents["round"]["reveal"]["seed"] = "00" + documents["round"]["reveal"]["seed"][2:]
    refused = _verify(chain, tmp_path, documents)
    assert refused.returncode == 1
    assert "DocumentSignatureInvalid" in refused.stdout + refused.stderr


def test_the_roots_and_leaves_of_the_chain_are_there_for_everybody(chain: Anvil) -> None:
    one = _anchored_round(betting=0.2)
    drive([one])
    tree = make_tree(even_if_few=True)
    assert tree is not None
    assert anchor_until_done(seconds=30)
    first = Client().get(f"/api/v1/anchors?after={(one.epoch.anchor_seq or 0) - 1}&limit=1").json()["roots"][0]
    assert (first["kind"], first["root"]) == (1, bytes(one.epoch.root).hex())
    assert first["anchor"]["block_time"] < one.opens_at.timestamp()
    assert first["statement"] is not None
    leaves = Client().get(f"/api/v1/anchors/{tree.anchor_seq}/leaves")
    assert leaves["Access-Control-Allow-Origin"] == "*"
    assert len(leaves.content) == tree.size * 212
    assert Client().get("/api/v1/anchors/999999999/leaves").status_code == 404


def test_a_round_that_is_anchored_too_late_stays_labelled_and_is_refused_by_name(chain: Anvil, tmp_path: Path) -> None:
    one = commit_rounds(new_game(network="local"), timing=Timing(betting=0.2))[0]
    drive([one])
    make_tree(even_if_few=True)
    assert anchor_until_done(seconds=30)
    assert again(one).signed_only is True
    documents = {"round": round_proof(get_round_for_proof(one.pk))}
    refused = _verify(chain, tmp_path, documents)
    assert refused.returncode == 1
    assert "AnchoredAfterOpening" in refused.stdout + refused.stderr
    assert _verify(chain, tmp_path, documents, "--allow-signed-only").returncode == 0
