"""
What can be seen of a running installation: metrics, logs and traces.

`instruments` are the counts that processes keep, `registry` puts those of all processes of a machine together,
`logs` and `facts` say in each line which call, operator, round and bet it is about, `redaction` takes secrets and
people out, and `tracing` follows a call to an operator's wallet and back. Nothing in here knows a room.
"""
