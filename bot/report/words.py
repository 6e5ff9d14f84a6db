"""The words people read, kept in one place: forge terms, gate questions, outcomes, decisions."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from bot.answers import Answer, DecisionKind, Finding, Outcome
from bot.fingerprint import short
from bot.releases import Release


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgeWords:
    """How one forge names its things."""

    pull_request: str
    sign: str
    """What stands before the number of one."""
    approval: str
    """What the release lead does to approve, as the subject of a sentence."""
    only_ours: str
    """What to do when others write checks under our name, as a sentence."""
    workflow: str
    """A CI job that loads the export as its consumers do, as YAML."""
    unseen: str = ""
    """What checks of others may have been reported without our seeing them, as a sentence."""


GITHUB_WORDS = ForgeWords(
    pull_request="pull request",
    sign="#",
    approval="an ordinary approving review",
    only_ours="Require the check together with its app, so that only ours counts.",
    workflow="""\
# .github/workflows/export-smoke.yml; sevengates has it complete in docs/workflows, and docs/export.md
name: export-smoke
on: pull_request
permissions: {contents: read}
jobs:
  export-smoke:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
        with: {ref: "${{ github.event.pull_request.head.sha }}", path: data, lfs: true}
      - uses: actions/checkout@08c6903cd8c0fde910a37f88322edcfb5dd907a8 # v5.0.0
        with: {repository: acme/sevengates, path: sevengates}  # your copy of sevengates
      - working-directory: sevengates
        run: |
          python -m pip install --quiet --require-hashes -r requirements.txt
          python -m bot export-smoke "$GITHUB_WORKSPACE/data"
      # and your own code, if you have some: read every exported file, as training does
""",
    unseen="In a private repository the App sees check runs alone, such as those of GitHub Actions: a check "
    "that is reported as a commit status counts as missing there.",
)
GITLAB_WORDS = ForgeWords(
    pull_request="merge request",
    sign="!",
    approval="the Approve button",
    only_ours="Ours is set again over it; ask who wrote it to stop, because GitLab takes a status from "
    "every developer.",
    workflow="""\
# .gitlab-ci.yml; sevengates has it complete in docs/workflows, and docs/export.md
export-smoke:
  image: python:3.12
  rules:
    - if: $CI_PIPELINE_SOURCE == "merge_request_event"
  script:
    # your own code too, if you have some: read every exported file, as training does
    - git clone --quiet https://gitlab.example.com/acme/sevengates.git /tmp/sevengates  # your copy
    - cd /tmp/sevengates
    - python -m pip install --quiet --require-hashes -r requirements.txt
    - python -m bot export-smoke "$CI_PROJECT_DIR"
""",
)

QUESTIONS = {
    "schema_stable": "Schema stable?",
    "assignments_settled": "Assignments really done?",
    "review_scope": "Review scope completed?",
    "rejections_resolved": "Repeated rejections resolved?",
    "snapshot_compare": "Compares with the baseline?",
    "export_validated": "Export validated?",
    "release_owned": "Who approves the release?",
}

HEADLINES = {
    DecisionKind.NOT_APPLICABLE: "NOT APPLICABLE",
    DecisionKind.ERROR: "COULD NOT EVALUATE",
    DecisionKind.BLOCKED: "BLOCKED",
    DecisionKind.IMMATURE: "IMMATURE",
    DecisionKind.READY: "READY, NOT YET APPROVED",
    DecisionKind.APPROVED: "APPROVED",
}


def answer_word(answer: Answer) -> str:
    """PASSED, FAILED, VAGUE, WAITING or WAIVED: the answer without any colour."""
    return "WAIVED" if answer.waiver else answer.outcome.value.upper()


def tally(answers: Sequence[Answer]) -> str:
    """How many answers there are of each kind: "5 passed, 1 failed, 1 vague"."""
    words = [answer_word(answer).lower() for answer in answers]
    order = [*(outcome.value for outcome in Outcome), "waived"]
    return ", ".join(f"{words.count(word)} {word}" for word in order if word in words)


def open_tally(release: Release) -> str:
    """Only what stands against the release: "2 gates failed, 1 vague"; empty when nothing does."""
    failed, vague = len(release.decision.failed), len(release.decision.vague)
    parts = [f"{counted(failed, 'gate')} failed"] if failed else []
    if vague:
        parts.append(f"{vague} vague" if failed else f"{counted(vague, 'answer')} vague")
    return ", ".join(parts)


def counted(n: int, noun: str) -> str:
    """`n` things: "1 finding", "2 findings"."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def short_fingerprint(fingerprint: str) -> str:
    """The form people compare by eye, ``r7k2-9f3c…``; "" when there is none."""
    return short(fingerprint) if fingerprint else ""


def short_digest(digest: str) -> str:
    """``sha256:`` and twelve hex digits: enough to tell two files apart by eye."""
    scheme, colon, value = digest.rpartition(":")
    return f"{scheme}{colon}{value[:12]}…" if len(value) > 12 else digest


def moment(at: datetime) -> str:
    """A time in UTC to the minute: "2026-11-24 10:00 UTC"."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")


def location(finding: Finding) -> str:
    """``file:line``, ``file``, or nothing."""
    if finding.file is None:
        return ""
    return finding.file if finding.line is None else f"{finding.file}:{finding.line}"


def named(account: str) -> str:
    """An account name as people write it: with one "@" unless it is a phrase."""
    return account if account.startswith("@") or " " in account else f"@{account}"


def release_key(release: Release, number: int) -> str:
    """Twelve hex digits that name a release of pull request `number`, whatever its state.

    A check speaks for every pull request with its commit; what it shows of another is no news of this one.
    """
    name = f"{number}\0{release.dataset}\0{release.manifest}"
    return hashlib.sha256(name.encode("utf-8", "replace")).hexdigest()[:12]


def words_of(forge: str) -> ForgeWords:
    """The words of the forge called `forge` ("github" or "gitlab")."""
    return GITLAB_WORDS if forge == "gitlab" else GITHUB_WORDS
