"""Builders of accounts, commits, reviews and comments for tests of approvals and waivers."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from bot.forges.base import Account, Activity, Comment, Commit, Review, ReviewState
from bot.publications import Publication, PublicationKind, Publications

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)


def at(seconds: int) -> datetime:
    """Noon and `seconds`."""
    return NOON + timedelta(seconds=seconds)


def account(number: int, login: str = "", *, human: bool = True, can_write: bool = True) -> Account:
    return Account(id=number, login=login or f"user{number}", human=human, can_write=can_write)


def commit(sha: str, author: Account | None, committer: Account | None = None, *, co: str = "") -> Commit:
    return Commit(sha=sha, author=author, committer=committer or author, co_authors=(co,) if co else ())


def review(
    number: int, by: Account, state: ReviewState, when: datetime, *, on: str | None = "head"
) -> Review:
    return Review(id=number, author=by, state=state, submitted_at=when, commit_sha=on)


def comment(number: int, by: Account, body: str, when: datetime, *, edited: bool = False) -> Comment:
    updated = when + timedelta(seconds=9) if edited else when
    return Comment(id=number, author=by, body=body, created_at=when, updated_at=updated)


def activity(**parts: object) -> Activity:
    return Activity(**parts)  # type: ignore[arg-type]


def published(times: Mapping[str, datetime], *, on: Mapping[str, str] | None = None) -> Publications:
    """One release whose fingerprints were shown from these times on, for the heads `on` ("head")."""
    return Publications(
        tuple(
            Publication(
                release_key="r",
                kind=kind,
                fingerprint=fingerprint,
                at=time,
                head_sha=(on or {}).get(fingerprint, "head"),
            )
            for fingerprint, time in times.items()
            for kind in PublicationKind
        )
    )
