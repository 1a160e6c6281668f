"""The codes that the demo's member of staff and its lottery's admins are asked for, in the place of a phone's app."""

import base64
import json
import time

from django_otp import oath

from keno_platform.local.home import Home

STEP_S = 30


def describe(home: Home) -> str:
    """
    Whose code it is now, and how long they count.

    :raises LookupError: nothing was started here yet.
    """
    if not home.demo.exists():
        raise LookupError("There is no demo here yet. Start it with `make run`.")
    demo = json.loads(home.demo.read_text())
    people = [demo["admin"], *demo["lottery"]["members"]]
    codes = [f"{_code(each['second_factor'])}  {each['username']}" for each in people if "second_factor" in each]
    left = STEP_S - int(time.time()) % STEP_S
    return "\n".join([*codes, f"(for {left} s more; each counts once)"])


def _code(secret: str) -> str:
    return f"{oath.totp(base64.b32decode(''.join(secret.split()))):06d}"
