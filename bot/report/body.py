"""The report as a list of sections, in reading order: the body of comment and check summary."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from bot.answers import Answer, DecisionKind, EvidenceUsed, Finding, Outcome
from bot.gates import explain
from bot.gates.export.downstream import MISSING
from bot.gates.export.smoke import MISSING as NO_RECORD
from bot.gates.export.smoke import UNVOUCHED
from bot.gates.release_owned import UNKNOWN_AUTHOR, UNKNOWN_PUSHER
from bot.releases import Evaluation, Release
from bot.report.limits import Priority, Section
from bot.report.markdown import Markdown, clip, code, prose
from bot.report.rendering import MAX_TEXT, SHOWN_ITEMS, section
from bot.report.slices import LINK_LIFETIME, is_cut
from bot.report.wording import spoken
from bot.report.words import HEADLINES, ForgeWords, counted, moment

SHOWN_FINDINGS = 10
FOLDED_FINDINGS = 50
FOLDED_PARTS = 4
SHOWN_ROWS = 30
SHOWN_EVIDENCE = 50
POLICY_PART = 20
"""Problems of a policy that are shown or left out together."""
CURED_BY_A_JOB = frozenset({MISSING, NO_RECORD, UNVOUCHED})
"""Codes beside which a CI job to add is shown."""
_WHOLE_LISTS = (
    f"Of longer lists the first {SHOWN_ITEMS} items are shown: `python -m bot check --slices DIR` writes "
    "each list whole, one JSONL file per finding."
)
_LINKED_LISTS = (
    f"Of longer lists the first {SHOWN_ITEMS} items are shown, and a link to all of them, as JSON lines. A "
    "link is good for whoever has it, until its list changes or the {pull_request} is closed, and for "
    f"{LINK_LIFETIME.days} days at most."
)


def sections(evaluation: Evaluation, words: ForgeWords) -> Iterator[Section]:
    """Everything there is to say about `evaluation`, each piece with its priority."""
    yield from _banners(evaluation)
    if evaluation.error is not None:
        yield _error(evaluation.error, evaluation.retry_at)
    elif not evaluation.releases:
        yield _not_applicable(evaluation, words)
    if len(evaluation.releases) > 1:
        yield Section(
            title="overview", body=section("overview", evaluation.releases), priority=Priority.DECISION
        )
    if evaluation.policy_problems:
        heading = f"## The policy it brings has {counted(len(evaluation.policy_problems), 'problem')}"
        yield Section(title="heading of the policy", body=heading, priority=Priority.OPEN_GATE)
        yield from policy_sections(evaluation.policy_problems)
    yield from policy_notes(evaluation.policy_notes)
    for release in evaluation.releases:
        yield from _release(release, words, held=evaluation.held is not None)
    yield from _whole_lists(evaluation, words)
    if evaluation.releases:
        yield _commands()


def policy_sections(problems: Sequence[Finding]) -> Iterator[Section]:
    """What is wrong with the policy that a pull request brings."""
    if not problems:
        body = "The policy of this change can be read as it is."
        yield Section(title="result", body=body, priority=Priority.DECISION)
    for start in range(0, len(problems), POLICY_PART):
        part = problems[start : start + POLICY_PART]
        yield Section(
            title=f"problems {start + 1} to {start + len(part)} of the policy",
            body=section("listed", part),
            priority=Priority.MORE_FINDINGS if start else Priority.OPEN_GATE,
        )


def policy_notes(notes: Sequence[Finding]) -> Iterator[Section]:
    """What does not make that policy wrong, and is worth a look."""
    if notes:
        body = f"**Worth a look** in the policy it brings:\n\n{section('listed', notes[:POLICY_PART])}"
        yield Section(title="notes on the policy", body=body, priority=Priority.MORE_FINDINGS)


def explanations(evaluation: Evaluation, words: ForgeWords) -> Iterator[Section]:
    """The documentation of every gate that somebody asked about, folded."""
    for gate in evaluation.explained:
        title, _, text = spoken(explain(gate), words).partition("\n")
        yield Section(
            title=f"documentation of {gate}",
            body=section("explanation", title, text.strip()),
            priority=Priority.PASSED_GATES,
        )


def _banners(evaluation: Evaluation) -> Iterator[Section]:
    shown = [f"> **Note:** {prose(clip(banner, MAX_TEXT))}" for banner in evaluation.banners]
    if shown:
        yield Section(title="notes", body="\n>\n".join(shown[:5]), priority=Priority.DECISION)
    if shown[5:]:
        yield Section(title="further notes", body="\n>\n".join(shown[5:]), priority=Priority.MORE_FINDINGS)


def _error(error: Finding, retry_at: datetime | None) -> Section:
    when = f"by itself, at {moment(retry_at)}" if retry_at else "after a push or `/sevengates recheck`"
    body = (
        f"## Dataset release: {HEADLINES[DecisionKind.ERROR]}\n\n{section('listed', [error])}\n\n"
        f"**Next:** it is tried again {when}. Nothing was decided; the merge stays closed."
    )
    return Section(title="error", body=body, priority=Priority.DECISION)


def _not_applicable(evaluation: Evaluation, words: ForgeWords) -> Section:
    reason = evaluation.reason or f"This {words.pull_request} changes no watched file."
    lines = [f"## No dataset release in this {words.pull_request}", "", prose(clip(reason, MAX_TEXT))]
    if evaluation.watched:
        lines += ["", "Watched:", "", *(f"- {code(clip(glob, 200))}" for glob in evaluation.watched[:50])]
    if len(evaluation.watched) > 50:
        lines.append(f"- and {len(evaluation.watched) - 50} more")
    return Section(title="reason", body="\n".join(lines), priority=Priority.DECISION)


def _release(release: Release, words: ForgeWords, *, held: bool) -> Iterator[Section]:
    name = f"release {code(clip(release.dataset, 100))}"

    def part(title: str, body: str, priority: Priority) -> Section:
        return Section(title=f"{title} of {name}", body=body, priority=priority)

    yield part("decision", _opening(release, words, held=held), Priority.DECISION)
    if release.answers:
        yield part("table of gates", section("table", release.answers), Priority.TABLE)
    if release.decision.kind in {DecisionKind.READY, DecisionKind.APPROVED} and _risky(release):
        yield part("risks", section("risks", release, _unknown(release)), Priority.RISKS)
    for answer in release.answers:
        for title, body, priority in _gate(answer, words):
            yield part(f"gate {answer.number}: {title}", body, priority)
    passed = [answer for answer in release.answers if _is_passed(answer)]
    if passed:
        yield part("passed gates", section("passed", passed), Priority.PASSED_GATES)
    evidence = _evidence(release)
    if evidence:
        yield part("evidence", section("evidence", evidence), Priority.PASSED_GATES)
    for answer in release.answers:
        for fact in answer.facts if answer.gate != "release_owned" else ():
            body = section("fact", answer, fact, SHOWN_ROWS)
            yield part(f"facts of gate {answer.number}", body, Priority.FACTS)


def _evidence(release: Release) -> list[tuple[EvidenceUsed, list[int]]]:
    """Every piece of evidence once, with the numbers of the gates that rest on it."""
    gates: dict[EvidenceUsed, list[int]] = {}
    for answer in release.answers:
        for used in dict.fromkeys(answer.evidence):
            gates.setdefault(used, []).append(answer.number)
    return list(gates.items())[:SHOWN_EVIDENCE]


def _opening(release: Release, words: ForgeWords, *, held: bool) -> str:
    what = "Change of governance" if release.governance else "Dataset release"
    heading = f"{what} {code(clip(release.dataset, 100))}: {HEADLINES[release.decision.kind]}"
    step = next_step(release, words, held=held)
    return section("opening", release, Markdown(heading), Markdown(step))


def next_step(release: Release, words: ForgeWords, *, held: bool = False) -> str:
    """Who must do what now, as one sentence of Markdown."""
    mention = prose(clip(release.mention or "the release lead", 200))
    match release.decision.kind:
        case DecisionKind.APPROVED if held:
            return "what the note at the top names; the check stays pending until then."
        case DecisionKind.APPROVED:
            return f"nothing; this {words.pull_request} may be merged."
        case DecisionKind.READY if release.decision.leaderless:
            fixes = (prose(clip(one.fix, MAX_TEXT)) for one in release.answers[-1].findings[:1])
            return f"no approval can release it yet. {''.join(fixes)}"
        case DecisionKind.READY:
            return f"{mention} decides: {words.approval} of this {words.pull_request} releases it."
        case DecisionKind.BLOCKED | DecisionKind.IMMATURE:
            found = {finding for a in release.answers if _is_open(a) for finding in a.findings}
            n = len(found.union(release.blockers))
            known = {0: "change what the gates below name", 1: "apply the fix below"}
            todo = known.get(n, f"apply the {n:,} fixes below")
            return f"the author can {todo} and push; then {mention} decides."
        case _:
            return "nothing to do for this release."


def _gate(answer: Answer, words: ForgeWords) -> Iterator[tuple[str, str, Priority]]:
    if not _is_passed(answer):
        yield "findings", section("open_gate", answer, SHOWN_FINDINGS), Priority.OPEN_GATE
        yield from _folded(answer)
    if not CURED_BY_A_JOB.isdisjoint(answer.codes):
        yield "CI job to add", section("workflow", Markdown(words.workflow), words.unseen), Priority.OPEN_GATE
    if answer.gate == "release_owned":  # who could approve and whose approval does not count
        for fact in answer.facts:
            yield "who may approve", section("open_fact", fact, SHOWN_ROWS), Priority.OPEN_GATE


def _folded(answer: Answer) -> Iterator[tuple[str, str, Priority]]:
    total = len(answer.findings)
    last = min(total, SHOWN_FINDINGS + FOLDED_FINDINGS * FOLDED_PARTS)
    for start in range(SHOWN_FINDINGS, last, FOLDED_FINDINGS):
        stop = min(start + FOLDED_FINDINGS, last)
        rest = total - last if stop == last else 0
        yield "more findings", section("more_findings", answer, start, stop, rest), Priority.MORE_FINDINGS


def _is_open(answer: Answer) -> bool:
    return answer.waiver is None and answer.outcome in {Outcome.FAILED, Outcome.VAGUE}


def _is_passed(answer: Answer) -> bool:
    return answer.waiver is None and answer.outcome is Outcome.PASSED


def _risky(release: Release) -> bool:
    return bool(release.decision.risks or _unknown(release))


def _unknown(release: Release) -> list[Finding]:
    """Who took part and cannot be named; gate 7 may have passed all the same."""
    found = release.answers[-1].findings if release.answers else ()
    return [finding for finding in found if finding.code in {UNKNOWN_AUTHOR, UNKNOWN_PUSHER}]


def _whole_lists(evaluation: Evaluation, words: ForgeWords) -> Iterator[Section]:
    """Where the rest of the lists is that are cut: behind their links, or written by a command."""
    answers = (answer for release in evaluation.releases for answer in release.answers)
    cut = [finding for answer in answers for finding in answer.findings if is_cut(answer, finding)]
    if any(finding.whole_list for finding in cut):
        body = _LINKED_LISTS.format(pull_request=words.pull_request)
        yield Section(title="how long links are good for", body=body, priority=Priority.COMMANDS)
    elif cut:
        yield Section(title="command that lists every item", body=_WHOLE_LISTS, priority=Priority.COMMANDS)


def _commands() -> Section:
    body = (
        "Commands, each as a new comment: `/sevengates recheck` · `/sevengates explain <gate>` · "
        "`/sevengates waive <gate> <reason>` (release lead or deputy)"
    )
    return Section(title="commands", body=body, priority=Priority.COMMANDS)
