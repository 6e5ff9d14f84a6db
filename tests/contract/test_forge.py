"""What every forge must give: live state, trees, people. Written against the protocol alone."""

import pytest

from bot.forges.base import ObjectKind, PullRequest, ReviewState
from bot.forges.errors import ForgeError, NotFoundError, TooLargeError
from bot.report.words import words_of
from tests.fakes.git_objects import Submodule, Symlink
from tests.fakes.site import Site


def _opened(scene: Site, files: dict[str, object] | None = None) -> PullRequest:
    scene.push("release", files or {"release.yaml": "version: 2\n"})  # type: ignore[arg-type]
    return scene.forge.pull_request(scene.open("release"))


def test_a_pull_request_is_read_as_it_is_now(scene: Site) -> None:
    sha = scene.push("release", {"release.yaml": "version: 2\n"})
    number = scene.open("release", title="Release 2", draft=True)

    pull = scene.forge.pull_request(number)

    assert (pull.number, pull.title, pull.head_sha, pull.base_ref) == (number, "Release 2", sha, "main")
    assert (pull.author.login, pull.author.human, pull.author.id) == ("ben", True, scene.person("ben"))
    assert (pull.is_open, pull.is_merged, pull.is_draft) == (True, False, True)
    assert pull.url.endswith(str(number))


def test_a_pull_request_that_does_not_exist_is_not_found(scene: Site) -> None:
    with pytest.raises(NotFoundError, match=f"{words_of(scene.kind).pull_request} 404"):
        scene.forge.pull_request(404)


def test_every_open_pull_request_is_listed_past_the_first_page(scene: Site) -> None:
    numbers = set()
    for n in range(103):
        scene.push(f"release-{n}", {"a": "1"})
        numbers.add(scene.open(f"release-{n}"))

    assert {pull.number for pull in scene.forge.open_pull_requests()} == numbers


def test_a_tag_named_like_the_base_branch_does_not_shadow_it(scene: Site) -> None:
    old = scene.push("main", {"a": "1"})
    base = scene.push("main", {"a": "2"})
    scene.tag("main", old)

    assert scene.forge.revisions(_opened(scene)).base_sha == base


def test_the_merge_base_is_where_the_branches_parted(scene: Site) -> None:
    parted = scene.push("main", {"a": "1"})
    pull = _opened(scene)
    base = scene.push("main", {"a": "2"})

    revisions = scene.forge.revisions(pull)

    assert (revisions.base_sha, revisions.merge_base_sha, revisions.head_sha) == (base, parted, pull.head_sha)


def test_a_tree_tells_files_directories_symlinks_and_submodules_apart(scene: Site) -> None:
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


def test_a_moved_file_keeps_its_object_id_under_both_names(scene: Site) -> None:
    before = scene.push("main", {"old.yaml": "same\n"})
    after = scene.push("release", {"old.yaml": None, "new.yaml": "same\n"})

    old, new = scene.forge.tree(before).entries, scene.forge.tree(after).entries

    assert old["old.yaml"].oid == new["new.yaml"].oid
    assert "old.yaml" not in new


def test_a_tree_the_forge_truncates_is_walked_to_its_end(scene: Site) -> None:
    files = {f"d{n % 7}/e{n % 3}/f{n}": str(n) for n in range(150)}
    sha = scene.push("release", files)
    scene.limit_trees(20)

    tree = scene.forge.tree(sha)

    assert files.keys() <= tree.entries.keys()
    assert {"d0", "d0/e0"} <= tree.entries.keys()
    assert not tree.truncated


def test_a_commit_that_does_not_exist_has_no_tree(scene: Site) -> None:
    with pytest.raises(NotFoundError):
        scene.forge.tree("0" * 40)


def test_blobs_come_back_byte_for_byte(scene: Site) -> None:
    data = bytes(range(256)) * 1000
    tree = scene.forge.tree(scene.push("release", {"image.bin": data}))

    assert scene.forge.blob(tree.entries["image.bin"].oid, max_bytes=len(data)) == data


def test_a_blob_larger_than_allowed_is_refused(scene: Site) -> None:
    tree = scene.forge.tree(scene.push("release", {"big": b"x" * 1001}))

    with pytest.raises(TooLargeError):
        scene.forge.blob(tree.entries["big"].oid, max_bytes=1000)


def test_a_blob_of_unknown_size_is_given_up_while_reading(scene: Site) -> None:
    oid = scene.forge.tree(scene.push("release", {"big": b"x" * 500_000})).entries["big"].oid

    with pytest.raises(TooLargeError):
        scene.adapter().blob(oid, max_bytes=1000)


def test_a_blob_that_does_not_exist_is_not_found(scene: Site) -> None:
    with pytest.raises(NotFoundError):
        scene.forge.blob("0" * 40, max_bytes=10)


def test_the_history_of_a_path_holds_the_commits_that_touched_it_newest_first(scene: Site) -> None:
    first = scene.push("main", {"p.yaml": "1", "q": "1"})
    scene.push("main", {"q": "2"})
    second = scene.push("main", {"p.yaml": "2"})
    tip = scene.push("main", {"q": "3"})

    assert list(scene.forge.history("p.yaml", tip)) == [second, first]


