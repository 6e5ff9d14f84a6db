"""The one sticky comment, edited in place.

It holds nothing that changes without meaning (no time of evaluation, no head SHA): an unchanged
decision is an unchanged comment, and an unchanged comment is not written again.
"""

from bot.releases import Evaluation
from bot.report.body import explanations, sections
from bot.report.limits import MAX_BYTES, fit, size
from bot.report.wording import in_words
from bot.report.words import GITHUB_WORDS, ForgeWords

MARKER = "<!-- sevengates v1 "
"""How our comment begins; it is ours only if its author is, too."""


def comment(evaluation: Evaluation, words: ForgeWords = GITHUB_WORDS) -> str:
    """The whole comment: marker line, then the report; at most 65,535 bytes."""
    head = marker(evaluation)
    parts = (*sections(in_words(evaluation, words), words), *explanations(evaluation, words))
    return head + "\n\n" + fit(parts, limit=MAX_BYTES - size(head) - 2)


def marker(evaluation: Evaluation) -> str:
    """The invisible first line: number, decision and the first fingerprints."""
    prints = " ".join(release.fingerprint for release in evaluation.releases[:10])
    return f"{MARKER}#{evaluation.number} {evaluation.kind.value} {prints}".rstrip() + " -->"


def is_marked(body: str) -> bool:
    """Whether a comment's text begins with our marker, whatever its version says after that."""
    return body.startswith(MARKER)
