"""What each operator has in its own schema: players, money and bets."""
