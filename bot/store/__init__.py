"""Everything the service remembers, in PostgreSQL.

None of it decides anything: the forge is the truth, and a lost database only costs work. The one
exception, when a fingerprint was first published, can be read back from our check on the forge.
"""

from bot.store.blobs import BlobStore
from bot.store.evaluations import EvaluationStore
from bot.store.intake import Delivery, Installation, IntakeStore
from bot.store.jobs import JobStore, QueueDepth
from bot.store.lists import ListStore
from bot.store.publications import PublicationStore
from bot.store.states import PullRequestState, StateStore

__all__ = [
    "Delivery",
    "Installation",
    "PullRequestState",
    "QueueDepth",
    "Store",
]


class Store(IntakeStore, PublicationStore, EvaluationStore, StateStore, BlobStore, ListStore, JobStore):
    """All of it over one pool; each part is described where it is defined."""
