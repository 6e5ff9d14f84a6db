"""What a run of `export-smoke` on the team's own runner counts for.

A record lies in the pull request, so its author can write whatever it says. It counts only when
somebody else vouches for it: the downstream check whose job ran the command, bound to its app or
pipeline, on the very head commit, defined by files that the pull request leaves alone. On the runner the
command refuses a record in the commit that is not what it finds itself.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bot.answers import Finding, Outcome
from bot.evidence.exports.model import READ_BACK, ExportedFiles, ExportEvidence, SmokeRun
from bot.evidence.model import CheckResult, Loaded, Snapshot
from bot.evidence.problems import shown
from bot.export_rules import ExportRule
from bot.gates.evidence_state import Weighed
from bot.gates.export.downstream import standing
from bot.gates.wording import named

MISSING = "export.smoke-missing"
UNVOUCHED = "export.smoke-unvouched"

OUT_OF_REACH = frozenset(
    {"evidence.bytes-not-available", "evidence.missing", "evidence.too-large", "evidence.url-not-fetched"}
)
"""Codes of exported files that are elsewhere, and that a run may have read in the place of the service."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trust:
    """Whether records count in this pull request: `doubt` and its `cure` say why not, "": they do."""

    doubt: str = ""
    cure: str = ""
    required: bool = False


def trust_in(rule: ExportRule, results: Sequence[CheckResult], redefined: Sequence[str]) -> Trust:
    """Who vouches for records; `redefined` are changed files that say what the checks do."""
    required = rule.smoke == "required"
    if not rule.vouching:
        return Trust(
            doubt=f"the policy names no downstream check {shown(rule.smoke_check)} with its app or pipeline",
            cure="Name the check that runs export-smoke, with its `app` or `pipeline`, in the policy.",
            required=required,
        )
    for check in rule.vouching:
        if (word := standing(check, results)) != "success":
            return Trust(
                doubt=f"the check {shown(check.name)} is {word or 'still running'} on the head commit",
                cure="Let the check that runs export-smoke succeed on the head commit.",
                required=required,
            )
    if redefined:
        return Trust(
            doubt=f"the pull request changes what the check does ({named(redefined)})",
            cure="Change these files in a pull request of their own, and merge it first.",
            required=required,
        )
    return Trust(required=required)


@dataclass(frozen=True, slots=True, kw_only=True)
class Smoked(Weighed):
    """What a run adds to the judgement of one export; `checks` are those that passed, and count."""

    checks: tuple[str, ...] = ()

    @property
    def read_back(self) -> bool:
        """Whether the exported files were read on the runner, and agree with the snapshot."""
        return READ_BACK in self.checks


def weigh_run(export: ExportEvidence, snapshot: Snapshot | None, trust: Trust) -> Smoked:
    """Judge the run about one export, whose snapshot the service has read (or not)."""
    if export.smoke is None:
        return Smoked(vague=(_missing(export),) if trust.required else ())
    run = export.smoke.value
    if run is None:
        return Smoked()  # its problems are told with those of all evidence
    file = export.smoke.used.source if export.smoke.used else export.file
    if run.outcome is Outcome.FAILED:
        return Smoked(failing=(_not_passed(run, file, "failed"),))
    if run.outcome is not Outcome.PASSED:
        return Smoked(vague=(_not_passed(run, file, "vague"),))
    read = READ_BACK in run.checks
    unlike = _unlike(run, snapshot) if snapshot is not None and read else ""
    if unlike:
        return Smoked(vague=(_contradiction(unlike, file),))
    if not trust.doubt:
        return Smoked(checks=run.checks)
    needed = trust.required or (read and _is_out_of_reach(export.artefact))
    return Smoked(vague=(_unvouched(trust, file),) if needed else ())


def _is_out_of_reach(artefact: Loaded[ExportedFiles] | None) -> bool:
    return artefact is not None and any(problem.code in OUT_OF_REACH for problem in artefact.problems)


def _unlike(run: SmokeRun, snapshot: Snapshot) -> str:
    """The first count of the record that is not the snapshot's, in words; "": all agree."""
    split_of = {item.id: item.split for item in snapshot.items}
    items = Counter(split_of.values())
    annotations = Counter((split_of.get(one.item, ""), one.label) for one in snapshot.annotations)
    for split in sorted(items.keys() | run.items.keys()):
        if (told := run.items.get(split, 0)) != items[split]:
            return f"{told:,} items in split {shown(split)}, and the snapshot has {items[split]:,}"
    for cell in sorted(annotations.keys() | run.annotations.keys()):
        if (told := run.annotations.get(cell, 0)) != annotations[cell]:
            where = f"annotations of class {shown(cell[1])} in split {shown(cell[0])}"
            return f"{told:,} {where}, and the snapshot has {annotations[cell]:,}"
    return ""


def _missing(export: ExportEvidence) -> Finding:
    return Finding(
        code=MISSING,
        text="The policy requires a record of export-smoke, and the manifest names none for this export.",
        fix="Run `python -m bot export-smoke`, commit its record, and name it as the export's `smoke`.",
        file=export.file or None,
        line=export.line,
    )


def _not_passed(run: SmokeRun, file: str, word: str) -> Finding:
    found = f": {named(sorted(set(run.codes)))}" if run.codes else ""
    return Finding(
        code=f"export.smoke-{word}",
        text=f"The run of export-smoke on these very files ended as {word}{found}.",
        fix="Cure what it found, export again, and run it again.",
        file=file,
    )


def _contradiction(unlike: str, file: str) -> Finding:
    return Finding(
        code="export.smoke-counts",
        text=f"The record of export-smoke says that all agrees, and counts {unlike}.",
        fix="Run `python -m bot export-smoke` again, and commit the record as it writes it.",
        file=file,
    )


def _unvouched(trust: Trust, file: str) -> Finding:
    return Finding(
        code=UNVOUCHED,
        text=f"A record says that export-smoke passed, and nothing vouches for it: {trust.doubt}.",
        fix=trust.cure,
        file=file,
    )
