"""
KAR-1: how the house's record of events is sealed, and what a stranger checks.

Every entry is a leaf of its log, a tree that only grows; each operator has a log of its own, and the house one. At a
checkpoint the roots of all logs are the leaves of one more tree, whose root the house signs, together with the hash of
the checkpoint before. Some checkpoints are anchored on the chain (kind 3).
"""
