"""
The members' application: pages under /lottery on an operator's own domain, made for a telephone.

Every page is whole without scripts; three small modules make it live. What a page does is one call of this room's
services. `visits` knows who is there, `words` speaks, `booth` admits and shows; the other modules are the pages.
"""
