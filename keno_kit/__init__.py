"""
What an operator's engineer integrates with: a sandbox wallet that breaks on demand, and a conformance run against a
wallet of one's own. Stands alone: Python's standard library, aiohttp, cryptography and msgspec.

    python -m keno_kit wallet         the sandbox wallet
    python -m keno_kit conformance    the rules of the wallet API, one scenario each, against a wallet's address
    python -m keno_kit magic          the magic players of the sandbox wallet
    python -m keno_kit keys           a key pair for trying things out
"""

__version__ = "1.0"
