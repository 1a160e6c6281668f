"""What compose.yaml says: every queue has its worker, nobody has rights, and the platform takes what it is given."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from keno_platform.environment import EnvironmentInvalid, read
from keno_platform.environment.catalogue import BY_NAME
from keno_platform.monitoring.collecting import QUEUES
from tests.docs.snippets import ROOT
from tests.packaging import commands, composing
from tests.packaging.commands import COMPOSE, SECRETS

DOCUMENT = composing.read(COMPOSE, SECRETS)
SERVICES = composing.services(DOCUMENT)
OURS = {name: one for name, one in SERVICES.items() if one.is_ours}
NAMED = {
    "KENO_BASE_URL": "https://keno.example",
    "KENO_ALLOWED_HOSTS": "keno.example",
    "KENO_TRUSTED_PROXIES": "10.0.0.1",
}


def test_the_files_of_operations_are_well_formed() -> None:
    program = shutil.which("yamllint", path=str(Path(sys.executable).parent))
    assert program
    said = subprocess.run([program, "-s", "compose.yaml", "ops"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert said.stdout == ""
    assert said.returncode == 0


def test_without_its_secrets_it_does_not_start() -> None:
    for name in SECRETS:
        with pytest.raises(composing.Missing, match=name):
            composing.read(COMPOSE, {**SECRETS, name: ""})


def test_every_variable_that_it_gives_is_one_that_somebody_reads() -> None:
    given = {name for one in OURS.values() for name in one.environment if name.startswith("KENO_")}
    assert given - set(BY_NAME) == set()


@pytest.mark.parametrize("surroundings", [{}, NAMED], ids=["local", "production"])
def test_the_platform_starts_with_what_each_process_is_given(surroundings: dict[str, str]) -> None:
    services = composing.services(composing.read(COMPOSE, {**SECRETS, **surroundings}))
    for one in services.values():
        if one.is_ours:
            assert read(one.environment).is_production == bool(surroundings), one.name


def test_production_refuses_it_with_a_secret_that_is_no_random_text() -> None:
    weak = composing.services(composing.read(COMPOSE, {**SECRETS, **NAMED, "KENO_SEAL_KEY": "00" * 32}))
    with pytest.raises(EnvironmentInvalid, match="weak-seal-key"):
        read(weak["web"].environment)


def test_every_queue_has_one_service_that_works_on_it() -> None:
    worked = [
        queue
        for one in OURS.values()
        if "-Q" in one.command
        for queue in one.command[one.command.index("-Q") + 1].split(",")
    ]
    assert sorted(worked) == sorted(QUEUES)


def test_every_process_stands_alone_without_rights_and_cannot_write_to_its_system() -> None:
    for name, one in OURS.items():
        written = DOCUMENT["services"][name]
        assert one.read_only, name
        assert written["cap_drop"] == ["ALL"], name
        assert written["security_opt"] == ["no-new-privileges:true"], name
        assert one.tmpfs[0].startswith("/tmp:"), name  # noqa: S108  # in the container
        assert one.environment["KENO_PROCESS"] == name


def test_there_are_two_beats_and_two_that_settle() -> None:
    assert (OURS["beat"].scale, OURS["settlement"].scale) == (2, 2)


def test_whoever_publishes_a_port_does_so_on_this_machine_alone() -> None:
    ports = [port for one in DOCUMENT["services"].values() for port in one.get("ports", [])]
    assert len(ports) == 3
    assert all(port.startswith("127.0.0.1:") for port in ports)


def test_the_publishers_key_is_one_processs_alone() -> None:
    assert [name for name, one in SERVICES.items() if "KENO_CHAIN_KEY" in one.environment] == ["anchors"]


def test_servers_have_versions_and_what_is_mounted_is_there() -> None:
    for one in SERVICES.values():
        if not one.is_ours:
            assert one.image.partition(":")[2] not in ("", "latest"), one.image
        for source in one.volumes:
            assert (ROOT / source).exists() if source.startswith(".") else source in DOCUMENT["volumes"], source


def test_prometheus_asks_every_process_that_counts_and_the_exporter_of_state() -> None:
    config = yaml.safe_load((ROOT / "ops/prometheus/compose.yml").read_text())
    asked = {
        *(
            target.partition(":")[0]
            for job in config["scrape_configs"]
            for one in job.get("static_configs", [])
            for target in one["targets"]
        ),
        *(name for job in config["scrape_configs"] for one in job.get("dns_sd_configs", []) for name in one["names"]),
    }
    assert asked == set(OURS) - {"migrate", "beat"}
    assert config["rule_files"] == ["alerts.yml"]


def test_grafana_finds_the_prometheus_and_the_dashboards_that_are_mounted() -> None:
    grafana = SERVICES["grafana"].volumes
    source = yaml.safe_load((ROOT / "ops/grafana/provisioning/source.yml").read_text())["datasources"][0]
    assert source["url"] == "http://prometheus:9090"
    provider = yaml.safe_load((ROOT / "ops/grafana/provisioning/keno.yml").read_text())["providers"][0]
    assert provider["options"]["path"] == grafana["./ops/grafana/dashboards"]
    for file in (ROOT / "ops/grafana/dashboards").glob("*.json"):
        assert json.loads(file.read_text())["uid"]


def test_compose_kubernetes_and_systemd_start_the_same_processes_by_the_same_commands() -> None:
    composed, clustered, units = commands.of_compose(), commands.of_kubernetes(), commands.of_systemd()
    for found in (composed, clustered, units):
        found.pop("migrate", None)
    assert clustered == composed
    assert units == composed
