"""GitHub behind `bot.forges.base.Forge`; the only importers of PyGithub.

PyGithub gives authentication, retries, connection pooling, URL checks and typed errors. Its object
layer is not used: an attribute missing from a listed object (and `raw_data`) costs a hidden request,
and what we need most it cannot say (a token for one repository, check runs of one App, the App's
delivery log). `wire` names the fields we read instead, and msgspec checks them.
"""

from bot.forges.github.app import FailedDelivery, GitHubApp
from bot.forges.github.client import Identity
from bot.forges.github.repository import GitHubRepository
from bot.forges.github.token import GitHubToken

__all__ = ["FailedDelivery", "GitHubApp", "GitHubRepository", "GitHubToken", "Identity"]
