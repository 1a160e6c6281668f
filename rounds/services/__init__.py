"""Changing rounds: games, epochs made ahead, the arrows of a round, and the tick that drives them."""
