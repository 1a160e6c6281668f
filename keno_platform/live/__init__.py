"""Telling the world at once: topics on Redis, one subscription a process, one frame encoded once."""
