"""The world's driver: what people, other bots and GitHub itself do to a repository.

Every act moves the clock, changes the state and announces itself by the deliveries GitHub would
send. The HTTP routes use the same acts, so a test and the bot see one world.
"""

from collections.abc import Mapping

from tests.fakes.git_objects import Content, Signature
from tests.fakes.github.announcing import ZERO
from tests.fakes.github.checking import Checking
from tests.fakes.github.merging import merged_commit, refusal
from tests.fakes.github.model import App, Comment, Pull, Push, Reaction, Repo, RequiredCheck, Review, User
from tests.fakes.site import MergeRefusedError


class World(Checking):
    """One GitHub."""

    def push(
        self,
        repo: Repo,
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
            before = repo.branches.get(branch)
            parent = onto or before or repo.branches.get(repo.default_branch)
            tree = repo.store.commits[parent].tree if parent else None
            sha = repo.store.add_commit(
                tree=repo.store.changed_tree(tree, files),
                parents=(parent,) if parent else (),
                author=self.sign(author or by),
                committer=self.sign(committer or author or by),
                message=message,
            )
            return self.move(repo, branch, sha, by=by)

    def sign(self, who: User | Signature) -> Signature:
        if isinstance(who, Signature):
            return who
        return Signature(who.login, who.email, self.clock.tick())

    def move(self, repo: Repo, branch: str, sha: str, *, by: User) -> str:
        """Point a branch at a commit; open pull requests from it get a new head."""
        before = repo.branches.get(branch)
        repo.branches[branch] = sha
        self._log(repo, branch, before, sha, by)
        self.announce_push(repo, branch, before, sha, by)
        for pull in repo.pulls.values():
            if pull.head_ref == branch and pull.state == "open" and pull.head_sha != sha:
                old, pull.head_sha, pull.updated_at = pull.head_sha, sha, self.clock.at
                self.announce_pull("synchronize", repo, pull, by, before=old, after=sha)
        return sha

    def _log(self, repo: Repo, branch: str, before: str | None, after: str, by: User) -> None:
        kind = "branch_creation" if before is None else "push"
        if before is not None and repo.store.merge_base(before, after) != before:
            kind = "force_push"
        entry = Push(
            id=self.new_id(),
            branch=branch,
            before=before or ZERO,
            after=after,
            actor=by,
            kind=kind,
            at=self.clock.tick(),
        )
        repo.pushes.append(entry)

    def open_pull_request(
        self,
        repo: Repo,
        head: str,
        *,
        by: User,
        base: str | None = None,
        title: str = "Release",
        body: str | None = None,
        draft: bool = False,
        fork: User | None = None,
    ) -> Pull:
        """`fork`: the owner of the fork the head branch is shown as coming from."""
        with self.lock:
            now = self.clock.tick()
            pull = Pull(
                id=self.new_id(),
                number=len(repo.pulls) + 1,
                title=title,
                body=body,
                author=by,
                base_ref=base or repo.default_branch,
                head_ref=head,
                head_sha=repo.branches[head],
                head_owner=fork or repo.owner,
                created_at=now,
                updated_at=now,
                draft=draft,
            )
            repo.pulls[pull.number] = pull
            self.announce_pull("opened", repo, pull, by)
            return pull

    def retarget(self, repo: Repo, pull: Pull, base: str, *, by: User) -> None:
        with self.lock:
            changes = {
                "base": {"ref": {"from": pull.base_ref}, "sha": {"from": repo.branches[pull.base_ref]}}
            }
            pull.base_ref, pull.updated_at = base, self.clock.tick()
            self.announce_pull("edited", repo, pull, by, changes=changes)

    def close(self, repo: Repo, pull: Pull, *, by: User, reopen: bool = False) -> None:
        with self.lock:
            now = self.clock.tick()
            pull.state, pull.closed_at, pull.updated_at = (
                ("open", None, now) if reopen else ("closed", now, now)
            )
            self.announce_pull("reopened" if reopen else "closed", repo, pull, by)

    def set_draft(self, repo: Repo, pull: Pull, draft: bool, *, by: User) -> None:
        with self.lock:
            pull.draft, pull.updated_at = draft, self.clock.tick()
            self.announce_pull("converted_to_draft" if draft else "ready_for_review", repo, pull, by)

    def review(
        self,
        repo: Repo,
        pull: Pull,
        *,
        by: User,
        state: str = "APPROVED",
        body: str = "",
        commit: str | None = None,
    ) -> Review:
        """Submit a review of the current head (or of `commit`)."""
        with self.lock:
            review = Review(
                id=self.new_id(),
                author=by,
                state=state,
                body=body,
                commit_id=commit or pull.head_sha,
                submitted_at=self.clock.tick(),
            )
            pull.reviews.append(review)
            self.announce_review("submitted", repo, pull, review, by)
            return review

    def dismiss(self, repo: Repo, pull: Pull, review: Review, *, by: User) -> None:
        with self.lock:
            review.state = "DISMISSED"
            self.clock.tick()
            self.announce_review("dismissed", repo, pull, review, by)

    def comment(self, repo: Repo, pull: Pull, body: str, *, by: User, app: App | None = None) -> Comment:
        with self.lock:
            now = self.clock.tick()
            comment = Comment(id=self.new_id(), author=by, body=body, created_at=now, updated_at=now, app=app)
            pull.comments.append(comment)
            self.announce_comment("created", repo, pull, comment, by)
            return comment

    def edit_comment(self, repo: Repo, pull: Pull, comment: Comment, body: str, *, by: User) -> None:
        with self.lock:
            changes = {"body": {"from": comment.body}}
            comment.body, comment.updated_at = body, self.clock.tick()
            self.announce_comment("edited", repo, pull, comment, by, changes=changes)

    def delete_comment(self, repo: Repo, pull: Pull, comment: Comment, *, by: User) -> None:
        with self.lock:
            pull.comments.remove(comment)
            self.clock.tick()
            self.announce_comment("deleted", repo, pull, comment, by)

    def react(self, comment: Comment, content: str, *, by: User) -> tuple[Reaction, bool]:
        """The reaction, and whether it is new: a second one of the same kind is the first."""
        for known in comment.reactions:
            if known.author is by and known.content == content:
                return known, False
        made = Reaction(id=self.new_id(), author=by, content=content, created_at=self.clock.tick())
        comment.reactions.append(made)
        return made, True

    def require(self, repo: Repo, context: str, *, app: App | None = None, branch: str | None = None) -> None:
        """Protect a branch: merging needs this check (of this App)."""
        rule = RequiredCheck(context, app.id if app else None)
        repo.required_checks.setdefault(branch or repo.default_branch, []).append(rule)

    def merge(self, repo: Repo, pull: Pull, *, by: User) -> str:
        """Merge as the button does. Raises MergeRefusedError with GitHub's message."""
        with self.lock:
            problem = refusal(repo, pull)
            if problem:
                raise MergeRefusedError(problem)
            sha = merged_commit(
                repo.store,
                base=repo.branches[pull.base_ref],
                head=pull.head_sha,
                by=self.sign(by),
                message=f"Merge pull request #{pull.number}\n\n{pull.title}",
            )
            pull.state, pull.merged_by, pull.merge_commit_sha = "closed", by, sha
            pull.closed_at = pull.merged_at = pull.updated_at = self.clock.at
            self.move(repo, pull.base_ref, sha, by=by)
            self.announce_pull("closed", repo, pull, by)
            return sha

    def enqueue(self, repo: Repo, pull: Pull, *, by: User) -> str:
        """Put the pull request into a merge queue: its merged tree on a branch of its own; the SHA."""
        with self.lock:
            base = repo.branches[pull.base_ref]
            sha = merged_commit(
                repo.store, base=base, head=pull.head_sha, by=self.sign(by), message=f"Merge #{pull.number}"
            )
            branch = f"gh-readonly-queue/{pull.base_ref}/pr-{pull.number}-{base}"
            repo.branches[branch] = sha
            group = {
                "head_sha": sha,
                "head_ref": f"refs/heads/{branch}",
                "base_sha": base,
                "base_ref": f"refs/heads/{pull.base_ref}",
                "head_commit": self._pushed(repo, repo.store.commits[sha]),
            }
            self.announce("merge_group", repo, by, {"action": "checks_requested", "merge_group": group})
            return sha
