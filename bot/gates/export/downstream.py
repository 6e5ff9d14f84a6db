"""The team's own CI on the head commit: did it use the export and succeed?"""

from collections.abc import Sequence
from difflib import get_close_matches
from enum import StrEnum

from bot.answers import Finding
from bot.evidence.model import CheckResult
from bot.evidence.problems import shown
from bot.export_rules import DownstreamCheck
from bot.gates.evidence_state import Weighed
from bot.gates.wording import named

MISSING = "export.check-missing"
"""The code of a check that did not run: whoever shows it can show the CI job to add."""


class Standing(StrEnum):
    """Where a check stands about which the forge has no word of the expected reporter."""

    MISSING = "missing"
    FOREIGN = "reported by others"


def weigh(
    checks: Sequence[DownstreamCheck], results: Sequence[CheckResult], redefined: Sequence[str] = ()
) -> Weighed:
    """Judge the `checks` by what was concluded of them; `redefined` are changed files that say what they do.

    Only ``success`` is success: GitHub lets ``neutral`` and ``skipped`` pass a required check
    (https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/collaborating-on-repositories-with-code-quality-features/troubleshooting-required-status-checks),
    sevengates does not.
    """
    failing: list[Finding] = []
    vague: list[Finding] = []
    for check in dict.fromkeys(checks):
        match standing(check, results):
            case "success":
                vague += [_redefined(check, redefined)] if redefined else []
            case "":
                vague.append(_running(check))
            case Standing.MISSING:
                vague.append(_missing(check, results))
            case Standing.FOREIGN:
                vague.append(_foreign(check, results))
            case word:
                failing.append(_failed(check, word))
    return Weighed(failing=tuple(failing), vague=tuple(vague))


def standing(check: DownstreamCheck, results: Sequence[CheckResult]) -> str:
    """The forge's word for a check, a `Standing`; the worst word where several report it.

    A name can be used by anybody who may write a status: a success beside it hides no failure.
    """
    named = [result for result in results if result.name == check.name]
    words = [result.conclusion for result in named if _counts(check, result)]
    return max(words, key=_badness, default=Standing.FOREIGN if named else Standing.MISSING)


def _counts(check: DownstreamCheck, result: CheckResult) -> bool:
    """Whether the reporter is the expected one; offline (None) nobody was asked who reported."""
    if result.app is None:
        return True
    is_app = check.app is None or check.app.casefold() == result.app.casefold()
    return is_app and (check.pipeline is None or check.pipeline == result.pipeline)


def _badness(word: str) -> int:
    """Success, still running, anything else."""
    return {"success": 0, "": 1}.get(word, 2)


def _missing(check: DownstreamCheck, results: Sequence[CheckResult]) -> Finding:
    near = get_close_matches(check.name, {result.name for result in results}, n=1)
    meant = f"; did you mean {shown(near[0])}?" if near else "."
    return Finding(
        code=MISSING,
        text=f"The check {shown(check.name)} did not run on the head commit{meant}",
        fix="Let the CI report the check on every release pull request, or correct its name in the policy.",
        items=(check.name,),
    )


def _foreign(check: DownstreamCheck, results: Sequence[CheckResult]) -> Finding:
    reporters = sorted({result.app or "nobody" for result in results if result.name == check.name})
    wanted = [f"the app {shown(check.app)}"] if check.app else []
    wanted += [f"a job of a {shown(check.pipeline)} pipeline"] if check.pipeline else []
    return Finding(
        code="export.check-foreign",
        text=f"The check {shown(check.name)} was reported by {', '.join(map(shown, reporters))}, "
        f"and only {' in '.join(wanted)} counts.",
        fix="Let the expected CI report the check, or correct who reports it in the policy.",
        items=(check.name,),
    )


def _running(check: DownstreamCheck) -> Finding:
    return Finding(
        code="export.check-running",
        text=f"The check {shown(check.name)} is still running.",
        fix="Wait for it to finish; the release is then judged again by itself.",
        items=(check.name,),
    )


def _redefined(check: DownstreamCheck, files: Sequence[str]) -> Finding:
    return Finding(
        code="export.check-redefined",
        text=f"The check {shown(check.name)} succeeded, and what it does is changed here ({named(files)}).",
        fix="Change these files in a pull request of their own, and merge it first.",
        items=(check.name,),
    )


def _failed(check: DownstreamCheck, word: str) -> Finding:
    return Finding(
        code="export.check-failed",
        text=f"The check {shown(check.name)} ended as {shown(word)}, not as success.",
        fix="Repair the export until the check succeeds on the head commit.",
        items=(check.name,),
    )
