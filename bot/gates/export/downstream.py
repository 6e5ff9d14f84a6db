"""The team's own CI on the head commit: did it use the export and succeed?"""

from collections.abc import Mapping, Sequence
from difflib import get_close_matches

from bot.answers import Finding
from bot.evidence.problems import shown
from bot.gates.evidence_state import Weighed


def weigh(names: Sequence[str], conclusions: Mapping[str, str]) -> Weighed:
    """Judge the checks `names` by their `conclusions` (check name → the forge's word, "" while running).

    Only ``success`` is success: GitHub lets ``neutral`` and ``skipped`` pass a required check
    (https://docs.github.com/en/pull-requests/collaborating-with-pull-requests/collaborating-on-repositories-with-code-quality-features/troubleshooting-required-status-checks),
    sevengates does not.
    """
    failing: list[Finding] = []
    vague: list[Finding] = []
    for name in dict.fromkeys(names):
        match conclusions.get(name):
            case "success":
                pass
            case None:
                vague.append(_missing(name, conclusions))
            case "":
                vague.append(_running(name))
            case word:
                failing.append(_failed(name, word))
    return Weighed(failing=tuple(failing), vague=tuple(vague))


def _missing(name: str, conclusions: Mapping[str, str]) -> Finding:
    near = get_close_matches(name, conclusions, n=1)
    meant = f"; did you mean {shown(near[0])}?" if near else "."
    return Finding(
        code="export.check-missing",
        text=f"The check {shown(name)} did not run on the head commit{meant}",
        fix="Let the CI report the check on every release pull request, or correct its name in the policy.",
        items=(name,),
    )


def _running(name: str) -> Finding:
    return Finding(
        code="export.check-running",
        text=f"The check {shown(name)} is still running.",
        fix="Wait for it to finish; the release is then judged again by itself.",
        items=(name,),
    )


def _failed(name: str, word: str) -> Finding:
    return Finding(
        code="export.check-failed",
        text=f"The check {shown(name)} ended as {shown(word)}, not as success.",
        fix="Repair the export until the check succeeds on the head commit.",
        items=(name,),
    )
