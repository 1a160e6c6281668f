"""
Starting the demo's wallets: `python -m keno_platform.local.wallets baobab|sandbox DEMO_FILE HOME [PORT]`.

What they need to know stands in the demo's file, which is there before they start. The process becomes the wallet. With
a PORT it listens there, behind a proxy on the port that the platform was told.
"""

import json
import os
import sys
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent.parent


def main(name: str, file: Path, home: Path, port: int | None = None) -> None:
    demo = json.loads(file.read_text())
    arguments, secrets = {"baobab": _baobab, "sandbox": _sandbox}[name](demo, home, port)
    environment = {**os.environ, **secrets, "PYTHONPATH": f"{PROJECT / 'sdk' / 'python'}{os.pathsep}{PROJECT}"}
    os.execve(sys.executable, [sys.executable, "-m", *arguments], environment)  # noqa: S606  # no shell, on purpose


def _baobab(demo: dict[str, Any], home: Path, port: int | None) -> tuple[list[str], dict[str, str]]:
    own = next(each for each in demo["operators"] if each["slug"] == "baobab")
    arguments = ["examples.operator", "--port", str(port or own["port"]), "--database", str(home / "baobab.sqlite")]
    arguments += ["--platform", demo["base_url"], "--currency", own["currency"], "--welcome", own["money"], "--quiet"]
    return arguments, {"KENO_API_KEY": own["api_key"], "KENO_WEBHOOK_SECRET": own["webhook_secret"]}


def _sandbox(demo: dict[str, Any], home: Path, port: int | None) -> tuple[list[str], dict[str, str]]:
    own = demo["sandbox"]
    arguments = ["keno_kit", "wallet", "--port", str(port or own["port"]), "--database", str(home / "sandbox.sqlite")]
    arguments += ["--currency", own["currency"], "--balance", own["money"], "--open", "", "--hmac-secret"]
    return [*arguments, own["wallet_secret"]], {}


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]) if len(sys.argv) > 4 else None)
