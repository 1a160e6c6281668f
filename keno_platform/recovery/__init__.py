"""Backups of the database: made, verified, kept, restored. No Django: a restore begins where nothing runs."""
