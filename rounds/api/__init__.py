"""Games, rounds, and what a stranger checks them with."""
