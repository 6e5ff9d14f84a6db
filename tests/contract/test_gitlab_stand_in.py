"""GitLab's stand-in must be believable: its pages, its refusals, and what it does behind one's back."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import requests

from tests.contract.gitlab_openapi import DOCUMENT, GitLabContract, gitlab
from tests.fakes.gitlab.model import ApprovalRule, Level, MergeRequest, Tier, User
from tests.fakes.gitlab.server import GitLabServer, serve
from tests.fakes.gitlab.world import World
from tests.fakes.site import MergeRefusedError


class Desk:
    """A project, @ben who develops it, and requests with the token of whoever is named."""

    def __init__(self, server: GitLabServer) -> None:
        self.server = server
        self.world: World = server.world
        self.project = self.world.project("acme/data")
        self.ben = self.person("ben")
        self.world.push(self.project, "main", {"README.md": "Street scenes\n"}, by=self.ben)

    def person(self, username: str, level: Level | None = Level.DEVELOPER) -> User:
        user = self.world.user(username)
        if level:
            self.world.grant(self.project, level, user)
        return user

    def opened(self, **more: Any) -> MergeRequest:
        self.push("1")
        return self.world.open_merge_request(self.project, "release", by=self.ben, **more)

    def push(self, content: str) -> str:
        return self.world.push(self.project, "release", {"release.yaml": content}, by=self.ben)

    def ask(
        self, path: str, *, by: str = "ben", method: str = "GET", body: object = None
    ) -> requests.Response:
        token = self.world.token(self.world.user(by))
        url = f"{self.server.url}/api/v4/projects/{self.project.id}{path}"
        return requests.request(method, url, headers={"PRIVATE-TOKEN": token}, json=body, timeout=10)

    def status(self, mr: MergeRequest) -> str:
        return str(self.ask(f"/merge_requests/{mr.iid}").json()["detailed_merge_status"])


@pytest.fixture
def desk() -> Iterator[Desk]:
    with serve() as server:
        yield Desk(server)


def test_lists_have_twenty_entries_a_page_and_never_more_than_a_hundred(desk: Desk) -> None:
    mr = desk.opened()
    for n in range(130):
        desk.world.comment(mr, f"note {n}", by=desk.ben)

    plain = desk.ask("/merge_requests/1/notes")
    large = desk.ask("/merge_requests/1/notes?per_page=1000&sort=asc")

    assert (len(plain.json()), plain.headers["X-Next-Page"], plain.headers["X-Total"]) == (20, "2", "130")
    assert plain.json()[0]["body"] == "note 129"
    assert (len(large.json()), large.json()[0]["body"]) == (100, "note 0")
    assert (
        len(requests.get(large.links["next"]["url"], headers=large.request.headers, timeout=10).json()) == 30
    )


def test_a_tree_is_followed_by_the_link_to_its_last_entry(desk: Desk) -> None:
    files = {f"d{n % 3}/f{n}": "same" for n in range(45)}
    sha = desk.world.push(desk.project, "release", files, by=desk.ben)
    answer = desk.ask(f"/repository/tree?ref={sha}&recursive=true&pagination=keyset")
    sizes, paths = [], []
    while True:
        sizes.append(len(answer.json()))
        paths += [one["path"] for one in answer.json() if one["type"] == "blob"]
        if "next" not in answer.links:
            break
        answer = requests.get(answer.links["next"]["url"], headers=answer.request.headers, timeout=10)

    assert sizes == [20, 20, 9]
    assert sorted(paths) == sorted([*files, "README.md"])


def test_a_bare_ref_is_the_tag_and_a_branch_is_asked_for_by_name(desk: Desk) -> None:
    tip = desk.project.branches["main"]
    desk.project.tags["release/1"] = tip
    newer = desk.world.push(desk.project, "release/1", {"a": "1"}, by=desk.ben)

    assert desk.ask("/repository/branches/release%2F1").json()["commit"]["id"] == newer
    assert desk.ask("/repository/commits/release%2F1").json()["id"] == tip


@pytest.mark.parametrize(
    ("level", "project", "merge_requests", "hooks"),
    [
        (None, 404, 404, 404),
        (Level.GUEST, 200, 403, 403),
        (Level.REPORTER, 200, 200, 403),
        (Level.DEVELOPER, 200, 200, 403),
        (Level.MAINTAINER, 200, 200, 200),
    ],
)
def test_what_a_token_may_read_follows_the_access_level(
    desk: Desk, level: Level | None, project: int, merge_requests: int, hooks: int
) -> None:
    desk.opened()
    desk.person("rita", level)

    got = [desk.ask(path, by="rita").status_code for path in ("", "/merge_requests/1", "/hooks")]
    assert got == [project, merge_requests, hooks]


def test_a_token_that_was_revoked_or_is_unknown_is_refused(desk: Desk) -> None:
    for token in desk.world.tokens.values():
        token.revoked = True
    url = f"{desk.server.url}/api/v4/user"

    for headers in ({}, {"PRIVATE-TOKEN": "unknown"}, {"Authorization": "Bearer unknown"}):
        assert requests.get(url, headers=headers, timeout=10).status_code == 401


def test_levels_come_from_groups_above_and_from_groups_invited(desk: Desk) -> None:
    lead, guest = desk.person("lead", None), desk.person("guest", None)
    desk.world.grant(desk.world.group("acme"), Level.MAINTAINER, lead)
    friends = desk.world.group("friends")
    desk.world.grant(friends, Level.OWNER, guest)
    desk.world.invite(desk.project, friends, Level.DEVELOPER)

    levels = {one["username"]: one["access_level"] for one in desk.ask("/members/all").json()}
    direct = {one["username"] for one in desk.ask("/members").json()}

    assert levels == {"ben": 30, "lead": 40, "guest": 30}
    assert direct == {"ben"}
    assert desk.ask(f"/members/all/{lead.id}").json()["access_level"] == 40
    assert desk.ask(f"/members/all/{desk.world.user('nobody').id}").status_code == 404


def test_names_are_found_whole_whatever_their_case_and_mail_only_when_it_is_public(desk: Desk) -> None:
    ana = desk.world.user("Ana", public_email="ana@example.org")
    desk.world.user("anabel")
    url, token = f"{desk.server.url}/api/v4/users", {"PRIVATE-TOKEN": desk.world.token(desk.ben)}

    def found(**query: str) -> list[int]:
        return [one["id"] for one in requests.get(url, params=query, headers=token, timeout=10).json()]

    assert found(username="ANA") == [ana.id]
    assert found(search="Ana@example.org") == [ana.id]
    assert len(found(search="ana")) == 2
    assert found(search=desk.world.commit_mail(ana)) == []


def test_every_push_adds_a_version_and_a_note_of_its_pusher(desk: Desk) -> None:
    mr = desk.opened()
    first, mia = mr.sha, desk.person("mia")
    second = desk.world.push(desk.project, "release", {"b": "1"}, by=mia, author=desk.ben, message="Add b")

    versions = desk.ask("/merge_requests/1/versions").json()
    assert [one["head_commit_sha"] for one in versions] == [second, first]
    (note,) = desk.ask("/merge_requests/1/notes").json()
    assert (note["system"], note["author"]["username"]) == (True, "mia")
    assert note["body"].startswith(f"added 1 commit\n\n<ul><li>{second[:8]} - Add b</li></ul>\n\n")
    event = desk.ask("/events?action=pushed").json()[0]
    assert (event["author"]["username"], event["push_data"]["commit_to"]) == ("mia", second)


def test_an_approval_has_a_time_and_no_commit_and_outlives_a_push_on_free(desk: Desk) -> None:
    mr, ana = desk.opened(), desk.person("ana")
    desk.world.approve(mr, by=ana)
    desk.push("2")

    answer = desk.ask("/merge_requests/1/approvals").json()
    (approval,) = answer["approved_by"]
    assert set(approval) == {"user", "approved_at"}
    assert "approvals_required" not in answer
    desk.world.tells_approval_times = False
    assert set(desk.ask("/merge_requests/1/approvals").json()["approved_by"][0]) == {"user"}


def test_premium_takes_approvals_back_some_time_after_the_push(desk: Desk) -> None:
    desk.project.tier, desk.project.reset_approvals_on_push = Tier.PREMIUM, True
    mr, ana = desk.opened(), desk.person("ana")
    desk.world.approve(mr, by=ana)
    desk.push("2")

    assert desk.status(mr) == "approvals_syncing"
    assert len(desk.ask("/merge_requests/1/approvals").json()["approved_by"]) == 1
    desk.world.sync_approvals(mr, by=desk.ben)
    assert desk.status(mr) == "mergeable"
    assert desk.ask("/merge_requests/1/approvals").json()["approved_by"] == []


def test_a_fresh_merge_request_is_not_prepared_until_gitlab_comes_to_it(desk: Desk) -> None:
    desk.world.slow = True
    mr = desk.opened()
    before = desk.ask("/merge_requests/1").json()
    lists = [desk.ask(f"/merge_requests/1/{name}").json() for name in ("versions", "commits")]
    desk.world.prepare(mr)
    after = desk.ask("/merge_requests/1").json()

    assert (before["detailed_merge_status"], before["prepared_at"], before["diff_refs"]) == (
        "preparing",
        None,
        None,
    )
    assert lists == [[], []]
    assert (after["detailed_merge_status"], after["diff_refs"]["head_sha"]) == ("mergeable", mr.sha)


def test_the_commits_of_a_merge_request_name_no_account_and_no_parents(desk: Desk) -> None:
    desk.opened()
    (commit,) = desk.ask("/merge_requests/1/commits").json()

    assert (commit["parent_ids"], commit["author_email"]) == ([], desk.world.commit_mail(desk.ben))
    assert not any("username" in str(value) for value in commit.values())


def _accounts(desk: Desk) -> Any:
    query = (
        "query($path: ID!, $iid: String!) { project(fullPath: $path) { mergeRequest(iid: $iid)"
        " { commits { nodes { sha author { id username bot } } } } } }"
    )
    url = f"{desk.server.url}/api/graphql"
    body = {"query": query, "variables": {"path": "acme/data", "iid": "1"}}
    token = {"PRIVATE-TOKEN": desk.world.token(desk.ben)}
    return requests.post(url, json=body, headers=token, timeout=10).json()


def test_graphql_knows_the_accounts_that_rest_does_not(desk: Desk) -> None:
    mr = desk.opened()
    ana = desk.person("ana")
    ana.commit_email = "ana@private.example"
    desk.world.push(desk.project, "release", {"b": "1"}, by=desk.ben, author=ana)

    nodes = _accounts(desk)["data"]["project"]["mergeRequest"]["commits"]["nodes"]
    assert nodes[0]["sha"] == mr.sha
    assert [one["author"]["username"] for one in nodes] == ["ana", "ben"]
    desk.world.graphql = False
    assert "data" not in _accounts(desk)


def test_lines_of_a_note_that_begin_with_a_slash_are_carried_out(desk: Desk) -> None:
    mr = desk.opened()
    desk.person("ana")
    body = {"body": "Looks good.\n<!--\n/approve\n-->\n/sevengates recheck\n```\n/close\n```"}

    made = desk.ask("/merge_requests/1/notes", by="ana", method="POST", body=body)
    alone = desk.ask("/merge_requests/1/notes", by="ana", method="POST", body={"body": "/label ~x"})

    assert made.json()["body"] == "Looks good.\n<!--\n-->\n/sevengates recheck\n```\n/close\n```"
    assert [one.user.username for one in mr.approvals] == ["ana"]
    assert (alone.status_code, "id" in alone.json()) == (202, False)
    assert desk.world.quick_actions == [("ana", "approve"), ("ana", "label")]


def test_a_note_is_changed_by_its_author_or_a_maintainer_and_a_system_note_by_nobody(desk: Desk) -> None:
    mr = desk.opened()
    note = desk.world.comment(mr, "mine", by=desk.ben)
    desk.push("2")
    system = mr.notes[-1]
    assert note is not None
    desk.person("dev")
    desk.person("boss", Level.MAINTAINER)

    def edit(number: int, by: str) -> int:
        path = f"/merge_requests/1/notes/{number}"
        return desk.ask(path, by=by, method="PUT", body={"body": "new"}).status_code

    assert [edit(note.id, by) for by in ("dev", "ben", "boss")] == [403, 200, 200]
    assert edit(system.id, "boss") == 403
    assert desk.ask(f"/merge_requests/1/notes/{note.id}", method="DELETE").status_code == 204
    assert edit(note.id, "ben") == 404


def test_who_may_approve_depends_on_the_tier_and_on_the_head_he_saw(desk: Desk) -> None:
    mr = desk.opened()
    desk.person("ana")
    desk.person("rita", Level.REPORTER)

    def approve(by: str, **body: str) -> int:
        return desk.ask("/merge_requests/1/approve", by=by, method="POST", body=body).status_code

    assert approve("rita") == 401
    assert approve("ana", sha="0" * 40) == 409
    assert (approve("ana", sha=mr.sha), approve("ana")) == (201, 401)
    desk.project.tier = Tier.PREMIUM
    assert approve("ben") == 401
    desk.project.tier = Tier.FREE
    assert approve("ben") == 201


def test_requested_changes_are_told_by_the_reviewers_unless_somebody_else_asked(desk: Desk) -> None:
    desk.project.tier = Tier.PREMIUM
    mr, ana, passer = desk.opened(), desk.person("ana"), desk.person("passer")
    desk.world.approve(mr, by=ana)
    desk.world.request_changes(mr, by=ana)
    desk.world.request_changes(mr, by=passer, listed=False)

    reviewers = desk.ask("/merge_requests/1/reviewers").json()
    assert [(one["user"]["username"], one["state"]) for one in reviewers] == [("ana", "requested_changes")]
    assert mr.approvals == []
    assert desk.status(mr) == "requested_changes"
    for user in (ana, passer):
        desk.world.approve(mr, by=user)
    assert desk.status(mr) == "mergeable"


def test_a_merge_is_refused_with_the_first_reason_against_it(desk: Desk) -> None:
    desk.project.tier = Tier.ULTIMATE
    mr, ana = desk.opened(draft=True), desk.person("ana")
    mr.rules = [ApprovalRule(id=1, name="lead", approvals_required=1, users=[ana])]
    desk.project.only_allow_merge_if_pipeline_succeeds = True
    refused = []

    def press() -> int:
        refused.append(desk.status(mr))
        return desk.ask("/merge_requests/1/merge", method="PUT").status_code

    assert press() == 405
    desk.world.set_draft(mr, False, by=desk.ben)
    assert press() == 405
    desk.world.approve(mr, by=ana)
    assert press() == 405
    pipeline = desk.world.run_pipeline(desk.project, "release", by=desk.ben)
    assert press() == 405
    desk.world.finish(pipeline)
    assert press() == 200

    assert refused == ["draft_status", "not_approved", "ci_must_pass", "ci_still_running", "mergeable"]
    assert (mr.state, desk.project.branches["main"]) == ("merged", mr.merge_commit_sha)
    assert press() == 405


def test_a_head_pipeline_stays_the_old_one_after_a_push_and_does_not_count(desk: Desk) -> None:
    mr = desk.opened()
    desk.project.only_allow_merge_if_pipeline_succeeds = True
    pipeline = desk.world.run_pipeline(desk.project, "release", by=desk.ben, outcome="success")
    assert desk.status(mr) == "mergeable"
    newer = desk.push("2")

    shown = desk.ask("/merge_requests/1").json()
    assert (shown["head_pipeline"]["id"], shown["sha"]) == (pipeline.id, newer)
    assert shown["detailed_merge_status"] == "ci_must_pass"


def test_a_stale_head_a_conflict_and_a_reader_are_refused_each_in_its_way(desk: Desk) -> None:
    mr = desk.opened()
    desk.person("rita", Level.REPORTER)

    def merge(by: str = "ben", **body: str) -> int:
        return desk.ask("/merge_requests/1/merge", by=by, method="PUT", body=body).status_code

    assert (merge("rita"), merge(sha="0" * 40)) == (401, 409)
    desk.world.push(desk.project, "main", {"release.yaml": "other"}, by=desk.ben)
    assert (merge(), desk.status(mr)) == (422, "conflict")
    with pytest.raises(MergeRefusedError, match="conflict"):
        desk.world.merge(mr, by=desk.ben)


def test_a_merge_request_from_a_fork_belongs_to_both_projects(desk: Desk) -> None:
    eve = desk.person("eve", None)
    fork = desk.world.fork(desk.project, "eve")
    desk.world.grant(fork, Level.OWNER, eve)
    sha = desk.world.push(fork, "patch", {"a": "1"}, by=eve)
    mr = desk.world.open_merge_request(desk.project, "patch", by=eve, fork=fork)
    newer = desk.world.push(fork, "patch", {"a": "2"}, by=eve)

    shown = desk.ask("/merge_requests/1").json()
    assert (shown["source_project_id"], shown["target_project_id"]) == (fork.id, desk.project.id)
    assert [one.head_commit_sha for one in mr.versions] == [sha, newer]
    assert desk.ask(f"/repository/commits/{newer}").json()["parent_ids"] == [sha]
    assert desk.ask("/repository/branches/patch").status_code == 404


def test_a_push_to_the_target_that_holds_the_head_merges_the_request(desk: Desk) -> None:
    mr = desk.opened()
    desk.world.move(desk.project, "main", mr.sha, by=desk.ben)

    assert desk.ask("/merge_requests/1").json()["state"] == "merged"


def test_a_new_target_makes_a_version_of_the_same_head(desk: Desk) -> None:
    mr = desk.opened()
    desk.world.push(desk.project, "next", {"n": "1"}, by=desk.ben)
    desk.world.retarget(mr, "next", by=desk.ben)

    first, second = mr.versions
    assert (second.head_commit_sha, mr.target_branch) == (first.head_commit_sha, "next")
    assert second.start_commit_sha == desk.project.branches["next"]


@pytest.fixture
def description() -> GitLabContract:
    found = gitlab()
    if found is None:
        pytest.skip(f"{DOCUMENT.name} is not here")
    return found


@pytest.mark.shared
def test_the_description_finds_what_gitlab_does_not_document(desk: Desk, description: GitLabContract) -> None:
    desk.opened()
    desk.ask("/merge_requests?state=opened&per_page=100")
    read = desk.server.exchanges[-1]
    desk.ask("/merge_requests/1/notes", method="POST", body={"body": "hello"})
    written = desk.server.exchanges[-1]
    assert not [*description.problems(read), *description.problems(written)]

    broken = {
        "no such route": replace(read, path=read.path.replace("merge_requests", "pulls")),
        "undocumented query parameter order": replace(read, query={"order": "x"}),
        "'many' is not of type 'integer'": replace(read, query={"per_page": "many"}),
        "undocumented field .text sent": replace(written, sent={"body": "hello", "text": "hello"}),
        "'body' is a required property": replace(written, sent={}),
    }
    for problem, exchange in broken.items():
        assert any(problem in found for found in description.problems(exchange)), problem
