"""A success that was earned on another branch than the default one, and what it would open there."""

from collections.abc import Mapping

import pytest

from bot.answers import DecisionKind
from bot.evaluation.branches import unrelated, why_held
from bot.evaluation.evaluate import survey
from tests.fakes.commits import Commits
from tests.fakes.git_objects import Content

MANIFEST = "data/street/release.yaml"
RELEASE = 'dataset: street\nversion: "1"\nschema: {path: labels.jsonl}\n'
POLICY = """\
version: 1
datasets:
  - name: street
    manifest: data/street/release.yaml
    watch: ["data/street/**"]
"""
BASE: Mapping[str, Content] = {
    ".sevengates.yaml": POLICY,
    "CODEOWNERS": "* @ana\n",
    MANIFEST: RELEASE,
    "data/street/labels.jsonl": '{"id": "1", "name": "car"}\n',
    "README.md": "Street scenes",
}
NEW: Mapping[str, Content] = {"data/street/new.txt": "x"}
LISTED = {".sevengates.yaml": POLICY + 'branches: ["release/*"]\n'}


def held(
    scratch: Mapping[str, Content],
    change: Mapping[str, Content] = NEW,
    *,
    base_ref: str = "scratch",
    main: Mapping[str, Content] | None = None,
    moved: Mapping[str, Content] | None = None,
    truncated: bool = False,
) -> str:
    """The code of what holds a change onto a branch that differs from the default one by `scratch`."""
    commits = Commits()
    start = commits.commit(main or {}, onto=commits.commit(BASE))
    branch = commits.commit(scratch, onto=start)
    head = commits.commit(change, onto=branch)
    default = commits.commit(moved, onto=start) if moved else start
    if truncated:
        commits.truncated.add(head)
    here, there = (
        survey(commits, commits.revisions(base, head), dialect="github") for base in (branch, default)
    )
    found = why_held(here, there, base_ref=base_ref, default_branch="main")
    return found.code if found else ""


def test_a_branch_without_the_rules_opens_nothing_on_the_default_branch() -> None:
    assert held({".sevengates.yaml": None}) == "base.other-branch"
    assert held({"CODEOWNERS": "* @eve\n"}) == "base.other-branch"


def test_a_branch_that_carries_the_release_already_opens_nothing_there() -> None:
    assert held(NEW, {"README.md": "x"}) == "base.other-branch"
    assert held({MANIFEST: RELEASE + "# prepared\n"}) == "base.other-branch"
    assert held({"data/street/labels.jsonl": "{}"}, {"data/street/labels.jsonl": "[]"}) == "base.other-branch"


@pytest.mark.parametrize("scratch", [{"docs/x.md": "x"}, {"README.md": None}])
def test_a_branch_with_the_same_rules_and_files_is_judged_the_same(scratch: Mapping[str, Content]) -> None:
    assert held(scratch) == ""
    assert held(scratch, {"CODEOWNERS": "* @eve\n"}) == ""


def test_what_moved_on_the_default_branch_is_not_judged_the_same() -> None:
    assert held({}, moved={"data/street/labels.jsonl": ""}) == "base.other-branch"
    assert held({}, moved={"docs/y.md": "y"}) == ""


def test_what_the_default_branch_does_not_watch_is_free() -> None:
    assert held({"docs/x.md": "x"}, {"README.md": "x"}) == ""
    assert held({"docs/x.md": "x"}, {"README.md": "x"}, truncated=True) == "base.other-branch"


def test_a_default_branch_without_a_policy_asks_nothing() -> None:
    assert held({"CODEOWNERS": None}, main={".sevengates.yaml": None}) == ""


def test_a_default_branch_whose_policy_was_never_good_lets_only_the_same_through() -> None:
    broken = {".sevengates.yaml": "[\n"}
    assert held({".sevengates.yaml": POLICY}, {"README.md": "x"}, main=broken) == "base.other-branch"
    assert held({"docs/x.md": "x"}, {"README.md": "x"}, main=broken) == ""


def test_a_branch_that_the_default_policy_lists_stands_for_itself() -> None:
    other = {"CODEOWNERS": "* @eve\n"}
    assert held(other, base_ref="release/1", main=LISTED) == ""
    assert held(other, base_ref="release", main=LISTED) == "base.other-branch"


def test_what_cannot_be_compared_says_so() -> None:
    found = unrelated(base_ref="pages", default_branch="main")
    assert (found.code, DecisionKind.READY.opens_the_merge) == ("base.unrelated", False)
    assert "`pages` and `main`" in found.text
