"""Records of `export-smoke`: for which bytes they are believed, and who could forge what."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.answers import Answer, Outcome
from bot.documents import read_manifest, read_policy
from bot.evaluation.evaluate import evaluate, survey
from bot.evaluation.people import Context
from bot.evidence.exports.evidence import load_exports
from bot.evidence.exports.model import SmokeRun
from bot.evidence.model import CheckResult, Loaded
from tests.fakes.commits import Commits
from tests.fakes.file_trees import MemoryFiles
from tests.fakes.git_objects import Content, Symlink
from tests.fakes.smoke_repository import (
    BOUND,
    MANIFEST,
    RECORD,
    exported,
    lfs_pointer,
    manifest,
    policy,
    record,
    repository,
    run,
    sha256,
)

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
ARTEFACT = exported()["out/export.json"]
IN_LFS = {"out/export.json": lfs_pointer(ARTEFACT)}
GREEN = (CheckResult(name="export-smoke", conclusion="success", app="github-actions"),)


def head(*runs: Mapping[str, Any], **changed: Content) -> dict[str, Content]:
    """A head whose exported files are in LFS, with a record of these runs (of an honest one, without)."""
    files = {**repository(), **IN_LFS}
    named = {path.replace("__", "/"): data for path, data in changed.items()}
    return {**files, RECORD: record(*(runs or (run(files, ARTEFACT),))), **named}


def answered(
    files: Mapping[str, Content],
    checks: tuple[CheckResult, ...] = GREEN,
    base: Mapping[str, Content] | None = None,
) -> Answer:
    """Gate 6 of a pull request that brings `files` onto a base with the policy alone."""
    commits = Commits()
    main = commits.commit({".sevengates.yaml": policy(), "CODEOWNERS": "* @ana\n", **(base or {})})
    tip = commits.commit(files, onto=main)
    found = survey(commits, commits.revisions(main, tip), dialect="github")
    context = Context(number=1, base_ref="main", now=NOW, downstream=checks)
    (release,) = (one for one in evaluate(commits, found, context).releases if not one.governance)
    return next(answer for answer in release.answers if answer.gate == "export_validated")


def smoke(files: Mapping[str, bytes]) -> Loaded[SmokeRun]:
    content = read_manifest(files[MANIFEST], file=MANIFEST)
    assert content.value is not None, content.problems
    (export,) = load_exports(
        MemoryFiles(dict(files)),
        content.value,
        manifest_path=MANIFEST,
        line=content.line,
        snapshot=sha256(files["data/snapshot.json"]),
    )
    assert export.smoke is not None
    return export.smoke


def test_files_in_lfs_are_validated_by_a_record_that_the_bound_check_vouches_for() -> None:
    answer = answered(head())
    assert (answer.outcome, answer.codes) == (Outcome.PASSED, ())
    assert ("data/coco.yaml", "coco", "3", "by export-smoke") in answer.facts[0].rows
    assert RECORD in {used.source for used in answer.evidence}


@pytest.mark.parametrize(
    ("checks", "code"),
    [
        ((), "export.check-missing"),
        ((CheckResult(name="export-smoke", conclusion="success", app="mallory"),), "export.check-foreign"),
        ((CheckResult(name="export-smoke", conclusion="", app="github-actions"),), "export.check-running"),
    ],
)
def test_a_record_written_by_hand_stays_vague_without_the_check(
    checks: tuple[CheckResult, ...], code: str
) -> None:
    answer = answered(head(), checks)
    assert (answer.outcome, answer.codes) == (
        Outcome.VAGUE,
        ("evidence.bytes-not-available", code, "export.smoke-unvouched"),
    )


@pytest.mark.parametrize(
    "path",
    [
        ".github/workflows/export-smoke.yml",
        ".github/actions/read/action.yml",
        ".gitlab-ci.yml",
        ".gitlab/ci/smoke.yml",
        ".sevengates.yaml",
    ],
)
def test_a_pull_request_that_changes_what_the_check_does_cannot_use_its_word(path: str) -> None:
    changed = (
        policy().replace("version: 1", "version: 1 # other") if path == ".sevengates.yaml" else "on: push"
    )
    answer = answered({**head(), path: changed})
    redefined = () if path == ".sevengates.yaml" else ("export.check-redefined",)
    assert (answer.outcome, answer.codes) == (
        Outcome.VAGUE,
        ("evidence.bytes-not-available", *redefined, "export.smoke-unvouched"),
    )
    assert any(path in finding.text for finding in answer.findings)


def test_the_policy_says_which_files_define_the_check() -> None:
    rule = f'{{downstream_checks: {BOUND}, defined_in: ["ci/**"]}}'
    base = {".sevengates.yaml": policy(rule)}
    files = {path: data for path, data in head().items() if path != ".sevengates.yaml"}
    assert answered({**files, ".gitlab-ci.yml": "a: b"}, base=base).outcome is Outcome.PASSED
    assert answered({**files, "ci/smoke.yml": "a: b"}, base=base).codes == (
        "evidence.bytes-not-available",
        "export.check-redefined",
        "export.smoke-unvouched",
    )


def test_a_record_says_nothing_of_files_that_are_read_here_and_wrong() -> None:
    files = repository()
    wrong = exported(drop_class="tram")
    forged = run({**files, **wrong}, wrong["out/export.json"])
    answer = answered({**files, **wrong, RECORD: record(forged)})
    assert (answer.outcome, answer.codes) == (Outcome.FAILED, ("export.class-counts",))


@pytest.mark.parametrize(
    ("changed", "says"),
    [
        ({"dataset": "other"}, 'is about "other" as the data set; here it is "street"'),
        ({"version": "1"}, 'is about "1" as the version; here it is "2"'),
        ({"snapshot": sha256(b"")}, "as the snapshot; here it is"),
        ({"config": sha256(b"")}, "as the configuration; here it is"),
        ({"git": "gitblob:" + "0" * 40}, "as the exported files in Git; here it is"),
        ({"format": "voc"}, 'is about "voc" as the format; here it is "coco"'),
    ],
)
def test_a_record_about_other_bytes_says_which_digest_differs(changed: dict[str, Any], says: str) -> None:
    files = {**repository(), **IN_LFS}
    answer = answered(head(run(files, ARTEFACT, **changed)))
    (finding,) = (one for one in answer.findings if one.code == "export.smoke-other-bytes")
    assert says in finding.text
    assert (finding.file, finding.line) == (MANIFEST, 9)
    assert answer.outcome is Outcome.VAGUE


def test_one_changed_byte_of_the_exported_files_voids_the_record() -> None:
    honest = head()
    moved = lfs_pointer(ARTEFACT + b" ")
    assert answered({**honest, "out/export.json": moved}).codes == (
        "evidence.bytes-not-available",
        "export.smoke-other-bytes",
    )


def test_files_that_ci_makes_are_known_by_the_digest_the_manifest_declares() -> None:
    files = repository(release_yaml=manifest(f'{{path: /out/export.json, digest: "{sha256(ARTEFACT)}"}}'))
    del files["out/export.json"]
    answer = answered({**files, RECORD: record(run(files, ARTEFACT))})
    assert (answer.outcome, answer.codes) == (Outcome.PASSED, ())
    other = run(files, ARTEFACT + b" ")
    assert answered({**files, RECORD: record(other)}).codes == (
        "evidence.missing",
        "export.smoke-other-bytes",
    )


def test_files_that_ci_makes_and_nobody_declares_are_bound_to_nothing() -> None:
    files = repository()
    del files["out/export.json"]
    (finding,) = smoke({**files, RECORD: record(run(files, ARTEFACT))}).problems
    assert finding.code == "export.smoke-other-bytes"
    assert finding.text.endswith("as the exported files; here it is not known.")
    assert finding.fix == f"If these are meant, write `digest: {sha256(ARTEFACT)}` under `artefact`."


def test_a_link_in_the_place_of_exported_files_is_bound_to_nothing() -> None:
    answer = answered({**head(), "out/export.json": Symlink("elsewhere")})
    assert "export.smoke-other-bytes" in answer.codes
    assert answer.outcome is Outcome.VAGUE


def test_of_several_runs_the_one_about_these_bytes_counts() -> None:
    files = {**repository(), **IN_LFS}
    other = run(files, b"", outcome="failed", artefact="", git="gitblob:" + "1" * 40)
    assert answered(head(other, run(files, ARTEFACT))).outcome is Outcome.PASSED


def test_an_export_without_files_is_found_by_its_configuration() -> None:
    files = repository(release_yaml=manifest(None))
    found = smoke({**files, RECORD: record(run(files, ARTEFACT, artefact="", git="", checks=["round-trip"]))})
    assert found.value is not None
    assert found.value.checks == ("round-trip",)
    with_files = smoke({**files, RECORD: record(run(files, ARTEFACT))})
    assert [problem.code for problem in with_files.problems] == ["export.smoke-other-bytes"]


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"{", "export.smoke-unreadable"),
        (b"[]", "export.smoke-unreadable"),
        (record(version=2), "export.smoke-unreadable"),
        (record({**run(repository(), ARTEFACT), "snapshot": "anything`"}), "export.smoke-unreadable"),
        (record({**run(repository(), ARTEFACT), "more": 1}), "export.smoke-unreadable"),
        (record(), "export.smoke-other-bytes"),
        (lfs_pointer(b""), "evidence.bytes-not-available"),
    ],
)
def test_what_is_no_record_is_told_and_counts_for_nothing(data: bytes, code: str) -> None:
    answer = answered({**head(), RECORD: data})
    assert answer.outcome is Outcome.VAGUE
    assert code in answer.codes


def test_an_unreadable_configuration_binds_no_record() -> None:
    files = {path: data for path, data in repository().items() if path != "data/coco.yaml"}
    committed = MemoryFiles(dict(files)).entry("out/export.json")
    assert committed is not None
    honest = run({**files, "data/coco.yaml": b""}, ARTEFACT, format="", git=f"gitblob:{committed.oid}")
    (problem,) = smoke({**files, RECORD: record(honest)}).problems
    assert "as the configuration; here it is not known" in problem.text


@pytest.mark.parametrize(
    ("rule", "codes"),
    [
        (f"{{downstream_checks: {BOUND}, smoke: required}}", []),
        (f"{{downstream_checks: {BOUND}, smoke: required, smoke_check: export-smoke}}", []),
        ("{smoke: required}", ["policy.smoke-unvouched"]),
        ("{downstream_checks: [export-smoke], smoke: required}", ["policy.smoke-unvouched"]),
        (
            f"{{downstream_checks: {BOUND}, smoke: required, smoke_check: other}}",
            ["policy.smoke-unvouched"],
        ),
        ("{smoke: always}", ["policy.unknown-value"]),
    ],
)
def test_a_policy_that_requires_a_record_names_who_vouches_for_it(rule: str, codes: list[str]) -> None:
    problems = read_policy(policy(rule).encode(), file=".sevengates.yaml").problems
    assert [problem.code for problem in problems] == codes
