"""The calls about operators: the provider's, and those of an operator about its keys, signatures and wallet."""
