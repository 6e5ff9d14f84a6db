"""Which deliveries follow from which change: the payloads GitHub sends to an installed App."""

from collections.abc import Mapping
from typing import Any

from tests.fakes.git_objects import CommitObject
from tests.fakes.github.deliveries import Delivery
from tests.fakes.github.model import CheckRun, Comment, Installation, Pull, Repo, Review, User
from tests.fakes.github.registry import Registry
from tests.fakes.github.shapes import checks, people, pulls, repositories
from tests.fakes.github.shapes.people import Json, node, when

ZERO = "0" * 40


class Announcing(Registry):
    """Emits a delivery to every App installed on the repository a change belongs to."""

    def announce(self, event: str, repo: Repo, sender: User, payload: Mapping[str, Any]) -> list[Delivery]:
        sent = []
        for installation in self.installations.values():
            if repo not in installation.repositories or installation.suspended_at is not None:
                continue
            common: Json = {
                "repository": repositories.repository(self, repo),
                "sender": people.user(self, sender),
                "installation": {"id": installation.id, "node_id": node("I", installation.id)},
            }
            if repo.owner.type == "Organization":
                common["organization"] = people.organization(self, repo.owner)
            sent.append(self._emit(event, installation, {**common, **payload}, repo))
        return sent

    def _emit(self, event: str, installation: Installation, payload: Json, repo: Repo | None) -> Delivery:
        return self.deliveries.emit(
            event,
            payload,
            secret=installation.app.webhook_secret,
            installation_id=installation.id,
            repository_id=repo.id if repo else None,
        )

    def announce_installation(self, action: str, installation: Installation, sender: User) -> Delivery:
        """``installation`` created, deleted, suspend, unsuspend."""
        listed = [
            {
                "id": r.id,
                "node_id": node("R", r.id),
                "name": r.name,
                "full_name": r.full_name,
                "private": r.private,
            }
            for r in installation.repositories
        ]
        payload = {
            "action": action,
            "installation": people.installation(self, installation),
            "repositories": listed,
            "sender": people.user(self, sender),
        }
        return self._emit("installation", installation, payload, None)

    def announce_push(self, repo: Repo, branch: str, before: str | None, after: str, by: User) -> None:
        commits = repo.store.between(before, after) if before else [repo.store.commits[after]]
        listed = [self._pushed(repo, commit) for commit in commits]
        page = repositories.html_url(self, repo)
        source = repositories.repository(self, repo)
        source["owner"] |= {"name": repo.owner.login, "email": repo.owner.email}
        payload = {
            "repository": source,
            "ref": f"refs/heads/{branch}",
            "before": before or ZERO,
            "after": after,
            "pusher": {"name": by.login, "email": by.email},
            "created": before is None,
            "deleted": False,
            "forced": before is not None and repo.store.merge_base(before, after) != before,
            "base_ref": None,
            "compare": f"{page}/compare/{(before or ZERO)[:12]}...{after[:12]}",
            "commits": listed,
            "head_commit": self._pushed(repo, repo.store.commits[after]),
        }
        self.announce("push", repo, by, payload)

    def _pushed(self, repo: Repo, commit: CommitObject) -> Json:
        parent = commit.parents[0] if commit.parents else None
        changes = repo.store.changed_files(parent, commit.oid) if parent else []
        names = {
            kind: [one.path for one in changes if one.status == status]
            for kind, status in (("added", "added"), ("removed", "removed"), ("modified", "modified"))
        }
        for one in changes:
            if one.previous:
                names["added"].append(one.path)
                names["removed"].append(one.previous)
        who = {"name": commit.author.name, "email": commit.author.email}
        return {
            "id": commit.oid,
            "tree_id": commit.tree,
            "distinct": True,
            "message": commit.message,
            "timestamp": when(commit.committer.at),
            "url": f"{repositories.html_url(self, repo)}/commit/{commit.oid}",
            "author": who,
            "committer": {"name": commit.committer.name, "email": commit.committer.email},
            **names,
        }

    def announce_pull(self, action: str, repo: Repo, pull: Pull, by: User, **more: Any) -> None:
        payload = {
            "action": action,
            "number": pull.number,
            "pull_request": pulls.pull_request(self, repo, pull),
            **more,
        }
        self.announce("pull_request", repo, by, payload)

    def announce_review(self, action: str, repo: Repo, pull: Pull, review: Review, by: User) -> None:
        shown = pulls.review(self, repo, pull, review)
        payload = {
            "action": action,
            "review": {**shown, "state": review.state.lower()},
            "pull_request": pulls.pull_simple(self, repo, pull),
        }
        self.announce("pull_request_review", repo, by, payload)

    def announce_comment(
        self, action: str, repo: Repo, pull: Pull, comment: Comment, by: User, **more: Any
    ) -> None:
        payload = {
            "action": action,
            "issue": pulls.issue(self, repo, pull),
            "comment": pulls.comment(self, repo, pull, comment),
            **more,
        }
        self.announce("issue_comment", repo, by, payload)

    def announce_check_run(self, action: str, repo: Repo, run: CheckRun, by: User, **more: Any) -> None:
        payload = {"action": action, "check_run": self._run(repo, run), **more}
        self.announce("check_run", repo, by, payload)

    def announce_check_suite(self, action: str, repo: Repo, run: CheckRun, by: User) -> None:
        commit = repo.store.commits[run.head_sha]
        url = f"{repositories.api_url(self, repo)}/check-suites/{checks.suite_id(run)}"
        suite = {
            **self._suite(repo, run),
            "latest_check_runs_count": 1,
            "check_runs_url": f"{url}/check-runs",
            "head_commit": {
                "id": commit.oid,
                "tree_id": commit.tree,
                "message": commit.message,
                "timestamp": when(commit.committer.at),
                "author": {"name": commit.author.name, "email": commit.author.email},
                "committer": {"name": commit.committer.name, "email": commit.committer.email},
            },
        }
        self.announce("check_suite", repo, by, {"action": action, "check_suite": suite})

    def _run(self, repo: Repo, run: CheckRun) -> Json:
        return {**checks.check_run(self, repo, run), "check_suite": self._suite(repo, run)}

    def _suite(self, repo: Repo, run: CheckRun) -> Json:
        shown = checks.check_run(self, repo, run)
        branch = next((name for name, sha in repo.branches.items() if sha == run.head_sha), None)
        return {
            "id": checks.suite_id(run),
            "node_id": node("CS", checks.suite_id(run)),
            "head_branch": branch,
            "head_sha": run.head_sha,
            "status": run.status,
            "conclusion": run.conclusion,
            "url": f"{repositories.api_url(self, repo)}/check-suites/{checks.suite_id(run)}",
            "before": None,
            "after": run.head_sha,
            "pull_requests": shown["pull_requests"],
            "app": shown["app"],
            "created_at": shown["started_at"],
            "updated_at": when(self.clock.at),
        }
