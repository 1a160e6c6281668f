"""
A Dockerfile's instructions carried out, one after the other, in a directory that a clean Debian was put into.

It is not Docker: there are no layers, and nothing is remembered. What each RUN finds and leaves is the same.
"""

import os
import shutil
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from tests.packaging.context import Context
from tests.packaging.dockerfile import Instruction, NotUnderstood, Stage, substitute

BASE_ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/local/sbin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8"}
"""Of the images called python:*-slim."""
_PACKAGES = "ca-certificates,netbase,tzdata,python3,python3-venv"
_CERTIFICATES = Path("etc/ssl/certs/ca-certificates.crt")
_PROXIES = frozenset({"HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"})
_TRUSTING = ("SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS", "PIP_CERT")
WITHIN_S = 900


@dataclass(slots=True, kw_only=True)
class Image:
    """A root directory, and what the instructions have said of how to run it."""

    root: Path
    environment: dict[str, str]
    directory: str = "/"
    user: str = "0:0"
    command: list[str] = field(default_factory=list)
    health: list[str] = field(default_factory=list)
    labels: dict[str, str] = field(default_factory=dict)

    def path(self, inside: str) -> Path:
        """Where a path of the image, absolute or from its directory, really is."""
        return self.root / os.path.normpath(f"{self.directory}/{inside}" if inside[0] != "/" else inside).lstrip("/")


class StepFailed(AssertionError):
    """A RUN ended with another code than 0; the text has what it said."""


def make_base(root: Path) -> None:
    """
    Debian with Python and nothing else, where `python` is found as in the images called python:*-slim.

    :raises subprocess.CalledProcessError: debootstrap could not get it.
    """
    command = ["debootstrap", "--variant=minbase", f"--include={_PACKAGES}", "bookworm", str(root)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, timeout=WITHIN_S)
    (root / "usr/local/bin/python").symlink_to("/usr/bin/python3")
    # What this machine trusts, and asks for names: Docker hands on the latter, and build machines add the former.
    shutil.copy(Path("/") / _CERTIFICATES, root / _CERTIFICATES)
    shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")


class Builder:
    """Builds stages below a directory, from one base."""

    def __init__(self, base: Path, directory: Path, context: Context, *, arguments: Mapping[str, str]) -> None:
        self.base, self.directory, self.context, self.arguments = base, directory, context, arguments
        self.done: dict[str, Image] = {}

    def build(self, stages: Sequence[Stage]) -> Image:
        """
        All of them, and the last one's image.

        :raises StepFailed: a command failed.
        :raises NotUnderstood: an instruction has something in it that this cannot do.
        """
        for stage in stages:
            image = self._begin(stage)
            values = dict[str, str]()
            for one in stage.instructions:
                self._carry_out(one, image, values)
            self.done[stage.name] = image
        return self.done[stages[-1].name]

    def _begin(self, stage: Stage) -> Image:
        root = self.directory / stage.name
        known = self.done.get(stage.base)
        subprocess.run(["cp", "-a", "--reflink=auto", known.root if known else self.base, root], check=True)
        if known:
            return replace(known, root=root, environment=dict(known.environment), labels=dict(known.labels))
        return Image(root=root, environment=dict(BASE_ENVIRONMENT))

    def _carry_out(self, one: Instruction, image: Image, values: dict[str, str]) -> None:
        known = {**values, **image.environment}
        one = replace(one, rest=one.rest if one.word == "RUN" else substitute(one.rest, known))
        match one.word:
            case "RUN":
                self._run(one, image, values)
            case "COPY":
                self._copy(one, image)
            case "ENV":
                image.environment |= one.pairs
            case "ARG":
                values |= {name: self.arguments.get(name, value) for name, value in one.pairs.items()}
            case "LABEL":
                image.labels |= one.pairs
            case "WORKDIR":
                image.path(one.rest).mkdir(parents=True, exist_ok=True)
                image.directory = "/" + image.path(one.rest).relative_to(image.root).as_posix()
            case "USER":
                image.user = one.rest
            case "CMD":
                image.command = one.command
            case "HEALTHCHECK":
                image.health = replace(one, rest=one.rest.removeprefix("CMD ")).command
            case "EXPOSE" | "STOPSIGNAL":
                pass
            case _:
                raise NotUnderstood(one.word)

    def _run(self, one: Instruction, image: Image, values: Mapping[str, str]) -> None:
        environment = {**_for_clients(), "HOME": "/root", **{k: v for k, v in values.items() if v}, **image.environment}
        script = (
            'mount -t proc proc "$ROOT/proc" && mount --rbind /dev "$ROOT/dev" && exec chroot "$ROOT" '
            '/usr/bin/env -u ROOT -C "$@"'
        )
        command = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "sh", "-ec", script, "sh", image.directory]
        began = time.monotonic()
        ended = subprocess.run(
            [*command, *one.command],
            env={**environment, "ROOT": str(image.root)},
            capture_output=True,
            text=True,
            timeout=WITHIN_S,
            check=False,
        )
        print(f"{time.monotonic() - began:6.1f} s  RUN {one.rest[:100]}", flush=True)
        if ended.returncode:
            raise StepFailed(f"RUN {one.rest}\n{ended.stdout}{ended.stderr}")

    def _copy(self, one: Instruction, image: Image) -> None:
        if unknown := set(one.flags) - {"from"}:
            raise NotUnderstood(f"COPY {unknown}")
        *sources, target = one.words
        into = target.endswith("/") or target == "." or len(sources) > 1
        place = image.path(target)
        if "from" not in one.flags:
            self.context.copy(sources, place, into=into)
            return
        source = self.done[one.flags["from"]]
        for path in sources:
            place.parent.mkdir(parents=True, exist_ok=True)
            subprocess.run(["cp", "-a", "-T", source.path(path), place], check=True)


def _for_clients() -> dict[str, str]:
    """How this machine reaches the package indexes, as `docker build` is told it: proxies, and whom to trust."""
    proxies = {name: value for name, value in os.environ.items() if name in _PROXIES}
    return proxies | {name: f"/{_CERTIFICATES}" for name in _TRUSTING if name in os.environ}
