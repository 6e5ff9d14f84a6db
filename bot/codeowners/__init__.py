"""CODEOWNERS: who owns a path, in GitHub's and in GitLab's dialect, and who leads its release.

The two dialects disagree on comments, brackets, depth and on what a second matching line means;
they are separate types with the same four members: `file`, `problems`, `owners_of`, `doubts`.
"""

from typing import Literal

from bot.codeowners.github import GITHUB_LOCATIONS, GitHubCodeOwners
from bot.codeowners.gitlab import GITLAB_LOCATIONS, GitLabCodeOwners
from bot.codeowners.leadership import RELEASE_SECTION, CodeOwners, Leadership, lead_of
from bot.codeowners.lines import MAX_BYTES, Ownership

__all__ = [
    "GITHUB_LOCATIONS",
    "GITLAB_LOCATIONS",
    "MAX_BYTES",
    "RELEASE_SECTION",
    "CodeOwners",
    "GitHubCodeOwners",
    "GitLabCodeOwners",
    "Leadership",
    "Ownership",
    "lead_of",
    "parse",
]


def parse(data: bytes, *, file: str, dialect: Literal["github", "gitlab"]) -> CodeOwners:
    """Read the bytes of a CODEOWNERS file. Never raises: what is wrong is in `problems`, with lines."""
    kind = GitHubCodeOwners if dialect == "github" else GitLabCodeOwners
    return kind.parse(data, file=file)
