"""What a pull request touches, by which rules it is judged, and what blocks it: the same on every forge."""

from collections.abc import Iterator
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import get_args

import pytest

from bot.answers import DecisionKind, Outcome
from bot.codeowners import LOCATIONS, Dialect
from bot.evaluation.evaluate import evaluate, survey
from bot.evaluation.people import Context, People
from bot.evaluation.trees import TreeFiles
from bot.forges.base import ReviewState
from bot.forges.errors import ForgeError, NotFoundError, TooLargeError
from bot.publications import Publications
from bot.releases import Evaluation, Release
from tests.fakes.commits import Commits
from tests.fakes.git_objects import Content, Submodule, Symlink
from tests.fakes.people import account, activity, comment, commit, published, review
from tests.fakes.people import at as seconds

NOW = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
MANIFEST = "data/street/release.yaml"

POLICY = """\
version: 1
datasets:
  - name: street
    manifest: data/street/release.yaml
    watch: ["data/street/**"]
    gates:
      review: {rule: full}
"""
RELEASE = """\
dataset: street
version: "1"
schema: {path: labels.jsonl}
snapshot: {path: snapshot.json, format: coco}
assignments: {path: /evidence/assignments.jsonl}
"""
BASE: dict[str, Content] = {
    ".sevengates.yaml": POLICY,
    "CODEOWNERS": "* @ana\n",
    MANIFEST: RELEASE,
    "data/street/labels.jsonl": '{"id": "1", "name": "car"}\n',
    "data/street/snapshot.json": '{"images": [], "annotations": [], "categories": []}',
    "evidence/assignments.jsonl": "",
    "README.md": "Street scenes",
}


DIALECT: ContextVar[Dialect] = ContextVar("dialect")
"""Of the forge on which everything in a test happens."""


@pytest.fixture(autouse=True, params=get_args(Dialect))
def dialect(request: pytest.FixtureRequest) -> Iterator[Dialect]:
    """Every forge in turn."""
    token = DIALECT.set(request.param)
    yield request.param
    DIALECT.reset(token)


def judged(changes: dict[str, Content], base: dict[str, Content] | None = None) -> Evaluation:
    commits = Commits()
    main = commits.commit(BASE if base is None else base)
    return at(commits, main, commits.commit(changes, onto=main))


def at(commits: Commits, base: str, head: str) -> Evaluation:
    found = survey(commits, commits.revisions(base, head), dialect=DIALECT.get())
    return evaluate(commits, found, Context(number=1, base_ref="main", now=NOW))


def only(evaluation: Evaluation) -> Release:
    (release,) = evaluation.releases
    return release


def blockers(evaluation: Evaluation) -> list[str]:
    return [finding.code for finding in only(evaluation).blockers]


def test_a_change_of_nothing_watched_releases_nothing() -> None:
    evaluation = judged({"README.md": "Streets"})
    assert evaluation.kind is DecisionKind.NOT_APPLICABLE
    assert evaluation.watched == (MANIFEST, "data/street/**")


def test_only_what_is_watched_or_governs_applies() -> None:
    commits = Commits()
    main = commits.commit(BASE)
    applies = {
        path: survey(
            commits, commits.revisions(main, commits.commit({path: "x"}, onto=main)), dialect=DIALECT.get()
        ).applies
        for path in ("README.md", "data/street/x", "CODEOWNERS", ".github/.sevengates.yaml")
    }
    assert [path for path, does in applies.items() if not does] == ["README.md"]


def test_the_files_of_a_tree_are_read_within_their_limits() -> None:
    commits = Commits()
    files = TreeFiles(
        commits.tree(commits.commit({"a/b": "12", "a/c/d": "3", "ab": Symlink("a/b")})), commits.blob
    )
    assert files.below("a") == files.below("a/") == ("a/b", "a/c/d")
    assert files.below("") == ("a/b", "a/c/d", "ab")
    assert files.read("a/b", max_bytes=2) == b"12"
    with pytest.raises(TooLargeError):
        files.read("a/b", max_bytes=1)
    for path in ("ab", "a", "nowhere"):
        with pytest.raises(NotFoundError):
            files.read(path, max_bytes=9)


