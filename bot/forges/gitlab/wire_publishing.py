"""The parts of GitLab's JSON that only publishing reads: external status checks and approval rules."""

from msgspec import Struct, field

from bot.forges.gitlab.wire import User


class StatusCheck(Struct, frozen=True):
    """An external status check as one merge request has it: ``passed``, ``failed`` or ``pending``.

    https://docs.gitlab.com/api/status_checks/
    """

    id: int
    name: str
    status: str = ""


class Group(Struct, frozen=True):
    """A group named by an approval rule."""

    id: int


class ApprovalRule(Struct, frozen=True):
    """An approval rule of a merge request (https://docs.gitlab.com/api/merge_request_approvals/)."""

    id: int
    name: str
    approvals_required: int = 0
    users: list[User] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)


class CiSettings(Struct, frozen=True):
    """The settings of a project that say where its CI configuration is."""

    ci_config_path: str | None = None
    builds_access_level: str | None = None
    auto_devops_enabled: bool | None = None
