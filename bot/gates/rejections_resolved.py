"""Gate 4: are the repeated rejection reasons resolved?

**Asks** whether any reason for which reviewers send work back is still a live pattern. One
rejection is an accident, the same reason again and again is a rule nobody follows. Wordings that
differ in case, spacing, punctuation, look-alike characters or the name of the very item are one
reason. Where the tool has structured reasons (Encord's issue tags, Labelbox's issue categories),
these are the reason, whatever the comment says.

**A reason repeats** when at least `repeated` reviews give it within some `window_days`: any such
span, so that an answer does not change because a calendar window moved on. Several records of one
item at one moment are one review. After `window_days` without the reason a new episode begins, and
each episode is judged by itself.

**A rejection is settled** when its item (or, of it, the class the rejection names) was reviewed
again by somebody else than its annotator *after the reason last appeared*, and approved: an
approval given while the reason was still being found proves little. Or when the labelling tool
marks it resolved (`resolved_at`), or when somebody explicitly deferred it and said why (`deferred`).

**Passes** when every rejection of every repeated reason is settled. Deferred ones stay in the
answer as named risks, as do isolated rejections that are still open, and reasons that grow per
reviewed item: between the last two windows (exact conditional Poisson test) or over three and more
(Cochran-Armitage), at 5 % after Holm's correction over all reasons. The facts give both p values
of every reason, and whether it is repeated or isolated.

**Fails** while a repeated reason has rejections that are not settled.

**Is vague** when the reviews are missing, in doubt or none at all; when an outcome is unknown or a
review lies in the future; and when rejections *without* a reason repeat and are not settled, since
nobody can say whether they have one in common.

**To fix it**, correct the listed items, have them reviewed again and export the reviews; or have
the person who decides write into `deferred` why the reason may wait.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache

from bot.answers import Answer, Outcome
from bot.evidence.contents import Contents, plain
from bot.evidence.model import ReviewRecord, Snapshot
from bot.evidence.review_history import ReviewHistory, Standing
from bot.gates import rejection_findings as findings
from bot.gates.evidence_state import Weighed, conclude, not_judgeable
from bot.gates.rejection_findings import Reviews
from bot.gates.rejection_reasons import NO_REASON, Episode, episodes, trends
from bot.gates.wording import counted
from bot.policy import RejectionsRule

GATE = "rejections_resolved"


@cache
def _nothing() -> Contents:
    """This gate sees no snapshot: whether an approval is outdated is gate 3's question.

    Not made at import: the first columns of a process reserve a gigabyte of addresses, which a limit
    of memory that is set later would count.
    """
    return Contents(Snapshot(items=(), annotations=()))


def check(*, reviews: Reviews, rule: RejectionsRule, now: datetime) -> Answer:
    """Answer gate 4. See the module for the rules."""
    if reviews.value is None:
        return not_judgeable(GATE, reviews)
    past = tuple(review for review in reviews.value if review.at <= now)
    history = ReviewHistory(reviews.value, now, lambda _: ())
    found = episodes(past, rule.window_days)
    repeated = [episode for episode in found if episode.peak >= rule.repeated]
    by_reason = tuple(trends(past, rule.window_days, now).values())
    wordings = {episode.reason: episode.wording for episode in found}
    weighed = _weighed(found, history, reviews, rule, now)
    growing = [trend for trend in by_reason if trend.reason != NO_REASON]
    weighed = replace(
        weighed,
        vague=(*weighed.vague, *findings.not_understood(past, history, reviews)),
        risks=(*weighed.risks, *findings.rising(growing, wordings, reviews)),
    )
    return conclude(
        GATE,
        rests_on=(reviews,),
        weighed=weighed,
        headline=_headline(weighed, repeated, past, rule),
        facts=(
            findings.breakdown(found, rule),
            findings.tests(by_reason, wordings, {episode.reason for episode in repeated}),
            findings.rates(by_reason, wordings),
        ),
    )


def _weighed(
    found: Sequence[Episode], history: ReviewHistory, reviews: Reviews, rule: RejectionsRule, now: datetime
) -> Weighed:
    failing, vague, risks = [], [], []
    accidents: list[ReviewRecord] = []
    for episode in found:
        unsettled = [r for r in episode.rejections if not _settled(r, episode, history, now)]
        left = [review for review in unsettled if not plain(review.deferred)]
        waiting = [review for review in unsettled if plain(review.deferred)]
        if episode.peak < rule.repeated:
            accidents += unsettled
            continue
        if left and episode.reason == NO_REASON:
            vague.append(findings.no_reason(episode, left, reviews))
        elif left:
            failing.append(findings.live(episode, left, reviews, rule))
        if waiting:
            risks.append(findings.deferred(episode, waiting, reviews))
    return Weighed(
        failing=tuple(failing),
        vague=tuple(vague),
        risks=(*risks, *findings.isolated(accidents, reviews)),
    )


def _settled(review: ReviewRecord, episode: Episode, history: ReviewHistory, now: datetime) -> bool:
    """Whether the tool says it is resolved, or somebody else approved the correction afterwards."""
    if review.resolved_at is not None and review.at <= review.resolved_at <= now:
        return True
    label = None if review.label is None else plain(review.label)
    deciding = history.deciding(review.item, label)
    approved = history.standing(review.item, label, _nothing()) is Standing.APPROVED
    return approved and deciding is not None and deciding.at > episode.last


def _headline(
    weighed: Weighed, repeated: Sequence[Episode], past: Sequence[ReviewRecord], rule: RejectionsRule
) -> str:
    if weighed.failing:
        items = {item for finding in weighed.failing for item in finding.items}
        reasons = counted(len(weighed.failing), "repeated rejection reason")
        return f"{reasons} still live on {counted(len(items), 'item')}."
    if weighed.outcome is Outcome.VAGUE:
        return f"The rejections leave {counted(len(weighed.vague), 'question')} open."
    if not repeated:
        often = f"{rule.repeated} times within {counted(rule.window_days, 'day')}"
        return f"No rejection reason given {often} in {counted(len(past), 'review')}."
    deferred = sum(finding.code == "rejections.deferred" for finding in weighed.risks)
    settled = counted(len(repeated) - deferred, "repeated rejection reason")
    return f"{settled} settled, {deferred} deferred."
