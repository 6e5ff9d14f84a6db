"""One digest of the rules of a dataset: approvals are bound to it."""

import json
from hashlib import sha256

from bot.policy import DatasetPolicy


def policy_digest(dataset: DatasetPolicy) -> str:
    """``sha256:<hex>`` of the rules of one dataset, the same however the file writes them.

    Defaults are part of it: writing one out changes nothing, changing one in the code does.
    """
    rules = dataset.model_dump(mode="json", by_alias=True)
    canonical = json.dumps(rules, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return f"sha256:{sha256(canonical.encode()).hexdigest()}"
