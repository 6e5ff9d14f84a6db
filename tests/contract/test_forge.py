"""What every forge must give: live state, trees, people. Written against the protocol alone."""

import pytest

from bot.forges.base import ObjectKind, PullRequest, ReviewState
from bot.forges.errors import ForgeError, NotFoundError, TooLargeError
from tests.contract.scenes import Scene
from tests.fakes.git_objects import Submodule, Symlink


def _opened(scene: Scene, files: dict[str, object] | None = None) -> PullRequest:
    scene.push("release", files or {"release.yaml": "version: 2\n"})  # type: ignore[arg-type]
    return scene.forge.pull_request(scene.open("release"))


def test_a_pull_request_is_read_as_it_is_now(scene: Scene) -> None:
    sha = scene.push("release", {"release.yaml": "version: 2\n"})
    number = scene.open("release", title="Release 2", draft=True)

    pull = scene.forge.pull_request(number)

    assert (pull.number, pull.title, pull.head_sha, pull.base_ref) == (number, "Release 2", sha, "main")
    assert (pull.author.login, pull.author.human, pull.author.id) == ("ben", True, scene.person("ben"))
    assert (pull.is_open, pull.is_merged, pull.is_draft) == (True, False, True)
    assert pull.url.endswith(str(number))


def test_a_pull_request_that_does_not_exist_is_not_found(scene: Scene) -> None:
    with pytest.raises(NotFoundError, match="pull request 404"):
        scene.forge.pull_request(404)


def test_every_open_pull_request_is_listed_past_the_first_page(scene: Scene) -> None:
    scene.push("release", {"a": "1"})
    numbers = {scene.open("release") for _ in range(103)}

    assert {pull.number for pull in scene.forge.open_pull_requests()} == numbers


def test_a_tag_named_like_the_base_branch_does_not_shadow_it(scene: Scene) -> None:
    old = scene.push("main", {"a": "1"})
    base = scene.push("main", {"a": "2"})
    scene.tag("main", old)

    assert scene.forge.revisions(_opened(scene)).base_sha == base


def test_the_merge_base_is_where_the_branches_parted(scene: Scene) -> None:
    parted = scene.push("main", {"a": "1"})
    pull = _opened(scene)
    base = scene.push("main", {"a": "2"})

    revisions = scene.forge.revisions(pull)

    assert (revisions.base_sha, revisions.merge_base_sha, revisions.head_sha) == (base, parted, pull.head_sha)


def test_a_tree_tells_files_directories_symlinks_and_submodules_apart(scene: Scene) -> None:
    sha = scene.push(
        "release",
        {"data/a.jsonl": b"{}\n", "link": Symlink("data/a.jsonl"), "vendored": Submodule("a" * 40)},
    )

    tree = scene.forge.tree(sha)

    kinds = {path: entry.kind for path, entry in tree.entries.items()}
    assert kinds == {
        "README.md": ObjectKind.FILE,
        "data": ObjectKind.DIRECTORY,
        "data/a.jsonl": ObjectKind.FILE,
        "link": ObjectKind.SYMLINK,
        "vendored": ObjectKind.SUBMODULE,
    }
    assert not tree.truncated


def test_a_moved_file_keeps_its_object_id_under_both_names(scene: Scene) -> None:
    before = scene.push("main", {"old.yaml": "same\n"})
    after = scene.push("release", {"old.yaml": None, "new.yaml": "same\n"})

    old, new = scene.forge.tree(before).entries, scene.forge.tree(after).entries

    assert old["old.yaml"].oid == new["new.yaml"].oid
    assert "old.yaml" not in new


def test_a_tree_the_forge_truncates_is_walked_to_its_end(scene: Scene) -> None:
    files = {f"d{n % 7}/e{n % 3}/f{n}": str(n) for n in range(150)}
    sha = scene.push("release", files)
    scene.truncate_trees(20)

    tree = scene.forge.tree(sha)

    assert files.keys() <= tree.entries.keys()
    assert {"d0", "d0/e0"} <= tree.entries.keys()
    assert not tree.truncated


def test_a_tree_too_wide_to_walk_is_given_back_as_truncated(scene: Scene) -> None:
    sha = scene.push("release", {f"d{n}/{name}": f"{n}" for n in range(230) for name in "ab"})
    scene.truncate_trees(1)

    assert scene.forge.tree(sha).truncated


def test_a_commit_that_does_not_exist_has_no_tree(scene: Scene) -> None:
    with pytest.raises(NotFoundError):
        scene.forge.tree("0" * 40)


def test_blobs_come_back_byte_for_byte(scene: Scene) -> None:
    data = bytes(range(256)) * 1000
    tree = scene.forge.tree(scene.push("release", {"image.bin": data}))

    assert scene.forge.blob(tree.entries["image.bin"].oid, max_bytes=len(data)) == data


def test_a_blob_larger_than_allowed_is_refused_before_it_is_downloaded(scene: Scene) -> None:
    tree = scene.forge.tree(scene.push("release", {"big": b"x" * 1001}))
    reads = scene.requests("GET")

    with pytest.raises(TooLargeError):
        scene.forge.blob(tree.entries["big"].oid, max_bytes=1000)

    assert scene.requests("GET") == reads


