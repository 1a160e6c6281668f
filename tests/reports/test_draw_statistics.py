"""`manage.py draw_statistics` from the key to the file, the row and the picture; and draws by the protocol itself."""

import hashlib
import hmac
import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from django.conf import settings
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, transaction

from bets.services.placement import place_slips
from fairness.messages import CommitLeaf
from fairness.networks import QUICKNET
from fairness.seeds import derive_seed
from fairness.verify import verify_network, verify_seed
from operators.models import Operator
from reports.management.commands.draw_statistics import INSTALL, NEEDED
from reports.models import RunKind, SimulationRun
from reports.statistics import dataset, protocol
from reports.statistics.samples import from_rounds
from rounds.models import Round, RoundStatus
from tests.support.bets import new_player, slip
from tests.support.rounds import Timing, commit_rounds, drive, new_game, open_round

DRAWS, SEED = 20_000, "a seed of the tests"
PNG = b"\x89PNG\r\n\x1a\n"
ROOT = Path(settings.BASE_DIR)


def run(*arguments: str, output: Path, may_be_odd: bool = False) -> tuple[str, SimulationRun]:
    """What the command printed, and the row that it made. One sample of real rounds in a hundred is odd by chance."""
    printed = io.StringIO()
    try:
        call_command("draw_statistics", *arguments, "--output", str(output), stdout=printed, stderr=io.StringIO())
    except SystemExit:
        if not may_be_odd:
            raise
    return printed.getvalue(), SimulationRun.objects.order_by("-pk")[0]


def draws_in(file: str) -> np.ndarray[Any, Any]:
    table = pq.read_table(file)
    return np.column_stack([table.column(name).to_numpy() for name in dataset.COLUMNS])


class TestDrawsByTheProtocol:
    key = protocol.epoch_key_of(SEED)

    def test_each_is_what_the_protocols_text_gives(self) -> None:
        for number in (1, 2, 7_777):
            place = protocol.STREAM.bytes + number.to_bytes(8, "big")
            seed = hmac.digest(self.key, b"KPS1-SEED\0" + place, "sha256")
            leaf = protocol.commit_leaf(round_number=number, seed=seed)
            beacon = protocol.pseudo_beacon(epoch_key=self.key, beacon_round=leaf.beacon_round)
            assert len(beacon) == 48
            leaf_hash = hashlib.sha256(b"\0" + leaf.encode()).digest()
            key = hmac.digest(seed, b"KPS1-DRAW\0" + leaf_hash + hashlib.sha256(beacon).digest(), "sha256")
            stream = (x for i in range(9) for x in hmac.digest(key, i.to_bytes(4, "big"), "sha256"))
            left, drawn = list(range(1, 81)), []
            while len(drawn) < 20:
                if (x := next(stream)) < 256 // len(left) * len(left):
                    at = x % len(left)
                    left[0], left[at] = left[at], left[0]
                    drawn.append(left.pop(0))
            assert protocol.draw_round(epoch_key=self.key, round_number=number) == tuple(drawn)

    def test_each_has_a_commitment_that_a_verifier_accepts(self) -> None:
        seed = derive_seed(epoch_key=self.key, stream=protocol.STREAM, round_number=12)
        commit = CommitLeaf.decode(protocol.commit_leaf(round_number=12, seed=seed).encode())
        verify_network(commit=commit, network=QUICKNET)
        verify_seed(commit=commit, seed=seed)

    def test_no_two_rounds_share_a_beacon(self) -> None:
        leaves = [protocol.commit_leaf(round_number=number, seed=bytes(32)) for number in range(1, 200)]
        assert len({leaf.beacon_round for leaf in leaves}) == len(leaves)

    def test_they_are_the_same_for_any_number_of_processes(self) -> None:
        draws, told = 2 * protocol.CHUNK + 1, []
        alone = protocol.draw_many(epoch_key=self.key, draws=draws, processes=1, progress=told.append)
        assert protocol.draw_many(epoch_key=self.key, draws=draws, processes=2) == alone
        assert told == [protocol.CHUNK, 2 * protocol.CHUNK, draws]
        assert len(alone) == 20 * draws
        assert tuple(alone[-20:]) == protocol.draw_round(epoch_key=self.key, round_number=draws)
        assert protocol.draw_many(epoch_key=self.key, draws=3, processes=1) == alone[:60]


