"""The conformance run: every rule of the wallet API as a named scenario against the address of a wallet."""
