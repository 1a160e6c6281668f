"""
The platform on one machine: PostgreSQL, Valkey and a chain from wheels, every process under one supervisor.

For development, demonstrations and tests. Nothing here is imported by the platform itself, and nothing here
imports it: the front starts the same commands that an operator of a real installation would.
"""
