"""GitLab behind `bot.forges.base.Forge`; the only importers of python-gitlab.

python-gitlab gives authentication and typed errors. Its object layer is not used: it holds untyped
attributes, pages of 20, and retries that sleep in the worker and repeat POST. `wire` names the
fields we read instead, and msgspec checks them.
"""

from bot.forges.gitlab.closing import Closing
from bot.forges.gitlab.project import GitLabProject
from bot.forges.gitlab.token import DisabledHook, GitLabToken

__all__ = ["Closing", "DisabledHook", "GitLabProject", "GitLabToken"]
