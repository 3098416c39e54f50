"""Floor 8: one side of `tinynn compare`, run as `python .../cli/peer` by interpreters that need not have tinynn.

So these files import the standard library, and beside it only each other, by their bare names. What they know of an
engine is in engines.py.
"""
