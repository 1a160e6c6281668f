"""How many processes a machine gets."""

import pytest

from keno_platform.local.home import Home
from keno_platform.local.postgres import _SETTINGS
from keno_platform.local.programs import describe_platform, describe_services
from keno_platform.local.sizes import CONNECTIONS, POOL_LARGEST, POOL_SMALLEST, SizeInvalid, Sizes, choose


@pytest.mark.parametrize(
    ("cores", "web", "settlement"),
    [(1, 1, 2), (2, 1, 2), (4, 1, 2), (8, 2, 2), (16, 4, 4), (64, 8, 16)],
)
def test_a_bigger_machine_gets_more_processes(cores: int, web: int, settlement: int) -> None:
    sizes = choose({}, cores=cores)
    assert (sizes.web, sizes.settlement) == (web, settlement)


@pytest.mark.parametrize("cores", [1, 2, 4, 8, 16, 32, 64, 128])
def test_whatever_the_machine_its_processes_fit_into_the_servers_connections(cores: int) -> None:
    sizes = choose({}, cores=cores)
    assert POOL_SMALLEST <= sizes.pool <= POOL_LARGEST
    assert sizes.connections <= CONNECTIONS < int(_SETTINGS["max_connections"])


def test_the_environment_decides_against_the_cores() -> None:
    sizes = choose({"KENO_WEB_PROCESSES": "3", "KENO_SETTLEMENT_WORKERS": "1"}, cores=2)
    assert (sizes.web, sizes.settlement) == (3, 1)


@pytest.mark.parametrize("text", ["0", "65", "-1", "two", "1.5", "٣"])
def test_what_is_no_number_of_processes_is_refused_by_its_name(text: str) -> None:
    with pytest.raises(SizeInvalid, match="KENO_WEB_PROCESSES"):
        choose({"KENO_WEB_PROCESSES": text})


def test_more_than_the_server_has_connections_for_is_refused_unless_the_server_is_ones_own() -> None:
    wanted = {"KENO_WEB_PROCESSES": "40"}
    with pytest.raises(SizeInvalid, match="40 web processes"):
        choose(wanted)
    assert choose({**wanted, "DATABASE_URL": "postgresql://db/keno"}).pool == POOL_LARGEST


def test_several_processes_of_a_kind_have_names_of_their_own_and_the_first_keeps_its_plain_one(home: Home) -> None:
    names = [one.name for one in describe_platform(home, port=8000, sizes=Sizes(web=3, settlement=2))]
    assert names[:3] == ["web", "web-2", "web-3"]
    assert [name for name in names if name.startswith("settlement")] == ["settlement", "settlement-2"]
    assert len(names) == len(set(names))


def test_every_web_process_gets_the_pool_that_was_worked_out() -> None:
    sizes = Sizes(web=8, settlement=16)
    pools = [one.environment.get("KENO_DB_POOL_SIZE") for one in describe_services(port=8000, sizes=sizes)]
    assert pools.count(str(sizes.pool)) == 8
