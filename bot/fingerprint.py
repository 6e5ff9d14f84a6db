"""The release fingerprint: what an approval is bound to.

A hash over everything that makes this release this release, and over nothing else: a rebase or an
unrelated commit leaves it as it is, any change of the release makes another. Timestamps, counts
and prose never enter it.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from bot.answers import Answer, Waiver

VERSION = "sevengates-fingerprint-1"

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford base32: https://www.crockford.com/base32.html
_LENGTH = 32
"""Characters kept: 160 bits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FingerprintInputs:
    """Everything the fingerprint binds.

    `watched`: path of every watched file at the head → kind and Git object id. `external`: URL or path of
    evidence outside the watched files → digest. `baseline`: what the candidate is compared with.
    `answers`: gates 1 to 6. `lead`: the owner who must approve, as CODEOWNERS writes it.
    """

    dataset: str
    base_ref: str
    watched: Mapping[str, str]
    external: Mapping[str, str] = field(default_factory=dict)
    policy: str = ""
    baseline: str = ""
    answers: Sequence[Answer] = ()
    lead: str = ""
    waivers: Sequence[Waiver] = ()

    def with_waivers(self, waivers: Sequence[Waiver]) -> "FingerprintInputs":
        """The same release with these waivers."""
        return replace(self, waivers=tuple(waivers))


def fingerprint(inputs: FingerprintInputs) -> str:
    """The fingerprint: 32 characters of lower-case Crockford base32 over a canonical JSON form."""
    document = [
        VERSION,
        inputs.dataset,
        inputs.base_ref,
        sorted(inputs.watched.items()),
        sorted(inputs.external.items()),
        inputs.policy,
        inputs.baseline,
        [(answer.gate, answer.outcome, answer.codes) for answer in inputs.answers],
        inputs.lead,
        sorted((waiver.gate, waiver.reason, waiver.by, waiver.comment_id) for waiver in inputs.waivers),
    ]
    canonical = json.dumps(document, ensure_ascii=True, separators=(",", ":"))
    number = int.from_bytes(hashlib.sha256(canonical.encode("ascii")).digest()[:20], "big")
    return "".join(_ALPHABET[(number >> shift) & 31] for shift in range(5 * (_LENGTH - 1), -1, -5))


def short(full: str) -> str:
    """The form people compare by eye: ``r7k2-9f3c…``."""
    return f"{full[:4]}-{full[4:8]}…"
