"""`python -m keno_kit ...`: see `keno_kit.cli`."""

import sys

from keno_kit.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