def test_a_blob_of_unknown_size_is_given_up_while_reading(scene: Scene) -> None:
    oid = scene.forge.tree(scene.push("release", {"big": b"x" * 500_000})).entries["big"].oid

    with pytest.raises(TooLargeError):
        scene.another_worker().blob(oid, max_bytes=1000)


def test_a_blob_that_does_not_exist_is_not_found(scene: Scene) -> None:
    with pytest.raises(NotFoundError):
        scene.forge.blob("0" * 40, max_bytes=10)


def test_the_history_of_a_path_holds_the_commits_that_touched_it_newest_first(scene: Scene) -> None:
    first = scene.push("main", {"p.yaml": "1", "q": "1"})
    scene.push("main", {"q": "2"})
    second = scene.push("main", {"p.yaml": "2"})
    tip = scene.push("main", {"q": "3"})

    assert list(scene.forge.history("p.yaml", tip)) == [second, first]


def test_commits_carry_authors_committers_and_co_authors(scene: Scene) -> None:
    carl, dora = scene.person("carl"), scene.person("dora")
    scene.push(
        "release",
        {"a": "1"},
        author="carl",
        message=f"Fix\n\nCo-authored-by: Dora <{dora}+dora@users.noreply.github.com>\n"
        "co-authored-by: Nobody <nobody@example.org>",
    )
    scene.push("release", {"a": "2"}, stranger="stranger@example.org")

    first, second = scene.forge.activity(_by_number(scene)).commits

    assert first.author is not None
    assert first.author.id == carl
    assert [account.id for account in first.co_author_accounts] == [dora]
    assert first.co_authors[1] == "Nobody <nobody@example.org>"
    assert (second.author, second.committer) == (None, None)


def _by_number(scene: Scene) -> PullRequest:
    return scene.forge.pull_request(scene.open("release"))


def test_who_pushed_the_commits_is_known(scene: Scene) -> None:
    mia = scene.person("mia")
    scene.push("release", {"a": "1"}, by="mia", author="ben")

    assert [one.id for one in scene.forge.activity(_by_number(scene)).pushers] == [mia]


def test_reviews_and_comments_come_in_order_with_every_page(scene: Scene) -> None:
    ana = scene.person("ana")
    pull = _opened(scene)
    for state in ("approved", "commented", "changes_requested", "dismissed"):
        scene.review(pull.number, by="ana", state=state)
    written = [scene.comment(pull.number, f"comment {n}", by="ana") for n in range(205)]

    activity = scene.forge.activity(pull)

    assert [review.state for review in activity.reviews] == [
        ReviewState.APPROVED,
        ReviewState.COMMENTED,
        ReviewState.CHANGES_REQUESTED,
        ReviewState.DISMISSED,
    ]
    assert {review.author.id for review in activity.reviews} == {ana}
    assert [comment.id for comment in activity.comments] == written
    assert not any(comment.ours for comment in activity.comments)
    assert activity.commits_complete


def test_a_pull_request_with_more_commits_than_the_forge_lists_is_incomplete(scene: Scene) -> None:
    for n in range(251):
        scene.push("release", {"counter": str(n)})

    activity = scene.forge.activity(_by_number(scene))

    assert not activity.commits_complete


def test_a_hundred_and_twenty_commits_are_complete(scene: Scene) -> None:
    for n in range(120):
        scene.push("release", {"counter": str(n)})

    activity = scene.forge.activity(_by_number(scene))

    assert len(activity.commits) == 120
    assert activity.commits_complete


def test_commits_are_incomplete_when_the_head_moved_meanwhile(scene: Scene) -> None:
    pull = _opened(scene)
    scene.push("release", {"a": "2"}, onto=scene.push("main", {"b": "1"}))

    assert not scene.forge.activity(pull).commits_complete


@pytest.mark.parametrize(
    ("role", "can_write"),
    [("admin", True), ("maintain", True), ("write", True), ("triage", False), ("read", False), (None, False)],
)
def test_a_user_is_a_member_with_the_right_to_write_that_he_has_now(
    scene: Scene, role: str | None, can_write: bool
) -> None:
    number = scene.person("ana", role=role)

    (ana,) = scene.forge.members("@ana")

    assert (ana.id, ana.human, ana.can_write) == (number, True, can_write)


@pytest.mark.parametrize("size", [2, 130])
def test_a_team_is_all_its_members_each_with_his_own_right_to_write(scene: Scene, size: int) -> None:
    people = [f"p{n}" for n in range(size)]
    ids = [scene.person(login, role="read" if login == "p1" else "write") for login in people]

    found = scene.forge.members(scene.team("leads", people))

    assert [one.id for one in found] == ids
    assert [one.login for one in found if not one.can_write] == ["p1"]


@pytest.mark.parametrize("owner", ["@nobody", "@acme/nobody", "@other/leads", "ana@example.org", "ana"])
def test_an_owner_the_forge_does_not_know_has_no_members(scene: Scene, owner: str) -> None:
    assert scene.forge.members(owner) == ()


def test_a_read_is_repeated_after_a_bad_gateway(scene: Scene) -> None:
    number = _opened(scene).number
    scene.bad_gateway("GET", times=2)

    assert scene.forge.pull_request(number).number == number


def test_a_forge_that_stays_broken_is_an_error_that_says_what_was_being_done(scene: Scene) -> None:
    scene.bad_gateway("GET", times=4)

    with pytest.raises(ForgeError, match="reading pull request 1 of acme/data"):
        scene.forge.pull_request(1)
