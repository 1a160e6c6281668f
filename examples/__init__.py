"""Examples that run from a checkout: the SDK is found beside them where it is not installed."""

import sys
from importlib.util import find_spec
from pathlib import Path

if find_spec("keno_operator") is None:
    sys.path.append(str(Path(__file__).resolve().parents[1] / "sdk" / "python"))