@pytest.mark.parametrize(
    "changes",
    [
        {MANIFEST: RELEASE + "# a note\n"},
        {"data/street/new.txt": "x"},
        {"data/street/labels.jsonl": None},
        {"evidence/assignments.jsonl": "{}\n"},  # named by the manifest, outside of every glob
        {"data/street/labels.jsonl": None, "elsewhere.jsonl": BASE["data/street/labels.jsonl"]},
    ],
)
def test_a_change_of_anything_watched_or_named_is_a_release(changes: dict[str, Content]) -> None:
    release = only(judged(changes))
    assert (release.dataset, release.manifest, release.lead) == ("street", MANIFEST, "@ana")
    assert len(release.answers) == 7


def test_the_fingerprint_survives_an_unrelated_commit_and_a_rebase() -> None:
    commits = Commits()
    main = commits.commit(BASE)
    change = {"data/street/new.txt": "x"}
    head = commits.commit(change, onto=main)
    later = commits.commit({"README.md": "More"}, onto=head)
    moved = commits.commit({"LICENSE": "Free"}, onto=main)
    rebased = commits.commit(change, onto=moved)
    prints = {
        only(at(commits, base, tip)).fingerprint
        for base, tip in ((main, head), (main, later), (moved, rebased), (moved, head))
    }
    assert len(prints) == 1
    assert only(judged({"data/street/new.txt": "y"})).fingerprint not in prints


def test_a_base_that_moved_under_the_release_blocks_it() -> None:
    commits = Commits()
    main = commits.commit(BASE)
    head = commits.commit({"data/street/new.txt": "x"}, onto=main)
    moved = commits.commit({"data/street/labels.jsonl": ""}, onto=main)
    evaluation = at(commits, moved, head)
    assert blockers(evaluation) == ["base.moved"]
    assert evaluation.kind is DecisionKind.BLOCKED
    (blocker,) = only(evaluation).blockers
    assert blocker.fix == "Update the branch with `main`."
    assert (blocker.file, blocker.line) == ("data/street/labels.jsonl", 1)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({MANIFEST: None}, "manifest.deleted"),
        ({MANIFEST: None, "attic/release.yaml": RELEASE}, "manifest.renamed"),
        ({MANIFEST: Symlink("../other.yaml")}, "manifest.symlink"),
        ({MANIFEST: Submodule("1" * 40)}, "manifest.submodule"),
        ({MANIFEST: "version https://git-lfs.github.com/spec/v1\noid sha256:" + "1" * 64 + "\nsize 9\n"},
         "manifest.lfs-pointer"),
        ({MANIFEST: b"\x00\x01\x02"}, "manifest.binary"),
        ({MANIFEST: RELEASE + "basline: v0\n"}, "manifest.unknown-key"),
        ({MANIFEST: "#" * (1 << 20) + RELEASE}, "manifest.too-large"),
        ({MANIFEST: RELEASE.replace("dataset: street", "dataset: lanes")}, "manifest.other-dataset"),
        ({MANIFEST: RELEASE.replace("snapshot.json", "snapshot2.json")}, "manifest.version-unchanged"),
        ({"data/street/Release.yaml": RELEASE}, "manifest.case-twin"),
    ],
)  # fmt: skip
def test_a_manifest_that_cannot_be_relied_on_blocks_by_name(changes: dict[str, Content], code: str) -> None:
    evaluation = judged(changes)
    assert blockers(evaluation) == [code]
    assert evaluation.kind is DecisionKind.BLOCKED
    finding = only(evaluation).blockers[0]
    assert finding.fix
    assert finding.file


