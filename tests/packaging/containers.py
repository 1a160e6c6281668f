"""
Containers without an engine, for a test: each process alone with a root of its own that it cannot write to, its own
process ids and host name, and an address on a bridge where the others are found by their names. Needs root and Linux.
"""

import os
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from keno_platform.local import children

NETWORK = "10.89.0"
"""Inside a namespace of the test's own: nobody else on this machine is in it."""
READY_WITHIN_S = 90
_SETUP = """
hostname "$NAME"
for volume in $VOLUMES; do mount --bind "${volume%%:*}" "$ROOT${volume#*:}"; done
mount -t tmpfs -o mode=1777,size=256m tmpfs "$ROOT/tmp"
mount -t proc -o nosuid,nodev,noexec proc "$ROOT/proc"
mount -t tmpfs -o mode=755 tmpfs "$ROOT/dev"
device() { mknod -m 666 "$ROOT/dev/$1" c "$2" "$3"; }
device null 1 3; device zero 1 5; device full 1 7; device random 1 8; device urandom 1 9
ln -s /proc/self/fd "$ROOT/dev/fd"
mkdir "$ROOT/dev/shm" && mount -t tmpfs -o mode=1777 tmpfs "$ROOT/dev/shm"
mount --bind "$HOSTS" "$ROOT/etc/hosts"
"""
_INSIDE = ["--no-new-privs", "--bounding-set=-all", "--inh-caps=-all", "--clear-groups"]


