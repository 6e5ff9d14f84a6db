"""One digest of the rules of a dataset: approvals are bound to it."""

import json
from hashlib import sha256

from bot.policy import DatasetPolicy

MEANING = 1
"""Goes up when a rule that is written the same, or left out, comes to mean something else."""


def policy_digest(dataset: DatasetPolicy) -> str:
    """``sha256:<hex>`` of the rules of one dataset, the same however the file writes them.

    Only what differs from the defaults is part of it, and `MEANING`: writing a default out changes
    nothing, and a service that knows one key more voids no standing approval.
    """
    rules = dataset.model_dump(mode="json", by_alias=True, exclude_defaults=True)
    canonical = json.dumps([MEANING, rules], sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return f"sha256:{sha256(canonical.encode()).hexdigest()}"
