"""
Two versions of the code on one database, while the installation is played on and its processes are replaced one by one;
`make upgrade-drill` runs it.
"""

import json

import pytest

from tests.upgrades.installation import played

STOP_MAX_S = 45.0


@pytest.mark.proof
def test_every_process_is_replaced_by_the_next_versions_under_play_and_no_bet_fails() -> None:
    with played(operators=4) as own:
        programs = own.describe(web=2)
        running = {one.name: own.start(one) for one in programs}
        stops: dict[str, float] = {}
        with own.backends() as backends:
            backends.wait_for(40, patience_s=180)
            ended = own.manage("upgrade", directory=own.next_version, name="upgrade")
            assert ended.code == 0, ended.err
            # By code whose tables are the version before's: nobody could read them after the upgrade.
            refused = own.manage("create_operator", "old", "Old", "KES", "old.localhost")
            assert (refused.code, "older than the database" in refused.err) == (1, True), refused
            for program in programs:
                stops[program.name] = own.replace(running[program.name], program)
                backends.wait_for(10, patience_s=120)
            new_made = own.make_operators([51], directory=own.next_version, name="by-new-code")
            backends.people += new_made
            assert own.manage("upgrade", "--check", directory=own.next_version).code == 0
            backends.wait_for(60, patience_s=180)
        own.wait_until_paid()
        checked = own.manage("check_invariants", directory=own.next_version)
        troubles = own.troubles()
    figures = {
        "bets": backends.accepted.total(),
        "failed": len(backends.failed),
        "resent": backends.resent,
        "late": backends.late,
        "slowest_bet_ms": round(backends.slowest_since(0) * 1000),
        "seconds_to_stop": {name: round(took, 1) for name, took in stops.items()},
    }
    print(json.dumps(figures, indent=2))
    assert checked.code == 0, checked.out
    assert backends.failed == []
    assert backends.accepted["scale051"] > 0, "the new operator plays too"
    assert max(stops.values()) < STOP_MAX_S
    assert troubles == []
