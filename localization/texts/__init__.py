"""
The texts of the player's client: for each a stable key and its English source, the gettext msgid.

One module for each part of the client. `{name}` is a value that the client fills in; an amount or a time is formatted
before it is put there.
"""
