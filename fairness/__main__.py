"""`python -m fairness verify ...`: see `fairness.cli`."""

import sys

from fairness.cli import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
