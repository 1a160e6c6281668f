"""
The command line: `./keno VERB`, the same as `python -m keno_platform.keno VERB`.

Every verb writes through `output`: lines and tables for people, one JSON document with `--json` for programs, progress
on standard error and only where somebody looks. A verb that needs the platform's environment and finds none takes that
of the local installation, when one runs.
"""
