"""What only GitHub has: an App with narrowed tokens, its delivery log, annotations, statuses."""

import logging
import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.answers import Finding
from bot.forges.base import Check, CheckState, PullRequest, Repository
from bot.forges.errors import ForgeError, NotFoundError, UnauthorizedError
from bot.forges.github import GitHubApp, GitHubToken
from bot.forges.github.app import CLIENTS_PER_THREAD
from bot.forges.github.trees import KEPT_TREES
from bot.reconcile.inputs import conclusions
from tests.fakes.github.model import Review
from tests.fakes.github.site import GitHubSite

NARROW = {
    "checks": "write",
    "contents": "read",
    "members": "read",
    "metadata": "read",
    "pull_requests": "write",
}


@pytest.fixture
def pull(github: GitHubSite) -> PullRequest:
    github.push("release", {"release.yaml": "version: 2\n"})
    return github.forge.pull_request(github.open("release"))


def _check(pull: PullRequest, findings: int, **changes: object) -> Check:
    annotations = tuple(
        Finding(code="a.b", text=f"Wrong {n}.", fix="Mend it.", file="release.yaml", line=n + 1)
        for n in range(findings)
    )
    check = Check(
        name="sevengates",
        head_sha=pull.head_sha,
        state=CheckState.FAILURE,
        title="Blocked",
        summary=f"{findings} findings",
        annotations=annotations,
        external_id="r7k2",
    )
    return replace(check, **changes)  # type: ignore[arg-type]


def _another_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    encoding, plain = serialization.Encoding.PEM, serialization.NoEncryption()
    return key.private_bytes(encoding, serialization.PrivateFormat.PKCS8, plain).decode()


def test_a_token_holds_one_repository_and_five_permissions(github: GitHubSite, pull: PullRequest) -> None:
    (minted,) = github.server.calls("POST", ".*/access_tokens")

    assert minted.sent == {"repository_ids": [github.repo.id], "permissions": NARROW}
    assert minted.path == f"/app/installations/{github.installation.id}/access_tokens"


def test_everything_we_do_needs_no_more_than_the_narrow_token(github: GitHubSite, pull: PullRequest) -> None:
    forge = github.forge
    comment = github.say(pull.number, "hello", by="ben")
    forge.tree(forge.revisions(pull).base_sha)
    forge.activity(pull)
    forge.members(github.team("leads", ["ben"]))
    forge.publish(pull, _check(pull, 1))
    forge.comment(pull, "<!-- sevengates -->")
    forge.react(pull, comment, "eyes")
    forge.checks(pull.head_sha)
    forge.checks(pull.head_sha)

    refused = [one.path for one in github.server.exchanges if one.status == 403]
    assert refused == [f"/repos/acme/data/commits/{pull.head_sha}/statuses"]


