"""CODEOWNERS: who owns a path, in GitHub's and in GitLab's dialect, and who leads its release.

The two dialects disagree on comments, brackets, depth and on what a second matching line means;
they are separate types with the same four members: `file`, `problems`, `owners_of`, `doubts`.
"""

from collections.abc import Mapping
from typing import Literal

from bot.codeowners.github import GITHUB_LOCATIONS, GitHubCodeOwners
from bot.codeowners.gitlab import GITLAB_LOCATIONS, GitLabCodeOwners
from bot.codeowners.leadership import RELEASE_SECTION, CodeOwners, Leadership, lead_of
from bot.codeowners.lines import MAX_BYTES, Ownership

Dialect = Literal["github", "gitlab"]

LOCATIONS: Mapping[Dialect, tuple[str, ...]] = {"github": GITHUB_LOCATIONS, "gitlab": GITLAB_LOCATIONS}
"""Where each forge looks; the first place that has the file is the only one used."""

__all__ = [
    "LOCATIONS",
    "MAX_BYTES",
    "RELEASE_SECTION",
    "CodeOwners",
    "Dialect",
    "GitHubCodeOwners",
    "GitLabCodeOwners",
    "Leadership",
    "Ownership",
    "dialect_of",
    "lead_of",
    "parse",
]


def dialect_of(forge: str) -> Dialect:
    """The dialect of the forge called `forge`."""
    return "gitlab" if forge == "gitlab" else "github"


def parse(data: bytes, *, file: str, dialect: Dialect) -> CodeOwners:
    """Read the bytes of a CODEOWNERS file. Never raises: what is wrong is in `problems`, with lines."""
    kind = GitHubCodeOwners if dialect == "github" else GitLabCodeOwners
    return kind.parse(data, file=file)
