"""
A small Ethereum node of this machine's own, so that a demo's roots are anchored without an account anywhere.

py-evm executes, one SQLite file keeps, uvicorn serves the standard JSON-RPC methods that a sender of
transactions and a verifier use. There is no network, no consensus and no fork: one node makes every block.
It is for development and demonstrations: whoever runs it could rewrite it.
"""

CHAIN_ID = 31337
"""As of other development nodes, too: wallets and tools know that this is no public chain."""