@pytest.mark.django_db
class TestTheCommand:
    def test_makes_tests_and_keeps_draws(self, tmp_path: Path) -> None:
        output = tmp_path / "new" / "directory"
        printed, row = run("--draws", str(DRAWS), "--seed", SEED, "--processes", "2", output=output)
        assert row.kind == RunKind.DRAW_STATISTICS
        assert row.parameters["seed"] == SEED
        assert row.parameters["epoch_key"] == protocol.epoch_key_of(SEED).hex()
        assert row.parameters["draws"] == DRAWS
        assert row.result["passed"] is True
        codes = {one["code"]: one for one in row.result["tests"]}
        assert len(codes) == 7
        assert all(0.01 < one["p_holm"] <= 1 and 0 < one["p_value"] <= one["p_holm"] for one in codes.values())
        assert sum(row.result["counts"]["numbers"]) == 20 * DRAWS
        assert row.confidence == "0.99"
        for said in (*codes, SEED, row.file, row.plot, bytes(row.file_sha256).hex(), row.result["verdict"]):
            assert said in printed

        assert {Path(row.file), Path(row.plot)} == set(output.iterdir())
        assert hashlib.sha256(Path(row.file).read_bytes()).digest() == bytes(row.file_sha256)
        assert Path(row.plot).read_bytes()[:8] == PNG
        made = protocol.draw_many(epoch_key=protocol.epoch_key_of(SEED), draws=DRAWS, processes=1)
        assert draws_in(row.file).tobytes() == made
        schema = pq.read_schema(row.file)
        assert {str(field.type) for field in schema} == {"uint8"}
        assert json.loads(schema.metadata[dataset.METADATA]) == {"parameters": row.parameters, "result": row.result}

    def test_without_a_seed_takes_a_new_one_each_time_and_says_which(self, tmp_path: Path) -> None:
        printed, first = run("--draws", "100", output=tmp_path)
        _, second = run("--draws", "100", output=tmp_path)
        assert first.parameters["seed"] != second.parameters["seed"]
        assert first.parameters["seed"] in printed
        _, again = run("--draws", "100", "--seed", first.parameters["seed"], output=tmp_path)
        assert (draws_in(again.file) == draws_in(first.file)).all()
        assert again.result == first.result
        assert again.file != first.file

    def test_says_which_tests_need_more_draws(self, tmp_path: Path) -> None:
        printed, row = run("--draws", "100", "--seed", SEED, output=tmp_path)
        assert {one["code"] for one in row.result["tests"]} == {"numbers", "overlap", "runs"}
        assert {"code": "coupons", "draws_min": 1000} in row.result["skipped"]
        assert "needs 1,000 draws" in printed

    def test_exits_with_1_when_the_draws_are_odd(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("reports.statistics.protocol.draw_numbers", lambda *, key: tuple(range(1, 21)))
        with pytest.raises(SystemExit) as ended:
            run("--draws", "200", output=tmp_path)
        assert ended.value.code == 1
        row = SimulationRun.objects.order_by("-pk")[0]
        assert row.result["passed"] is False
        assert Path(row.plot).read_bytes()[:8] == PNG

    @pytest.mark.parametrize(
        ("arguments", "said"),
        [
            ((), "--draws 1000000"),
            (("--draws", "0"), "--draws is 1 to"),
            (("--draws", "20000001"), "--draws is 1 to"),
            (("--draws", "99"), "fewer than 100"),
            (("--draws", "100", "--processes", "0"), "--processes"),
            (("--draws", "100", "--game", "keno"), "--from-rounds"),
            (("--from-rounds", "--seed", "x"), "--seed"),
            (("--from-rounds", "--game", "no-such-game"), "There are 0 draws"),
        ],
    )
    def test_refuses_what_makes_no_sense_and_keeps_nothing(
        self, arguments: tuple[str, ...], said: str, tmp_path: Path
    ) -> None:
        before = SimulationRun.objects.count()
        with pytest.raises(CommandError, match=said):
            run(*arguments, output=tmp_path)
        assert SimulationRun.objects.count() == before
        assert list(tmp_path.iterdir()) == []

    def test_a_run_is_never_changed_or_removed(self, tmp_path: Path) -> None:
        _, row = run("--draws", "100", "--seed", SEED, output=tmp_path)
        for doing in (row.delete, lambda: SimulationRun.objects.filter(pk=row.pk).update(confidence="1")):
            with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
                doing()


def test_without_its_libraries_the_server_starts_and_the_command_says_how_to_install_them() -> None:
    ended = subprocess.run([sys.executable, "-c", _WITHOUT], cwd=ROOT, capture_output=True, text=True, check=True)
    assert ended.stdout.strip() == f"Statistics need numpy, which is not installed: {INSTALL}"


_WITHOUT = f"""
import sys
sys.modules.update(dict.fromkeys({NEEDED!r}))
import keno_platform.asgi, keno_platform.celery, keno_platform.urls
from django.core.management import CommandError, call_command
try:
    call_command("draw_statistics", draws=100)
except CommandError as error:
    print(error)
"""


@pytest.fixture(scope="module")
def played(django_db_setup: None, django_db_blocker: Any) -> list[Round]:
    """120 revealed rounds of 24 games, by game and number."""
    with django_db_blocker.unblock():
        games = [new_game() for _ in range(24)]
        rounds = commit_rounds(games, count=5, timing=Timing(opens_in=1.0, betting=0.2))
        drive(rounds)
        found = Round.objects.filter(pk__in=[one.pk for one in rounds], status=RoundStatus.REVEALED)
        return list(found.select_related("game").order_by("game_id", "number"))


@pytest.mark.usefixtures("committed")
class TestDrawsOfRounds:
    """Rounds are short here: what is looked at is which numbers are taken, and in which order."""

    def test_are_taken_in_the_order_of_their_game_as_they_were_drawn(self, played: list[Round]) -> None:
        one = played[0].game
        own = [each for each in played if each.game_id == one.pk]
        sample = from_rounds(game=one.code, draws_max=None)
        assert sample.draws.tolist() == [each.numbers_drawn for each in own]
        assert sample.round_ids is not None
        assert sample.round_ids.tolist() == [each.pk for each in own]
        assert sample.parameters["game"] == one.code

    def test_the_latest_are_those_that_closed_last(self, played: list[Round]) -> None:
        own = [each for each in played if each.game_id == played[0].game_id]
        sample = from_rounds(game=played[0].game.code, draws_max=2)
        assert sample.draws.tolist() == [each.numbers_drawn for each in own[-2:]]

    def test_a_round_that_is_not_revealed_is_left_out(self, operator_a: Operator) -> None:
        one = open_round(new_game())
        place_slips(
            operator=operator_a, asks=[slip(operator_a, new_player(operator_a, money=100_000), round_id=one.pk)]
        )
        drive([one], RoundStatus.DRAWN, pay=False)
        assert len(from_rounds(game=one.game.code, draws_max=None).draws) == 0
        drive([one])
        assert len(from_rounds(game=one.game.code, draws_max=None).draws) == 1

    def test_are_tested_and_kept_with_their_rounds_ids(self, played: list[Round], tmp_path: Path) -> None:
        printed, row = run("--from-rounds", output=tmp_path, may_be_odd=True)
        assert row.parameters["source"] == "rounds"
        assert row.parameters["draws"] >= len(played) == 120
        assert "seed" not in row.parameters
        table = pq.read_table(row.file)
        ids = table.column("round_id").to_pylist()
        numbers = {one.pk: one.numbers_drawn for one in played}
        kept = dict(zip(ids, draws_in(row.file).tolist(), strict=True))
        assert {pk: kept[pk] for pk in numbers} == numbers
        assert "overlap" in printed