@dataclass(slots=True, kw_only=True)
class Container:
    """One that runs, or has run. `process` is its keeper on this side; inside, the command has the id 1."""

    name: str
    address: str
    network: int
    root: Path | None
    environment: Mapping[str, str]
    directory: str
    user: str
    log: Path
    process: "subprocess.Popen[bytes]"

    @property
    def first(self) -> int:
        """The id that its first process has on this side; 0 when it has ended."""
        keeper = self.process.pid
        found = Path(f"/proc/{keeper}/task/{keeper}/children")
        return int((found.read_text().split() or ["0"])[0]) if found.exists() else 0

    @property
    def has_ended(self) -> bool:
        return self.process.poll() is not None

    def run(
        self, command: Sequence[str], *, stdin: str = "", within_s: float = 120
    ) -> "subprocess.CompletedProcess[str]":
        """Another command in it, as `docker exec` runs one."""
        enter = ["nsenter", "-t", str(self.first), "-m", "-p", "-n", "-u", "-i"]
        return subprocess.run(
            [*enter, *inside(self.root, self.user, self.directory), *command],
            env=dict(self.environment),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=within_s,
            check=False,
        )

    def stop(self, *, within_s: float = 30) -> float:
        """Ask its first process to end, as `docker stop` does; kill it after `within_s`. The seconds that it took."""
        began = time.monotonic()
        if first := self.first:
            os.kill(first, signal.SIGTERM)
        try:
            self.process.wait(within_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        return time.monotonic() - began

    def text(self) -> str:
        return self.log.read_text(errors="replace")


def inside(root: Path | None, user: str, directory: str) -> list[str]:
    """What stands before a command of an image: its root, its account without rights, its directory."""
    uid, gid = user.split(":")
    drop = ["setpriv", f"--reuid={uid}", f"--regid={gid}", *_INSIDE]
    return [*(["chroot", str(root)] if root else []), *drop, "env", "-C", directory]


@dataclass(slots=True)
class Network:
    """A bridge in a namespace of its own, and the containers on it."""

    directory: Path
    stack: ExitStack
    keeper: int = 0
    containers: dict[str, Container] = field(default_factory=dict)
    _names: dict[str, str] = field(default_factory=dict)

    def __enter__(self) -> Self:
        self.stack.__enter__()
        self.keeper = self._namespace()
        for command in ("link add bridge0 type bridge", f"addr add {NETWORK}.1/16 dev bridge0", "link set bridge0 up"):
            self._ip(self.keeper, command)
        return self

    def __exit__(self, *of_error: Any) -> None:
        for one in reversed(self.containers.values()):
            if not one.has_ended:
                one.process.kill()
                one.process.wait()
        self.stack.__exit__(*of_error)

    def name(self, *names: str) -> None:
        """Give names their addresses before anybody asks for them."""
        for one in names:
            self._names.setdefault(one, f"{NETWORK}.{len(self._names) + 2}")
        lines = ["127.0.0.1 localhost", *(f"{address} {name}" for name, address in self._names.items())]
        (self.directory / "hosts").write_text("\n".join(lines) + "\n")

    def start(
        self,
        name: str,
        command: Sequence[str],
        *,
        root: Path | None,
        environment: Mapping[str, str],
        user: str = "0:0",
        directory: str = "/",
        volumes: Mapping[Path, str] | None = None,
        read_only: bool = True,
    ) -> Container:
        """A container's first process. Without `root` it sees this machine's files, for servers that stand beside."""
        self.name(name)
        network = self._namespace()
        self._plug_in(network, self._names[name], link=f"v{len(self.containers)}")
        script = self._script(root, read_only=read_only) + 'exec "$@"\n'
        log = self.directory / f"{name}.log"
        chosen = {"ROOT": root or "", "NAME": name, "HOSTS": self.directory / "hosts"}
        chosen["VOLUMES"] = " ".join(f"{here}:{there}" for here, there in (volumes or {}).items())
        forgotten = [part for variable in chosen for part in ("-u", variable)]
        apart = ["nsenter", f"--net=/proc/{network}/ns/net", *_unshare(), "sh", "-c", script, "sh"]
        with log.open("ab") as output:
            process = children.start(
                [*apart, *inside(root, user, directory), *forgotten, *command],
                output=output,
                environment={**environment, **{variable: str(value) for variable, value in chosen.items()}},
            )
        self.containers[name] = Container(
            name=name,
            address=self._names[name],
            network=network,
            root=root,
            environment=environment,
            directory=directory,
            user=user,
            log=log,
            process=process,
        )
        return self.containers[name]

    def _script(self, root: Path | None, *, read_only: bool) -> str:
        if root is None:
            return 'set -e\nhostname "$NAME"\n'
        last = 'mount -o remount,ro,bind "$ROOT"\n' if read_only else ""
        # The binding is a mount of its own, which alone becomes read-only.
        return 'set -e\nmount --bind "$ROOT" "$ROOT"\n' + _SETUP + last

    def _namespace(self) -> int:
        process = self.stack.enter_context(_sleeping(["unshare", "--net", "sleep", "infinity"]))
        deadline = time.monotonic() + 10
        while os.readlink(f"/proc/{process.pid}/ns/net") == os.readlink("/proc/self/ns/net"):
            assert time.monotonic() < deadline, "no namespace"
            time.sleep(0.01)
        self._ip(process.pid, "link set lo up")
        return process.pid

    def _plug_in(self, network: int, address: str, *, link: str) -> None:
        self._ip(self.keeper, f"link add {link} type veth peer name eth0 netns {network}")
        self._ip(self.keeper, f"link set {link} master bridge0 up")
        self._ip(network, f"addr add {address}/16 dev eth0")
        self._ip(network, "link set eth0 up")

    def _ip(self, network: int, command: str) -> None:
        subprocess.run(
            ["nsenter", f"--net=/proc/{network}/ns/net", "ip", *command.split()], check=True, capture_output=True
        )


def network(directory: Path) -> Network:
    """A network whose logs and list of hosts are kept in `directory`; everything on it ends with the block."""
    return Network(directory, ExitStack())


def _unshare() -> list[str]:
    return ["unshare", "--mount", "--pid", "--uts", "--ipc", "--fork", "--kill-child"]


@contextmanager
def _sleeping(command: Sequence[str]) -> Any:
    process = children.start(command, output=subprocess.DEVNULL)
    try:
        yield process
    finally:
        children.stop(process)