def test_without_a_readable_manifest_every_evidence_gate_is_vague() -> None:
    answers = only(judged({MANIFEST: None})).answers
    assert [answer.outcome for answer in answers] == [Outcome.VAGUE] * 6 + [Outcome.WAITING]


def test_a_dataset_without_a_manifest_is_told_to_add_one() -> None:
    base = {path: content for path, content in BASE.items() if path != MANIFEST}
    assert blockers(judged({"data/street/new.txt": "x"}, base)) == ["manifest.missing"]


def test_a_manifest_renamed_within_its_glob_stays_one_release() -> None:
    base = BASE | {".sevengates.yaml": POLICY.replace("street/release.yaml", "street/*.yaml")}
    release = only(judged({MANIFEST: None, "data/street/release2.yaml": RELEASE}, base))
    assert release.manifest == "data/street/release2.yaml"
    assert release.blockers == ()


def test_several_manifests_of_one_dataset_are_several_releases() -> None:
    base = BASE | {
        ".sevengates.yaml": POLICY.replace("street/release.yaml", "*/release.yaml"),
        "data/lanes/release.yaml": RELEASE,
    }
    evaluation = judged({"data/street/labels.jsonl": "", "data/lanes/labels.jsonl": ""}, base)
    assert [release.manifest for release in evaluation.releases] == ["data/lanes/release.yaml", MANIFEST]


def test_a_truncated_tree_blocks() -> None:
    commits = Commits()
    main = commits.commit(BASE)
    head = commits.commit({"data/street/new.txt": "x"}, onto=main)
    commits.truncated.add(head)
    assert blockers(at(commits, main, head)) == ["tree.truncated"]


def test_a_truncated_tree_is_never_taken_for_nothing_to_release() -> None:
    commits = Commits()
    main = commits.commit(BASE)
    head = commits.commit({"README.md": "x"}, onto=main)
    commits.truncated.add(head)
    evaluation = at(commits, main, head)
    assert evaluation.kind is DecisionKind.ERROR
    assert evaluation.error is not None
    assert evaluation.error.code == "tree.truncated"
    bare = commits.commit({"README.md": "x"})
    commits.truncated.add(bare)
    assert at(commits, bare, commits.commit({"a": "b"}, onto=bare)).kind is DecisionKind.NOT_APPLICABLE


def test_without_a_policy_nothing_is_gated_and_the_first_one_is_validated() -> None:
    bare: dict[str, Content] = {"README.md": "Street scenes"}
    evaluation = judged({".sevengates.yaml": POLICY.replace("manifest:", "manifst:")}, bare)
    assert evaluation.kind is DecisionKind.NOT_APPLICABLE
    assert "no policy" in evaluation.reason
    assert evaluation.policy_problems is not None
    assert ("policy.unknown-key", 4) in {(p.code, p.line) for p in evaluation.policy_problems}
    assert judged({".sevengates.yaml": POLICY}, bare).policy_problems == ()


def test_a_change_of_the_policy_is_judged_by_the_old_one_and_led_by_the_owner() -> None:
    evaluation = judged({".sevengates.yaml": POLICY.replace("street/", "lanes/"), "data/street/x": "x"})
    street, governance = evaluation.releases
    assert street.dataset == "street"
    assert (governance.governance, governance.dataset, governance.lead) == (True, ".sevengates.yaml", "@ana")
    assert [answer.gate for answer in governance.answers] == ["release_owned"]
    assert evaluation.policy_problems == ()
    assert ".sevengates.yaml" in evaluation.banners[0]


def owned_in_the_second_place(dialect: Dialect) -> tuple[str, dict[str, Content]]:
    """The place where the forge looks first, and a base that has CODEOWNERS where it looks next."""
    first, second, *_ = LOCATIONS[dialect]
    base = {path: data for path, data in BASE.items() if path != "CODEOWNERS"}
    return first, base | {second: BASE["CODEOWNERS"]}


