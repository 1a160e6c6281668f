"""The sandbox wallet: the wallet API as an operator should implement it, and every way of doing it wrong on demand."""
