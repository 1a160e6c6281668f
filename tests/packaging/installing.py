"""The installation of compose.yaml, run from a built image without an engine."""

import json
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from keno_platform.local import postgres, valkey
from keno_platform.local.postgres import PostgresServer
from tests.docs.snippets import ROOT
from tests.packaging import composing
from tests.packaging.building import Image
from tests.packaging.composing import Service
from tests.packaging.containers import Container, Network, network

COMPOSE = ROOT / "compose.yaml"
SECRETS = ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "KENO_SECRET_KEY", "KENO_SEAL_KEY")
HEALTHY_WITHIN_S, MIGRATED_WITHIN_S = 120, 300
PAUSE_S = 0.5


@dataclass(slots=True, kw_only=True)
class Installation:
    """Containers of an image by the names of their services: `beat`, and `beat-2` where there are more."""

    image: Image
    services: dict[str, Service]
    network: Network
    directory: Path
    healthy_after_s: dict[str, float] = field(default_factory=dict)

    def __getitem__(self, name: str) -> Container:
        return self.network.containers[name]

    @property
    def ours(self) -> dict[str, Service]:
        """Every container of ours that stays, with the service that it is one of."""
        return {
            name: one
            for one in self.services.values()
            if one.is_ours and not one.profiles and one.name != "migrate"
            for name in numbered(one)
        }

    def start(self, name: str, service: Service) -> Container:
        """Start one container of a service."""
        volumes = {self.directory / "volumes" / source: target for source, target in service.volumes.items()}
        return self.network.start(
            name,
            service.command or self.image.command,
            root=self.image.root,
            environment={**self.image.environment, **service.environment},
            user=self.image.user,
            directory=self.image.directory,
            volumes=volumes,
            read_only=service.read_only,
        )

    def run_to_its_end(self, service: Service) -> float:
        """One that ends by itself. How many seconds it took."""
        began = time.monotonic()
        one = self.start(service.name, service)
        code = one.process.wait(MIGRATED_WITHIN_S)
        assert code == 0, f"{service.name} ended with {code}:\n{one.text()}"
        return time.monotonic() - began

    def is_healthy(self, name: str, service: Service) -> "subprocess.CompletedProcess[str]":
        """What the container's own health check says."""
        return self[name].run(service.health or self.image.health, within_s=20)

    def wait_until_healthy(self) -> None:
        """Ask every container's own check until it is content."""
        began, waiting = time.monotonic(), dict(self.ours)
        while waiting:
            for name, service in [*waiting.items()]:
                one = self[name]
                assert not one.has_ended, f"{name} has ended:\n{one.text()}"
                said = self.is_healthy(name, service)
                if said.returncode == 0:
                    self.healthy_after_s[name] = time.monotonic() - began
                    del waiting[name]
                late = time.monotonic() - began > HEALTHY_WITHIN_S
                assert not late, f"{name} is not healthy: {said.stderr}\n{one.text()}"
            time.sleep(PAUSE_S)

    def keno(self, *arguments: str, within_s: float = 120) -> "subprocess.CompletedProcess[str]":
        """The command line, in the container of the web."""
        return self["web"].run(["python", "-m", "keno_platform.keno", *arguments], within_s=within_s)


def numbered(service: Service) -> list[str]:
    return [service.name, *(f"{service.name}-{number}" for number in range(2, service.scale + 1))]


@contextmanager
def installed(image: Image, directory: Path) -> Iterator[Installation]:
    """
    All of compose.yaml that has no profile, as `docker compose up` starts it: servers, migrations, the rest. PostgreSQL
    and Valkey are those of the local installation, under the flags that compose.yaml gives to their images.
    """
    values = {name: secrets.token_hex(32) for name in SECRETS}
    services = composing.services(composing.read(COMPOSE, values))
    (directory / "volumes").mkdir(parents=True)
    with network(directory) as bridge:
        bridge.stack.callback(postgres.remove, directory / "postgres")
        one = Installation(image=image, services=services, network=bridge, directory=directory)
        bridge.name("postgres", "redis", *one.ours)
        _make_volumes(one)
        _start_postgres(one)
        _start_redis(one)
        one.run_to_its_end(services["migrate"])
        for name, service in one.ours.items():
            one.start(name, service)
        one.wait_until_healthy()
        yield one


def _make_volumes(one: Installation) -> None:
    """A new volume has the owner and the rights that its directory has in the image."""
    for service in one.ours.values():
        for source, target in service.volumes.items():
            place, inside = one.directory / "volumes" / source, one.image.path(target)
            if not place.exists():
                place.mkdir()
                shutil.copystat(inside, place)
                shutil.chown(place, inside.stat().st_uid, inside.stat().st_gid)


def _start_postgres(one: Installation) -> None:
    service = one.services["postgres"]
    given = service.environment
    server = postgres.prepare(home=one.directory / "postgres", port=5432)
    server = replace(server, home=_beside(server))
    _initialise(server, password=given["POSTGRES_PASSWORD"], arguments=given["POSTGRES_INITDB_ARGS"].split())
    account = server.account
    program, *flags = service.command
    flags += ["-c", "listen_addresses=*", "-c", "unix_socket_directories=", "-c", "timezone=UTC"]
    one.network.start(
        "postgres",
        [str(server.programs / program), "-D", str(server.data), *flags],
        root=None,
        environment={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
        user=f"{account.uid}:{account.gid}" if account else "0:0",
        directory=str(server.home),
    )
    _wait_for(one["postgres"], "ready to accept connections")


def _beside(server: PostgresServer) -> Path:
    """A second home for the same programs: the first one's data was made with other arguments than compose's."""
    home = server.home / "composed"
    home.mkdir(mode=0o700)
    if server.account:
        shutil.chown(home, server.account.uid, server.account.gid)
    return home


def _initialise(server: PostgresServer, *, password: str, arguments: list[str]) -> None:
    """As the entry point of the image called postgres does: passwords for everybody who comes over the network."""
    file = server.home / "password"
    file.write_text(password)
    account = server.account
    if account:
        shutil.chown(file, account.uid, account.gid)
    command = [server.programs / "initdb", "-D", server.data, "-U", "keno", "-A", "scram-sha-256", "--pwfile", file]
    who = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    subprocess.run([*command, *arguments], check=True, capture_output=True, cwd=server.home, **who)
    with (server.data / "pg_hba.conf").open("a") as rules:
        rules.write("host all all all scram-sha-256\n")
    single = [server.programs / "postgres", "--single", "-D", server.data, "postgres"]
    subprocess.run(single, check=True, input=b"CREATE DATABASE keno\n", capture_output=True, cwd=server.home, **who)


def _start_redis(one: Installation) -> None:
    home = one.directory / "redis"
    server = valkey.prepare(home=home, port=6379)
    flags = one.services["redis"].command[1:]
    one.network.start(
        "redis",
        [str(server.program), *flags, "--dir", str(home), "--bind", "0.0.0.0", "--protected-mode", "no"],  # noqa: S104
        root=None,
        environment={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin"},
    )
    _wait_for(one["redis"], "Ready to accept connections")


def _wait_for(container: Container, words: str) -> None:
    deadline = time.monotonic() + 60
    while words not in container.text():
        assert not container.has_ended, container.text()
        assert time.monotonic() < deadline, container.text()
        time.sleep(0.1)


def document(ended: "subprocess.CompletedProcess[str]") -> Any:
    """What a command has printed as JSON."""
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return json.loads(ended.stdout)
