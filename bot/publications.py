"""What the forge showed of a release, when: the base of "approved after it was shown".

It is not enough that a fingerprint was shown at some time before: the author could publish one
release, let the lead approve another, and push the first one back. What counts is which
fingerprint stood on the forge at the moment of the review.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

NOTHING = ""
"""The fingerprint of what is shown while one release takes the place of another: of none."""


class PublicationKind(StrEnum):
    """Approvals are bound to the final fingerprint, waivers to the one without waivers."""

    FINAL = "final"
    UNWAIVED = "unwaived"


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """From `at` on (forge time), `fingerprint` was what the forge showed of one release.

    `head_sha` is the head of the pull request that it was shown for.
    """

    release_key: str
    kind: PublicationKind
    fingerprint: str
    at: datetime
    head_sha: str


class Shown(StrEnum):
    """Whether a fingerprint was what the forge showed at some moment."""

    YES = "yes"
    SAME_SECOND = "same second"
    """It was published in that very second; forge times are no finer, so this is not counted."""
    NO = "no"


@dataclass(frozen=True, slots=True)
class Publications:
    """Every publication known for one pull request."""

    known: tuple[Publication, ...] = ()

    def __or__(self, other: "Publications") -> "Publications":
        """What either knows."""
        return Publications(tuple(dict.fromkeys((*self.known, *other.known))))

    def shown(self, kind: PublicationKind, fingerprint: str, when: datetime) -> Shown:
        """Whether the forge showed `fingerprint` at `when`, and had since before that second.

        A forge may give fractions of a second for reviews, but its clock at a publication is read
        from an HTTP ``Date``, which has none (https://www.rfc-editor.org/rfc/rfc9110#name-date-time-formats).
        """
        keys = {p.release_key for p in self.known if p.kind is kind and p.fingerprint == fingerprint}
        series = [p for p in self.known if p.kind is kind and p.release_key in keys]
        if any(_second(p.at) == _second(when) for p in series):
            return Shown.SAME_SECOND
        last = max((_second(p.at) for p in series if p.at < when), default=None)
        latest = {p.fingerprint for p in series if _second(p.at) == last}
        return Shown.YES if latest == {fingerprint} else Shown.NO

    def shown_on(self, kind: PublicationKind, fingerprint: str, head_sha: str) -> bool:
        """Whether the forge ever showed `fingerprint` for this head."""
        return any((p.kind, p.fingerprint, p.head_sha) == (kind, fingerprint, head_sha) for p in self.known)

    def news(self, candidates: Iterable[Publication]) -> tuple[Publication, ...]:
        """Those of `candidates` that are not what was shown last of their release, for the same head."""
        last = self._last()
        return tuple(
            p
            for p in candidates
            if (before := last.get((p.release_key, p.kind))) is None
            or (before.fingerprint, before.head_sha) != (p.fingerprint, p.head_sha)
        )

    def replaced(self, candidates: Iterable[Publication]) -> tuple[Publication, ...]:
        """Those of `candidates` whose fingerprint is not what was shown last of their release."""
        last = self._last()
        return tuple(
            p
            for p in candidates
            if (before := last.get((p.release_key, p.kind))) is None or before.fingerprint != p.fingerprint
        )

    def _last(self) -> dict[tuple[str, PublicationKind], Publication]:
        return {(p.release_key, p.kind): p for p in sorted(self.known, key=lambda p: p.at)}


def _second(at: datetime) -> datetime:
    return at.replace(microsecond=0)
