"""The demo: three brands, their games and players, and players that bet without end."""