def test_the_token_and_client_are_kept_and_shared_between_threads(github: GitHubSite) -> None:
    github.app.installation(github.repository)
    assert github.app.installation(github.repository) is github.forge
    github.push("release", {"a": "1"})
    number = github.open("release")
    threads = [
        threading.Thread(target=lambda: github.app.installation(github.repository).pull_request(number))
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(github.server.calls("GET", "/repos/acme/data/pulls/1")) == 4
    assert len(github.server.calls("POST", ".*/access_tokens")) == 1


def test_a_thread_keeps_the_clients_it_used_last(github: GitHubSite) -> None:
    for number in range(CLIENTS_PER_THREAD):
        github.app.installation(replace(github.repository, id=number))

    assert github.app.installation(github.repository) is not github.forge


def test_runs_of_two_workflows_under_one_name_are_told_apart(github: GitHubSite, pull: PullRequest) -> None:
    actions = github.world.app("github-actions")
    for workflow, conclusion in ((1, "failure"), (2, "success"), (2, "failure"), (2, "success")):
        run = github.world.check_run(
            github.repo, actions, name="export-smoke", head_sha=pull.head_sha, workflow=workflow
        )
        github.world.edit_check_run(github.repo, run, conclusion=conclusion)

    assert [one.conclusion for one in conclusions(github.forge.checks(pull.head_sha))] == [
        "failure",
        "success",
    ]


def test_an_app_installed_nowhere_cannot_know_its_account(github: GitHubSite) -> None:
    github.world.installations.clear()

    with pytest.raises(UnauthorizedError, match="installed nowhere"):
        _ = github.app.identity


def test_trees_are_read_once_and_the_oldest_is_let_go(github: GitHubSite) -> None:
    shas = [github.push("main", {"a": str(n)}) for n in range(KEPT_TREES + 1)]
    for sha in (*shas, shas[-1], shas[0]):
        github.forge.tree(sha)

    assert len(github.server.calls("GET", ".*/git/trees/.*")) == len(shas) + 1


def test_a_token_about_to_expire_is_renewed(github: GitHubSite, pull: PullRequest) -> None:
    forge = github.adapter()
    github.world.token_life = timedelta(minutes=4)
    forge.pull_request(pull.number)
    forge.pull_request(pull.number)

    assert len(github.server.calls("POST", ".*/access_tokens")) == 3


def test_a_token_that_github_no_longer_knows_is_dropped(github: GitHubSite, pull: PullRequest) -> None:
    github.world.tokens.clear()
    with pytest.raises(UnauthorizedError):
        github.forge.pull_request(pull.number)

    assert github.forge.pull_request(pull.number) == pull


def test_an_installation_without_members_still_works_and_says_so_for_a_team(github: GitHubSite) -> None:
    del github.installation.permissions["members"]
    github.person("ana")

    assert len(github.forge.members("@ana")) == 1
    with pytest.raises(UnauthorizedError, match=r"'members: read'"):
        github.forge.members("@acme/leads")


def test_a_repository_the_app_is_not_installed_on_gets_no_token(github: GitHubSite) -> None:
    foreign = replace(github.repository, id=1, full_name="acme/other")

    with pytest.raises(ForgeError, match="getting a token"):
        github.app.installation(foreign).pull_request(1)


def test_an_unknown_installation_is_not_found(github: GitHubSite) -> None:
    with pytest.raises(NotFoundError):
        github.app.installation(replace(github.repository, installation=1)).pull_request(1)


def test_both_keys_work_during_a_rotation(github: GitHubSite) -> None:
    app = GitHubApp(
        api_url=github.server.url, app_id=github.bot.id, private_keys=[_another_key(), github.key]
    )
    assert app.installations() == (github.installation.id,)
    app.installations()

    refused = [one for one in github.server.calls("GET", "/app/installations") if one.status == 401]
    assert len(refused) == 1


def test_a_wrong_key_is_unauthorized_and_no_key_is_refused_at_once(github: GitHubSite) -> None:
    app = GitHubApp(api_url=github.server.url, app_id=github.bot.id, private_keys=[_another_key()])
    with pytest.raises(UnauthorizedError, match="listing the installations"):
        app.installations()
    with pytest.raises(ValueError, match="private key"):
        GitHubApp(api_url=github.server.url, app_id=1, private_keys=[])
    with pytest.raises(ValueError, match="PEM"):
        GitHubApp(api_url=github.server.url, app_id=1, private_keys=["not a key"])


def test_the_sweep_sees_every_active_installation_and_repository(github: GitHubSite) -> None:
    more = [github.world.repository(f"other/r{n}") for n in range(120)]
    second = github.world.install(github.bot, *more)
    gone = github.world.install(github.bot, github.world.repository("third/r"))
    gone.suspended_at = github.world.clock.at

    assert github.app.installations() == (github.installation.id, second.id)
    found = list(github.app.repositories(second.id))
    assert [(one.id, one.full_name, one.installation) for one in found] == [
        (repo.id, repo.full_name, second.id) for repo in more
    ]


def test_deliveries_that_never_succeeded_are_found_and_sent_again(github: GitHubSite) -> None:
    since = datetime.now(UTC) - timedelta(days=3)
    for _ in range(120):
        github.push("main", {"a": str(_)})
    log = github.world.deliveries.log
    log[5].status = "OK"

    failed = github.app.failed_deliveries(since)
    github.app.redeliver(failed[0].id)

    assert [one.guid for one in failed] == [one.guid for one in log[:-1] if one is not log[5]]
    assert (log[-1].guid, log[-1].redelivery) == (failed[0].guid, True)
    log[-1].status = "OK"
    assert failed[0].guid not in {one.guid for one in github.app.failed_deliveries(since)}
    assert github.app.failed_deliveries(github.clock.at + timedelta(days=1)) == ()


def test_annotations_go_in_batches_and_are_not_doubled(github: GitHubSite, pull: PullRequest) -> None:
    check = _check(pull, 120)
    github.forge.publish(pull, check)
    github.forge.publish(pull, check)

    (run,) = github.world.runs(github.repo, pull.head_sha)
    assert [one["start_line"] for one in run.annotations] == list(range(1, 121))
    batches = github.server.calls("POST", ".*/check-runs") + github.server.calls("PATCH", ".*")
    assert [len(one.sent["output"]["annotations"]) for one in batches] == [50, 50, 20]


def test_annotations_lost_on_the_way_are_completed(github: GitHubSite, pull: PullRequest) -> None:
    github.world.faults.bad_gateway(method="PATCH")
    with pytest.raises(ForgeError):
        github.forge.publish(pull, _check(pull, 70))
    github.forge.publish(pull, _check(pull, 70))

    (run,) = github.world.runs(github.repo, pull.head_sha)
    assert len({one["start_line"] for one in run.annotations}) == len(run.annotations) == 70


def test_a_pending_run_with_stale_annotations_is_concluded_and_superseded(
    github: GitHubSite, pull: PullRequest
) -> None:
    github.forge.publish(pull, _check(pull, 2, state=CheckState.PENDING))
    github.forge.publish(pull, _check(pull, 1, state=CheckState.PENDING))

    old, new = github.world.runs(github.repo, pull.head_sha)
    assert (old.status, old.conclusion, new.status) == ("completed", "failure", "in_progress")
    assert len(new.annotations) == 1


def test_a_pending_run_that_changes_its_text_keeps_its_annotations(
    github: GitHubSite, pull: PullRequest
) -> None:
    github.forge.publish(pull, _check(pull, 2, state=CheckState.PENDING))
    github.forge.publish(pull, _check(pull, 2, state=CheckState.PENDING, summary="Two findings"))

    (run,) = github.world.runs(github.repo, pull.head_sha)
    assert (run.summary, len(run.annotations)) == ("Two findings", 2)


def test_findings_without_a_file_are_no_annotations_and_the_button_rechecks(
    github: GitHubSite, pull: PullRequest
) -> None:
    nowhere = Finding(code="a.b", text="Wrong.", fix="Mend it.")
    github.forge.publish(pull, _check(pull, 0, annotations=(nowhere,)))

    (run,) = github.world.runs(github.repo, pull.head_sha)
    assert run.annotations == []
    assert [action["identifier"] for action in run.actions] == ["recheck"]


def test_the_head_of_a_fork_has_no_known_pushers(github: GitHubSite) -> None:
    stranger = github.world.user("stranger")
    github.push("release", {"a": "1"})
    number = github.world.open_pull_request(github.repo, "release", by=stranger, fork=stranger).number

    activity = github.forge.activity(github.forge.pull_request(number))

    assert activity.pushers == ()
    assert activity.commits_complete


def test_a_review_by_a_deleted_account_and_a_bot_are_nobody_human(
    github: GitHubSite, pull: PullRequest
) -> None:
    github.world.review(github.repo, github.repo.pulls[pull.number], by=github.bot.bot)

    (review,) = github.forge.activity(pull).reviews
    assert not review.author.human


def test_a_review_not_yet_submitted_is_not_seen(github: GitHubSite, pull: PullRequest) -> None:
    draft = Review(id=1, author=github.bot.bot, state="PENDING", body="", commit_id=None, submitted_at=None)
    github.repo.pulls[pull.number].reviews.append(draft)

    assert github.forge.activity(pull).reviews == ()


@pytest.fixture
def status_mode(github: GitHubSite) -> GitHubToken:
    github.person("robot")
    return GitHubToken(api_url=github.server.url, token=github.world.user_token(github.world.user("robot")))


def _plain(github: GitHubSite) -> Repository:
    return replace(github.repository, installation=0)


def test_with_a_token_a_commit_status_stands_and_is_read_back(
    github: GitHubSite, status_mode: GitHubToken, pull: PullRequest
) -> None:
    forge = status_mode.installation(_plain(github))
    first = forge.publish(pull, _check(pull, 0)).at
    assert forge.publish(pull, _check(pull, 0)).at == first
    assert forge.publish(pull, _check(pull, 0, state=CheckState.SUCCESS, title="word " * 40)).at > first

    assert [(one.state, one.description) for one in github.repo.statuses] == [
        ("failure", "Blocked [r7k2]"),
        ("success", ("word " * 26).strip() + "… [r7k2]"),
    ]
    assert [(one.ours, one.external_id, one.conclusion) for one in forge.checks(pull.head_sha)] == [
        (True, "r7k2", "failure"),
        (True, "r7k2", "success"),
    ]


def test_a_long_external_id_is_recognised_by_its_digest(
    github: GitHubSite, status_mode: GitHubToken, pull: PullRequest
) -> None:
    forge = status_mode.installation(_plain(github))
    forge.publish(pull, _check(pull, 0, external_id="x" * 200))
    github.say(pull.number, "time passes", by="ben")

    forge.publish(pull, _check(pull, 0, external_id="x" * 200, state=CheckState.SUCCESS))
    (status, _) = github.repo.statuses
    first, second = forge.checks(pull.head_sha)
    assert first.external_id == second.external_id
    assert len(status.description or "") <= 140


def test_a_status_of_our_name_by_somebody_else_is_not_ours(
    github: GitHubSite, status_mode: GitHubToken, pull: PullRequest
) -> None:
    mallory = github.world.user("mallory")
    github.world.status(github.repo, pull.head_sha, "sevengates", "success", by=mallory, description="[r7k2]")
    forge = status_mode.installation(_plain(github))

    assert forge.publish(pull, _check(pull, 0)).at > github.repo.statuses[0].created_at
    assert [(one.ours, one.external_id) for one in forge.checks(pull.head_sha)] == [
        (False, ""),
        (True, "r7k2"),
    ]


def test_a_token_sees_its_repositories_and_no_delivery_log(
    github: GitHubSite, status_mode: GitHubToken
) -> None:
    assert [one.full_name for one in status_mode.repositories(0)] == ["acme/data"]
    assert (status_mode.installations(), status_mode.failed_deliveries(github.clock.at)) == ((0,), ())
    with pytest.raises(ForgeError, match="only a GitHub App"):
        status_mode.redeliver(1)


def test_no_secret_reaches_a_log_even_at_debug(github: GitHubSite, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    forge = github.adapter()
    github.push("release", {"a": "1"})
    pull = forge.pull_request(github.open("release"))
    forge.comment(pull, "<!-- sevengates -->")
    forge.blob(forge.tree(pull.head_sha).entries["a"].oid, max_bytes=10)
    with pytest.raises(NotFoundError) as raised:
        forge.pull_request(404)

    sent = {one.headers["Authorization"].split(" ")[1] for one in github.server.exchanges}
    assert len(sent) >= 2
    written = caplog.text + repr(raised.value) + str(raised.value.__cause__)
    for secret in (*sent, github.key, *github.world.tokens):
        assert secret not in written
