"""The one use case: make the forge show what is true of a pull request right now.

A delivery only says "look at pull request n again". Reconciling reads the live state, evaluates
it, and publishes the result if the head is still the one that was evaluated. It is idempotent:
run it twice, at any time, after any crash, and the forge shows the same; what already stands is
not written again.
"""

from bot.reconcile.discovery import discover
from bot.reconcile.jobs import find, handle, report_poison

__all__ = ["discover", "find", "handle", "report_poison"]
