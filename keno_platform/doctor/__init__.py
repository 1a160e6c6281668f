"""
The doctor looks at an installation from outside in: the machine, the environment, the database, the broker, and what
the platform has to do. Every fault comes with the line that mends it.

It begins without Django, because a wrong environment is the first thing that keeps the platform from starting.
"""
