"""What Premium and Ultimate add to a merge request: approval rules and external status checks."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from tests.fakes.gitlab.conversation import Conversation
from tests.fakes.gitlab.model import (
    ApprovalRule,
    ExternalStatusCheck,
    MergeRequest,
    Project,
    StatusCheckResponse,
    User,
)

PATIENCE = timedelta(minutes=2)
"""A check that says ``pending`` for longer has failed (https://docs.gitlab.com/user/project/merge_requests/status_checks/)."""


class Licensed(Conversation):
    """What people and services do with rules and checks."""

    def add_status_check(
        self,
        project: Project,
        name: str,
        *,
        url: str = "https://checks.example/",
        branches: Sequence[str] = (),
    ) -> ExternalStatusCheck:
        """Ask for an external status check, on merge requests into `branches` or into any."""
        with self.lock:
            made = ExternalStatusCheck(
                id=self.new_id(), name=name, external_url=url, protected_branches=list(branches)
            )
            project.status_checks.append(made)
            return made

    def answer_status_check(
        self, mr: MergeRequest, check: ExternalStatusCheck, status: str, *, sha: str | None = None
    ) -> StatusCheckResponse:
        """Say ``passed``, ``failed`` or ``pending`` of a commit; of the source branch's head unless told."""
        with self.lock:
            made = StatusCheckResponse(
                id=self.new_id(), check=check, sha=sha or mr.sha, status=status, at=self.clock.tick()
            )
            mr.responses.append(made)
            return made

    def add_rule(
        self, mr: MergeRequest, name: str, users: Sequence[User], *, required: int = 1
    ) -> ApprovalRule:
        """An approval rule of the merge request alone. People without access are left out in silence."""
        with self.lock:
            made = ApprovalRule(
                id=self.new_id(), name=name, approvals_required=required, users=members_among(mr, users)
            )
            mr.rules.append(made)
            return made


def members_among(mr: MergeRequest, users: Sequence[User]) -> list[User]:
    return [one for one in users if mr.project.level(one) is not None]


def check_status(mr: MergeRequest, check: ExternalStatusCheck, now: datetime) -> str:
    """What the check last said of the present head; ``pending`` before it said anything."""
    said = [one for one in mr.responses if one.check is check and one.sha == mr.sha]
    if not said:
        return "pending"
    late = said[-1].status == "pending" and now - said[-1].at > PATIENCE
    return "failed" if late else said[-1].status
