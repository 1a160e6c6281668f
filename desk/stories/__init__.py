"""Whole stories: what happened to a bet, in a round, or with a player, from every room, in the order of time."""