def test_commits_carry_authors_committers_and_co_authors(scene: Site) -> None:
    carl, dora = scene.person("carl"), scene.person("dora")
    mail = scene.mail("dora")
    scene.push(
        "release",
        {"a": "1"},
        author="carl",
        message=f"Fix\n\nCo-authored-by: Dora <{mail}>\nco-authored-by: Nobody <nobody@example.org>",
    )
    scene.push("release", {"a": "2"}, stranger="stranger@example.org")

    first, second = scene.forge.activity(_by_number(scene)).commits

    assert first.author is not None
    assert first.author.id == carl
    assert [account.id for account in first.co_author_accounts] == [dora]
    assert first.co_authors[1] == "Nobody <nobody@example.org>"
    assert (second.author, second.committer) == (None, None)


def _by_number(scene: Site) -> PullRequest:
    return scene.forge.pull_request(scene.open("release"))


def test_who_pushed_the_commits_is_known(scene: Site) -> None:
    mia = scene.person("mia")
    scene.push("release", {"a": "1"}, by="mia", author="ben")

    assert [one.id for one in scene.forge.activity(_by_number(scene)).pushers] == [mia]


def test_reviews_and_comments_come_in_order_with_every_page(scene: Site) -> None:
    ana, bob, carl = (scene.person(login) for login in ("ana", "bob", "carl"))
    pull = _opened(scene)
    scene.approve(pull.number, by="bob")
    scene.request_changes(pull.number, by="ana")
    scene.approve(pull.number, by="carl")
    written = [scene.say(pull.number, f"comment {n}", by="ana") for n in range(205)]

    activity = scene.forge.activity(pull)

    assert [(review.author.id, review.state) for review in activity.reviews] == [
        (bob, ReviewState.APPROVED),
        (ana, ReviewState.CHANGES_REQUESTED),
        (carl, ReviewState.APPROVED),
    ]
    times = [review.submitted_at for review in activity.reviews]
    assert times == sorted(set(times))
    assert [comment.id for comment in activity.comments] == written
    assert not any(comment.ours for comment in activity.comments)
    assert activity.commits_complete


def test_an_approval_taken_back_approves_nothing(scene: Site) -> None:
    ana, _ = scene.person("ana"), scene.person("bob")
    pull = _opened(scene)
    scene.approve(pull.number, by="ana")
    scene.approve(pull.number, by="bob")
    scene.withdraw(pull.number, of="bob")

    reviews = scene.forge.activity(pull).reviews
    assert [one.author.id for one in reviews if one.state is ReviewState.APPROVED] == [ana]


def test_an_approval_has_the_time_of_the_forge(scene: Site) -> None:
    scene.person("ana")
    pull = _opened(scene)
    before = scene.clock.at
    scene.approve(pull.number, by="ana")
    (review,) = scene.forge.activity(pull).reviews
    assert before < review.submitted_at <= scene.clock.at

    scene.date_approval(pull.number, by="ana", at=before)
    (review,) = scene.forge.activity(pull).reviews
    assert review.submitted_at == before


def test_a_hundred_and_twenty_commits_are_complete(scene: Site) -> None:
    for n in range(120):
        scene.push("release", {"counter": str(n)})

    activity = scene.forge.activity(_by_number(scene))

    assert len(activity.commits) == 120
    assert activity.commits_complete


def test_commits_are_incomplete_when_the_head_moved_meanwhile(scene: Site) -> None:
    pull = _opened(scene)
    scene.push("release", {"a": "2"}, onto=scene.push("main", {"b": "1"}))

    assert not scene.forge.activity(pull).commits_complete


@pytest.mark.parametrize(
    ("role", "can_write"),
    [("admin", True), ("maintain", True), ("write", True), ("triage", False), ("read", False), (None, False)],
)
def test_a_user_is_a_member_with_the_right_to_write_that_he_has_now(
    scene: Site, role: str | None, can_write: bool
) -> None:
    number = scene.person("ana", role=role)

    (ana,) = scene.forge.members("@ana")

    assert (ana.id, ana.human, ana.can_write) == (number, True, can_write)


@pytest.mark.parametrize("size", [2, 130])
def test_a_team_is_all_its_members_each_with_his_own_right_to_write(scene: Site, size: int) -> None:
    people = [f"p{n}" for n in range(size)]
    ids = [scene.person(login, role="read" if login == "p1" else "write") for login in people]

    found = scene.forge.members(scene.team("leads", people))

    assert [one.id for one in found] == ids
    assert [one.login for one in found if not one.can_write] == ["p1"]


@pytest.mark.parametrize("owner", ["@nobody", "@acme/nobody", "@other/leads", "ana@example.org", "ana"])
def test_an_owner_the_forge_does_not_know_has_no_members(scene: Site, owner: str) -> None:
    assert scene.forge.members(owner) == ()


def test_a_read_is_repeated_after_a_bad_gateway(scene: Site) -> None:
    number = _opened(scene).number
    scene.bad_gateway("GET", times=2)

    assert scene.forge.pull_request(number).number == number


def test_a_forge_that_stays_broken_is_an_error_that_says_what_was_being_done(scene: Site) -> None:
    scene.bad_gateway("GET", times=4)

    words = words_of(scene.kind).pull_request
    with pytest.raises(ForgeError, match=f"reading {words} 1 of acme/data"):
        scene.forge.pull_request(1)
