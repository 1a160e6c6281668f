"""
KPS-1, the fair-draw protocol: how a round's numbers come to be, and what a stranger checks.

Bytes in, numbers out. Nothing here knows Django, a database or the clock, and nothing but the standard
library is imported, so the folder can be copied out and run by anybody. Only the check of a beacon's BLS
signature needs a library (`pyblst`, or `py_ecc`), which is looked for when the first signature is checked,
not before.

Verifying raises an error of `fairness.errors` that names the first check that failed; it never returns a
boolean.
"""
