"""The tick that works game by game, which the platform's own is measured against, is a right one."""

import pytest

from bench.setting import make_operator
from bench.yardsticks import game_by_game
from fairness.errors import FairnessError
from reports.invariants import check_all
from rounds.models import NetworkName, Round, RoundStatus
from rounds.proofs import check_draw
from tests.support.bets import new_player, place
from tests.support.live import frames_of
from tests.support.rounds import Timing, commit_rounds, new_game, settle, wait_for, wait_until

pytestmark = pytest.mark.usefixtures("committed")
TOLD = ["round.opened", "round.closed", "round.drawn", "round.settled", "round.revealed"]


@pytest.mark.parametrize("network", [NetworkName.NONE, NetworkName.LOCAL])
def test_it_takes_rounds_with_bets_and_without_through_their_whole_life(network: str) -> None:
    operator, _ = make_operator("plain")
    player = new_player(operator, money=100_000)
    games = [new_game(network=network) for _ in range(2)]
    rounds = commit_rounds(games, count=2, timing=Timing(opens_in=0.3, betting=1.0, pause=0.0))
    ids = [one.pk for one in rounds]
    with frames_of(games[0]) as frames:
        wait_until(rounds[0].opens_at)
        assert game_by_game.run_due() == 2
        place(operator, player, round_id=rounds[0].pk)

        def there() -> bool:
            game_by_game.run_due()
            settle(ids)
            return not Round.objects.filter(pk__in=ids).exclude(status=RoundStatus.REVEALED).exists()

        wait_for(there, what="all four rounds to be revealed")
        assert game_by_game.run_due() == 0
        frames.wait(2 * len(TOLD))
    for one in rounds[:2]:
        assert [frame["type"] for frame in frames if frame["round_id"] == one.pk] == TOLD
    assert [frame["seq"] for frame in frames] == sorted({frame["seq"] for frame in frames})
    assert [one.bets_count for one in Round.objects.filter(pk__in=ids).order_by("pk")].count(1) == 1
    for one in Round.objects.select_related("game", "epoch").filter(pk__in=ids):
        try:
            check_draw(one)
        except FairnessError as error:
            pytest.fail(f"round {one.number}: {error}")
    broken = [finding for finding in check_all(rounds_max=10) if finding.count]
    assert [one for one in broken if any(str(pk) in " ".join(one.examples) for pk in ids)] == []
