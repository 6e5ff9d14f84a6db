"""The world's driver: what people, bots and GitLab itself do to a project.

Every act moves the clock, changes the state and announces itself by the deliveries GitLab would
send. The HTTP routes use the same acts, so a test and the bot see one world.
"""

from collections.abc import Mapping
from dataclasses import replace

from tests.fakes.git_objects import Content, Signature
from tests.fakes.gitlab.licensed import Licensed
from tests.fakes.gitlab.merging import refusal
from tests.fakes.gitlab.model import MergeRequest, Project, PushEvent, Tier, User, Version
from tests.fakes.gitlab.statuses import Statuses
from tests.fakes.gitlab.threads import Threads
from tests.fakes.gitlab.trains import Trains
from tests.fakes.site import MergeRefusedError


class World(Statuses, Trains, Threads, Licensed):
    """One GitLab. `slow` withholds the background jobs that prepare new merge requests."""

    slow = False

    def push(
        self,
        project: Project,
        branch: str,
        files: Mapping[str, Content],
        *,
        by: User,
        message: str = "Change files",
        author: User | Signature | None = None,
        committer: User | Signature | None = None,
        onto: str | None = None,
    ) -> str:
        """Commit `files` (None deletes) on top of `branch` and push it; the new head SHA.

        A new branch grows from the default branch. `onto` rebuilds the branch on that commit
        instead (a force push). Author and committer are the pusher unless named.
        """
        with self.lock:
            before = project.branches.get(branch)
            parent = onto or before or project.branches.get(project.default_branch)
            tree = project.store.commits[parent].tree if parent else None
            sha = project.store.add_commit(
                tree=project.store.changed_tree(tree, files),
                parents=(parent,) if parent else (),
                author=self.sign(author or by),
                committer=self.sign(committer or author or by),
                message=message,
            )
            return self.move(project, branch, sha, by=by)

    def sign(self, who: User | Signature) -> Signature:
        if isinstance(who, Signature):
            return who
        return Signature(who.name, self.commit_mail(who), self.clock.tick())

    def move(self, project: Project, branch: str, sha: str, *, by: User) -> str:
        """Point a branch at a commit; open merge requests from it get a new version."""
        with self.lock:
            before = project.branches.get(branch)
            project.branches[branch] = sha
            self._log(project, branch, before, sha, by)
            self.announce_push(project, branch, before, sha, by)
            for mr in self.open_merge_requests():
                if mr.source_project is project and mr.source_branch == branch and mr.sha != sha:
                    self._refresh(mr, before=mr.sha, after=sha, by=by)
                elif mr.project is project and mr.target_branch == branch:
                    self._find_merged(mr, before, sha, by)
            return sha

    def _log(self, project: Project, branch: str, before: str | None, after: str, by: User) -> None:
        entry = PushEvent(
            id=self.new_id(),
            branch=branch,
            before=before,
            after=after,
            commits=len(project.store.between(before, after)) if before else 1,
            author=by,
            at=self.clock.tick(),
        )
        project.pushes.append(entry)

    def _refresh(self, mr: MergeRequest, *, before: str, after: str, by: User) -> None:
        """The background job after a push to the source branch. The head pipeline stays the old one."""
        mr.sha, mr.updated_at = after, self.clock.at
        if mr.prepared_at is not None:
            self._add_version(mr)
        self.system_note(mr, self._pushed(mr, before, after), by=by)
        if mr.approvals and mr.project.reset_approvals_on_push and mr.project.tier is not Tier.FREE:
            mr.approvals_syncing = True
        self.announce_merge_request("update", mr.project, mr, by, oldrev=before)

    def _pushed(self, mr: MergeRequest, before: str, after: str) -> str:
        """The text of GitLab's system note about a push."""
        commits = mr.project.store.between(before, after)
        lines = [f"<li>{one.oid[:8]} - {one.message.splitlines()[0]}</li>" for one in commits]
        noun = "commit" if len(lines) == 1 else "commits"
        path = f"/{mr.project.path_with_namespace}/-/merge_requests/{mr.iid}/diffs"
        listed = f"added {len(lines)} {noun}\n\n<ul>{''.join(lines)}</ul>"
        return f"{listed}\n\n[Compare with previous version]({path}?start_sha={before})"

    def _add_version(self, mr: MergeRequest) -> None:
        target = mr.project.branches[mr.target_branch]
        version = Version(
            id=self.new_id(),
            head_commit_sha=mr.sha,
            base_commit_sha=mr.project.store.merge_base(target, mr.sha) or target,
            start_commit_sha=target,
            created_at=self.clock.tick(),
        )
        mr.versions.append(version)

    def _find_merged(self, mr: MergeRequest, before: str | None, after: str, by: User) -> None:
        """A merge request whose head a push brought into the target branch is merged by that."""
        store = mr.project.store
        if before is None or mr.sha not in {one.oid for one in store.between(before, after)}:
            return
        self._merged(mr, after, by)

    def open_merge_request(
        self,
        project: Project,
        source: str,
        *,
        by: User,
        target: str | None = None,
        title: str = "Release",
        description: str = "",
        draft: bool = False,
        fork: Project | None = None,
    ) -> MergeRequest:
        """From a branch of the project, or of its `fork`."""
        with self.lock:
            now = self.clock.tick()
            home = fork or project
            mr = MergeRequest(
                id=self.new_id(),
                iid=len(project.merge_requests) + 1,
                title=f"Draft: {title}" if draft else title,
                description=description,
                author=by,
                source_project=home,
                project=project,
                source_branch=source,
                target_branch=target or project.default_branch,
                sha=home.branches[source],
                created_at=now,
                updated_at=now,
                rules=[replace(one, id=self.new_id(), source_rule_id=one.id) for one in project.rules],
            )
            project.merge_requests[mr.iid] = mr
            self.find_head_pipeline(mr)
            if not self.slow:
                self.prepare(mr)
            self.announce_merge_request("open", project, mr, by)
            return mr

    def prepare(self, mr: MergeRequest) -> None:
        """Finish what GitLab does in the background after a merge request was opened."""
        with self.lock:
            self._add_version(mr)
            mr.prepared_at = self.clock.at

    def retarget(self, mr: MergeRequest, branch: str, *, by: User) -> None:
        with self.lock:
            old, mr.target_branch, mr.updated_at = mr.target_branch, branch, self.clock.tick()
            self._add_version(mr)
            self.system_note(mr, f"changed target branch from `{old}` to `{branch}`", by=by)
            changes = {"target_branch": {"previous": old, "current": branch}}
            self.announce_merge_request("update", mr.project, mr, by, changes=changes)

    def close_merge_request(self, mr: MergeRequest, *, by: User, reopen: bool = False) -> None:
        with self.lock:
            now = self.clock.tick()
            mr.state, mr.closed_at, mr.closed_by = ("opened", None, None) if reopen else ("closed", now, by)
            mr.updated_at = now
            self.system_note(mr, "reopened" if reopen else "closed", by=by)
            self.announce_merge_request("reopen" if reopen else "close", mr.project, mr, by)

    def set_draft(self, mr: MergeRequest, draft: bool, *, by: User) -> None:
        with self.lock:
            old, plain = mr.title, mr.title.removeprefix("Draft: ")
            mr.title, mr.updated_at = f"Draft: {plain}" if draft else plain, self.clock.tick()
            self.system_note(mr, f"marked this merge request as **{'draft' if draft else 'ready'}**", by=by)
            changes = {
                "title": {"previous": old, "current": mr.title},
                "draft": {"previous": not draft, "current": draft},
            }
            self.announce_merge_request("update", mr.project, mr, by, changes=changes)

    def merge(self, mr: MergeRequest, *, by: User) -> str:
        """Merge as the button does. Raises MergeRefusedError with the ``detailed_merge_status``."""
        with self.lock:
            problem = refusal(mr)
            if problem:
                raise MergeRefusedError(problem)
            target = mr.project.branches[mr.target_branch]
            sha = self.merge_commit(mr.project, target, mr.sha, by=by, message=f"Merge {mr.source_branch}")
            self._merged(mr, sha, by)
            self.move(mr.project, mr.target_branch, sha, by=by)
            return sha

    def merge_commit(self, project: Project, base: str, head: str, *, by: User, message: str) -> str:
        """A commit that merges `head` into `base`, on no branch. Raises MergeRefusedError."""
        store = project.store
        tree = store.merged_tree(base, head)
        if tree is None:
            raise MergeRefusedError("conflict")
        who = self.sign(by)
        return store.add_commit(tree=tree, parents=(base, head), author=who, committer=who, message=message)

    def _merged(self, mr: MergeRequest, sha: str, by: User) -> None:
        mr.state, mr.merge_user, mr.merge_commit_sha = "merged", by, sha
        mr.merged_at = mr.updated_at = self.clock.tick()
        self.system_note(mr, "merged", by=by)
        self.announce_merge_request("merge", mr.project, mr, by)