def test_codeowners_in_a_stronger_place_is_governance_too(dialect: Dialect) -> None:
    first, base = owned_in_the_second_place(dialect)
    evaluation = judged({first: "* @eve\n"}, base)
    assert (only(evaluation).dataset, only(evaluation).lead) == (first, "@ana")
    assert evaluation.policy_problems is None


def test_several_owners_of_the_policy_are_led_by_the_one_release_lead_among_them() -> None:
    base = BASE | {
        "CODEOWNERS": "* @ana @bob\n",
        ".sevengates.yaml": POLICY.replace("    watch", '    release_lead: "@Bob"\n    watch'),
    }
    assert only(judged({"CODEOWNERS": "* @eve\n"}, base)).lead == "@bob"
    assert only(judged({"CODEOWNERS": "* @eve\n"}, BASE | {"CODEOWNERS": "* @ana @bob\n"})).lead is None


def test_a_deleted_policy_is_a_change_of_governance_without_problems() -> None:
    evaluation = judged({".sevengates.yaml": None})
    assert only(evaluation).governance
    assert [problem.code for problem in evaluation.policy_problems or ()] == ["policy.deleted"]


def test_a_broken_policy_on_the_base_is_replaced_by_its_last_good_version() -> None:
    commits = Commits()
    good = commits.commit(BASE)
    bad = commits.commit({".sevengates.yaml": POLICY + "oops\n"}, onto=good)
    worse = commits.commit({".sevengates.yaml": POLICY + "[\n"}, onto=bad)
    evaluation = at(commits, worse, commits.commit({"data/street/new.txt": "x"}, onto=worse))
    assert only(evaluation).dataset == "street"
    assert good[:7] in evaluation.banners[0]


@pytest.mark.parametrize(
    ("policy", "code"),
    [
        ("datasets: [\n", "yaml.syntax"),
        (Symlink("policy.yaml"), "policy.symlink"),
        ("#" * (1 << 20) + POLICY, "policy.too-large"),
    ],
)
def test_a_policy_that_was_never_good_is_an_error_until_it_is_repaired(policy: Content, code: str) -> None:
    base = BASE | {".sevengates.yaml": policy}
    evaluation = judged({"data/street/new.txt": "x"}, base)
    assert evaluation.kind is DecisionKind.ERROR
    assert evaluation.error is not None
    assert evaluation.error.file == ".sevengates.yaml"
    repaired = judged({".sevengates.yaml": POLICY}, base)
    assert (repaired.kind, only(repaired).governance) == (DecisionKind.READY, True)
    brought = judged({".sevengates.yaml": policy}).policy_problems
    assert brought is not None
    assert code in {problem.code for problem in brought}


def test_codeowners_that_the_forge_does_not_load_names_nobody() -> None:
    evaluation = judged({"data/street/new.txt": "x"}, BASE | {"CODEOWNERS": "#" * 3_200_000 + "\n* @ana\n"})
    assert only(evaluation).answers[-1].codes == ("codeowners.too-large",)
    none = {path: content for path, content in BASE.items() if path != "CODEOWNERS"}
    assert only(judged({"data/street/new.txt": "x"}, none)).answers[-1].codes == ("codeowners.missing",)


def test_external_evidence_enters_the_fingerprint_by_its_digest() -> None:
    def remote(digest: str) -> str:
        url = f'{{url: "https://example.org/s.json", digest: "sha256:{digest * 64}"}}'
        return RELEASE.replace("{path: snapshot.json, format: coco}", url).replace('"1"', '"2"')

    one, other = (only(judged({MANIFEST: remote(digest)})) for digest in "12")
    assert one.fingerprint != other.fingerprint


ANA, AUTHOR = account(2, "ana"), account(1, "author")


