"""
Rate limits: how often a player, an address and an operator may call, counted in Redis for all processes together.

`rates` says what is allowed, `demands` what a call asks for, `gcra` is the script that answers in Redis. Threads ask
with `asking`, event loops with `gathering`, where calls that arrive together share one script call, and with `leases`,
which take a budget in chunks. `sockets` counts open connections, `guesses` wrong credentials.

Where Redis does not answer, calls that move money are refused and all others are let through; see docs/abuse.md.
"""