def with_people(shown: Publications | None = None, **done: object) -> Release:
    """The release as judged with what people did."""
    commits = Commits()
    main = commits.commit(BASE)
    head = commits.commit({"data/street/new.txt": "x"}, onto=main)
    found = survey(commits, commits.revisions(main, head), dialect=DIALECT.get())
    people = People(
        author=AUTHOR,
        head_sha=head,
        activity=activity(commits=(commit("c1", AUTHOR),), **done),
        members=lambda owner: (ANA,) if owner == "@ana" else (),
        publications=shown or Publications(),
    )
    return only(evaluate(commits, found, Context(number=1, base_ref="main", now=NOW, people=people)))


def test_the_lead_approves_what_was_published() -> None:
    approval = review(1, ANA, ReviewState.APPROVED, seconds(5))
    shown = published({with_people().fingerprint: seconds(0)})
    assert with_people(shown, reviews=(approval,)).approved_by == "ana"
    assert with_people(reviews=(approval,)).approved_by == ""


def test_a_waiver_changes_the_fingerprint_that_approvals_are_bound_to() -> None:
    plain = with_people()
    open_gate = next(a.gate for a in plain.answers if a.outcome in {Outcome.FAILED, Outcome.VAGUE})
    said = comment(7, ANA, f"/sevengates waive {open_gate} agreed with the customer", seconds(5))
    waived = with_people(published({plain.fingerprint: seconds(0)}), comments=(said,))
    assert plain.fingerprint == plain.unwaived_fingerprint == waived.unwaived_fingerprint
    assert waived.fingerprint != plain.fingerprint
    assert waived.decision.waived == (open_gate,)


def test_the_same_bytes_as_a_link_are_another_release() -> None:
    as_file = judged({"CODEOWNERS": "* @eve"})
    as_link = judged({"CODEOWNERS": Symlink("* @eve")})
    assert only(as_file).fingerprint != only(as_link).fingerprint
    assert blockers(as_link) == ["governance.not-a-file"]


def test_codeowners_that_is_a_link_on_the_base_hides_the_other_places(dialect: Dialect) -> None:
    first, base = owned_in_the_second_place(dialect)
    release = only(judged({"data/street/x": "x"}, base | {first: Symlink("elsewhere")}))
    assert release.answers[-1].codes == ("lead.no-owner",)


def test_a_governing_file_that_moved_on_the_base_blocks() -> None:
    commits = Commits()
    main = commits.commit(BASE)
    head = commits.commit({"CODEOWNERS": "* @eve\n"}, onto=main)
    moved = commits.commit({"CODEOWNERS": "* @ana @bob\n"}, onto=main)
    assert blockers(at(commits, moved, head)) == ["base.moved"]
    commits.truncated.add(head)
    assert blockers(at(commits, main, head)) == ["tree.truncated"]


def test_moving_the_manifest_cannot_choose_another_lead() -> None:
    base = BASE | {
        ".sevengates.yaml": POLICY.replace("data/street/release.yaml", "data/*/release.yaml"),
        "CODEOWNERS": "/data/street/ @eve\n/data/lanes/ @ana\n",
    }
    evaluation = judged({MANIFEST: None, "data/lanes/release.yaml": RELEASE}, base)
    assert blockers(evaluation)[-1] == "manifest.other-lead"
    assert only(evaluation).lead == "@eve"


def test_a_manifest_that_the_forge_cannot_give_is_an_error_and_never_nothing_to_release() -> None:
    class Failing(Commits):
        def blob(self, oid: str, *, max_bytes: int) -> bytes:
            if self.store.blobs[oid] == RELEASE.encode():
                raise ForgeError("reading a blob: the forge is down")
            return super().blob(oid, max_bytes=max_bytes)

    commits = Failing()
    main = commits.commit(BASE)
    head = commits.commit({"evidence/assignments.jsonl": "{}"}, onto=main)
    with pytest.raises(ForgeError):
        survey(commits, commits.revisions(main, head), dialect=DIALECT.get())
